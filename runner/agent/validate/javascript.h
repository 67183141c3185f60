// JavaScript code: names, what they stand for, and what is done with them.
#pragma once

#include <set>
#include <unordered_set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class JavaScriptAnalyzer : public Analyzer {
 public:
  JavaScriptAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::javascript, tree, rules, assessment) {}

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  // javascript.cpp: what binds names.
  void enter_declaration(Node node);
  void declare_function(Node node);
  void declare_import(Node node);
  void bind_pattern(Node pattern, const Values& values);
  void leave_assignment(Node node);
  [[nodiscard]] Scope& function_scope();
  [[nodiscard]] bool is_read(Node node) const;

  // javascript_values.cpp: what an expression stands for.
  Values evaluate(Node node);
  Values evaluate_name(std::string_view name);
  Values evaluate_call(Node node);
  Values evaluate_operator(Node node);
  Values evaluate_template(Node node);
  Values evaluate_object(Node node);
  Values member_of(const Values& object, const Values& key);
  Values call_on_value(const Values& object, std::string_view method, const std::vector<Node>& arguments);
  Values call_named(const Value& callee, const std::vector<Node>& arguments);
  [[nodiscard]] std::vector<Node> arguments_of(Node call) const;

  // javascript_calls.cpp: judgement.
  void judge_call(Node node);
  void judge_named_call(Node node, const Value& callee, const std::vector<Node>& arguments);
  bool judge_special(Node node, const std::string& name, const std::vector<Node>& arguments);
  void judge_constructor_chain(Node callee);
  void judge_environment(Node place, std::string_view name);
  void judge_reference(Node node);

  std::unordered_set<Node> judged_;
  std::set<std::string> methods_;
};

// "node:fs/promises" -> "fs".
[[nodiscard]] std::string javascript_module(std::string_view name);
[[nodiscard]] bool is_node_module(std::string_view name);

}  // namespace rh::agent
