// What the languages share: the walk over a program in the order of its text, twice (first to learn what names may
// stand for, then to judge), scopes, and the list of findings.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runner/agent/validate/rules.h"
#include "runner/agent/validate/syntax_tree.h"
#include "runner/agent/validate/value.h"

namespace rh::agent {

using syntax::Children;
using syntax::field;
using syntax::Kind;
using syntax::kind;
using syntax::kNoNode;
using syntax::Node;
using syntax::Tree;

class Analyzer {
 public:
  Analyzer(Language language, const Tree& tree, const Rules& rules, Assessment& assessment)
      : tree_(tree), rules_(rules), language_(language), assessment_(assessment) {}
  virtual ~Analyzer() = default;
  Analyzer(const Analyzer&) = delete;

  void run();
  // Findings of code inside of code ("bash -c '...'") are told at the place of the outer one.
  int nesting = 0;

 protected:
  virtual bool enter(Node node) = 0;  // false: its children are not visited
  virtual void leave(Node node) = 0;
  virtual bool is_branch(Kind kind) const = 0;  // code in it may not run, or more than once
  virtual bool is_loop(Kind kind) const = 0;

  // What a name stands for now, and what it stood for anywhere: a function sees names around it as they are when it
  // is called.
  struct Binding {
    Values now, all;
    bool bound = false;  // in this pass, up to here
  };
  struct Scope {
    Node node = kNoNode;
    bool function = false;  // its body runs later than the text around it
    bool of_class = false;  // its names are seen by nested functions through the class only
    int branches = 0, loops = 0;
    std::unordered_map<std::string, Binding> names;
    std::vector<std::string> wildcards;  // modules all of whose names are here
  };

  void push_scope(Node node, bool function, bool of_class = false);
  [[nodiscard]] Scope& scope() { return *scopes_.back(); }
  [[nodiscard]] Scope& outermost() { return *scopes_.front(); }
  [[nodiscard]] std::vector<Scope*>& scopes() { return scopes_; }
  void bind(std::string_view name, const Values& values) { bind_in(scope(), name, values); }
  void bind_in(Scope& scope, std::string_view name, const Values& values);
  // Null: nothing in the program binds it.
  [[nodiscard]] const Values* lookup(std::string_view name);
  [[nodiscard]] bool in_loop() const;
  [[nodiscard]] bool judging() const { return pass_ == 2; }

  // A program's own functions: what they were called with and gave back.
  struct Function {
    std::vector<std::string> parameters;
    std::vector<Values> arguments;  // of all calls
    Values returns;
  };
  [[nodiscard]] Function& function(Node node) { return functions_[node]; }
  // Values that were stored under a field's name anywhere ("self.run = ...").
  [[nodiscard]] Values& field_values(std::string_view name) { return fields_[std::string(name)]; }
  [[nodiscard]] const Values* known_field(std::string_view name) const;

  void report(Node node, const RuleRow& row, const std::string& said);
  void report(Node node, RuleClass rule_class, std::string_view rule, std::string message,
              Severity severity = Severity::block);
  void hint(Node node, std::string_view rule, std::string message);
  // hints.cpp: of languages other than Python, by the shape of the text alone.
  void look_for_shapes(Node node);
  void look_at_script(Node node);
  void look_at_javascript(Node node);
  void look_at_go(Node node);
  void look_at_rust(Node node);
  void look_at_java(Node node);
  void import_module(Node node, std::string_view name, bool standard);
  // The deny-list and control systems; `name` in full, `shown` as written.
  void check_policy(Node node, std::string_view name, std::string_view last);
  // What a text begins with, where the rest is not known: "DELETE FROM t WHERE n = '" + name.
  [[nodiscard]] std::string_view leading_text(Node node) const;
  // Judges code inside of the code with its own language.
  void judge_inner(Node node, Language language, const std::string& code);

  [[nodiscard]] std::string_view text(Node node) const { return tree_.text(node); }
  [[nodiscard]] Kind kind_of(Node node) const { return tree_.kind(node); }
  [[nodiscard]] Node child(Node node, syntax::Field name) const { return tree_.child(node, name); }

  const Tree& tree_;
  const Rules& rules_;
  Language language_;
  int evaluation_ = 0;  // how deep the evaluation is
  // Asked for each expression: too deep to be followed, or the program has cost too much already, which is a finding.
  [[nodiscard]] bool gives_up() { return evaluation_ > kMaxEvaluation || ++evaluations_ > kMaxEvaluations; }
  bool hoisting_ = true;  // a name is its scope's from the scope's beginning

 private:
  void walk();
  void judge_direction();

  Assessment& assessment_;
  std::vector<Scope*> scopes_;
  std::map<Node, Scope> all_scopes_;
  std::map<Node, Function> functions_;
  std::unordered_map<std::string, Values> fields_;
  std::set<std::pair<std::string, unsigned>> told_;
  std::set<std::string> imports_;
  std::size_t evaluations_ = 0;
  int pass_ = 0;
};

// Counts a depth up while it lives.
struct Deeper {
  explicit Deeper(int& value) : depth(value) { ++depth; }
  ~Deeper() { --depth; }
  Deeper(const Deeper&) = delete;
  int& depth;
};

// "a.b.c" -> "c"; "a::b" with "::".
[[nodiscard]] std::string_view last_part(std::string_view name, std::string_view separator = ".");
[[nodiscard]] std::string_view first_part(std::string_view name, std::string_view separator = ".");
// A word of SQL that changes a database, at the beginning of the text.
[[nodiscard]] bool changes_database(std::string_view sql);

void analyze_python(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze_javascript(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze_bash(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze_go(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze_rust(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze_java(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);
void analyze(Language language, const Tree& tree, const Rules& rules, Assessment& assessment, int nesting);

}  // namespace rh::agent
