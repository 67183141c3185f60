// Java code: classes, variables and their types, and what is called on them.
#pragma once

#include <set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class JavaAnalyzer : public Analyzer {
 public:
  JavaAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::java, tree, rules, assessment) {}
  // After run().
  void judge_escapes();

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  void import_class(Node node);
  void declare(Node node);
  void declare_function(Node node);
  void bind_declarator(Node declarator, Node type);
  void judge_invocation(Node node);
  void judge_construction(Node node);
  bool judge_file_argument(Node node, const std::string& name);
  void judge_method_reference(Node node);
  void judge_name(Node node, const Value& value, std::string_view written);
  void judge_names(Node node, const Values& values, std::string_view written);  // none: a name that is too long
  void judge_sql(Node node, std::string_view method);

  // java_values.cpp
  Values evaluate(Node node);
  Values evaluate_invocation(Node node);
  Values evaluate_sum(Node node);
  Values class_value(std::string_view written);  // the class of this name
  Values type_value(Node type);                  // an object of it
  Values member_of(const Values& object, std::string_view name);

  std::set<std::string, std::less<>> own_;         // classes of the program
  std::map<std::string, std::string> imported_;    // simple name -> full name
  std::vector<std::string> packages_;              // imported as a whole
  std::set<std::string, std::less<>> parameters_;  // of lambdas, whose types are not written
};

}  // namespace rh::agent
