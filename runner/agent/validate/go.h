// Go code: names, what they stand for, and what is done with them.
#pragma once

#include <unordered_set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class GoAnalyzer : public Analyzer {
 public:
  GoAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::go, tree, rules, assessment) {}

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  // go.cpp
  void import_package(Node node);
  void declare_function(Node node);
  void bind_list(Node left, Node right);
  void bind_one(Node target, const Values& values);
  void judge_call(Node node);
  void judge_open_file(Node node, const std::vector<Node>& arguments);
  void judge_reference(Node node);
  void judge_environment(Node node, const Values& name);
  void judge_pragma(Node node);
  [[nodiscard]] bool is_read(Node node) const;

  // go_values.cpp
  Values evaluate(Node node);
  Values evaluate_call(Node node);
  Values evaluate_operator(Node node);
  Values member_of(const Values& object, std::string_view name);
  Values type_value(Node type);  // "net/http.Client()" for http.Client and *http.Client
  [[nodiscard]] std::vector<Node> arguments_of(Node call) const;

  std::unordered_set<Node> judged_;
};

// "github.com/x/y/v2" -> "y".
[[nodiscard]] std::string go_package_name(std::string_view path);

}  // namespace rh::agent
