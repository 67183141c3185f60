// Python code: names, what they stand for, and what is done with them.
#pragma once

#include <set>
#include <unordered_set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class PythonAnalyzer : public Analyzer {
 public:
  PythonAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::python, tree, rules, assessment) {
    hoisting_ = false;
  }

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  // python.cpp: statements that bind names.
  void import_names(Node node);
  void import_from(Node node);
  void define_function(Node node);
  void define_class(Node node);
  void bind_parameters(Node function, Node parameters);
  void bind_target(Node target, const Values& values);
  void bind_name(std::string_view name, const Values& values);
  void bind_comprehension(Node node);
  void leave_assignment(Node node);
  void enter_binding(Node node);
  [[nodiscard]] bool is_loaded(Node node) const;

  // python_values.cpp: what an expression stands for.
  Values evaluate(Node node);
  Values evaluate_name(std::string_view name);
  Values evaluate_string(Node node);
  Values evaluate_operator(Node node);
  Values evaluate_subscript(Node node);
  Values evaluate_sequence(Node node);
  Values evaluate_comprehension(Node node);
  Values attribute_of(const Values& object, std::string_view name);
  Values item_of(const Values& object, const Values& key);
  Values elements_of(const Values& iterable);

  // python_functions.cpp: what calls give.
  struct Arguments {
    std::vector<Node> positional;
    std::vector<std::pair<std::string, Node>> named;
    bool spread = false;  // *args or **options
  };
  [[nodiscard]] Arguments arguments_of(Node call) const;
  [[nodiscard]] Node argument(const Arguments& all, std::size_t place, std::string_view name) const;
  Values evaluate_call(Node node);
  Values call_value(const Value& callee, Node node);
  Values call_function(Node function, const Arguments& arguments);
  Values call_builtin(std::string_view name, const Arguments& arguments);
  Values call_on_text(const Values& object, std::string_view method, const Arguments& arguments);
  Values module_named(const Arguments& arguments, bool top);

  // python_calls.cpp: judgement.
  void judge_call(Node node);
  void judge_named_call(Node node, const Value& callee, const Arguments& arguments);
  bool judge_open(Node node, std::string_view name, const Arguments& arguments);
  bool judge_special(Node node, std::string_view name, const Arguments& arguments);
  void judge_method(Node node, std::string_view method, const Arguments& arguments);
  void judge_database(Node node, const Values& object, const Arguments& arguments);
  void judge_reference(Node node);
  [[nodiscard]] bool opens_for_writing(const Values& mode) const;

  // python_inside.cpp
  void judge_inside(Node node);
  void judge_environment(Node node, const Values& name);
  void judge_letters(Node node);
  void judge_format(Node node, Node callee);
  bool judge_inner_text(Node node, std::string_view name, const Arguments& arguments);

  // python_hints.cpp
  void look_for_hints(Node node);

  std::unordered_set<Node> judged_;                        // callees, which are no references of their own
  std::vector<std::pair<std::string, Values>> overrides_;  // names of a comprehension that is evaluated
  std::map<const Scope*, std::set<std::string>> globals_;  // "global x"
  std::set<std::string> methods_;                          // names of methods of the program's own classes
  std::set<std::pair<const Scope*, std::string>> parameters_;
};

// "posix.system" -> "os.system", "io.open" -> "builtins.open".
[[nodiscard]] std::string canonical_python_name(std::string name);
[[nodiscard]] bool is_standard_python_module(std::string_view name);

}  // namespace rh::agent
