// Shell scripts: words, what they expand to, and the commands that they make.
#pragma once

#include <map>
#include <set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class BashAnalyzer : public Analyzer {
 public:
  BashAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::bash, tree, rules, assessment) {
    hoisting_ = false;
  }

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  using Words = std::vector<Values>;

  // bash.cpp
  void assign(Node node);
  void judge_redirect(Node node);
  void judge_unparsed(Node node);
  void judge_background(Node node);
  [[nodiscard]] bool waits() const;
  void define_function(Node node);
  [[nodiscard]] bool written_safely(const Values& destination) const;

  // bash_words.cpp
  Values evaluate(Node node);
  Values evaluate_variable(Node name);
  Values evaluate_substitution(Node node);
  Values output_of(Node command);
  Values printed(const Words& words);
  void expand_word(Node node, Words& words);
  [[nodiscard]] Words words_of(Node command);
  [[nodiscard]] std::string here_document(Node command) const;

  // bash_commands.cpp
  void judge_command(Node node, Words words, int depth = 0);
  bool judge_wrapper(Node node, const std::string& name, const Words& words, int depth);
  bool judge_interpreter(Node node, const std::string& name, const Words& words);
  bool judge_by_arguments(Node node, const std::string& name, const Words& words);
  bool judge_filter(Node node, const std::string& name, const Words& words);
  bool judge_tool(Node node, const std::string& name, const Words& words);
  void judge_sed(Node node, const Words& words);
  bool judge_hidden_code(Node node, const std::string& name, const Words& words);
  void judge_unknown_command(Node node);
  void tell(Node node, RuleClass rule_class, std::string_view rule, std::string_view what,
            Severity severity = Severity::block);
  [[nodiscard]] bool reads_pipe(Node command) const;

  std::map<std::string, Node> own_;  // functions of the script
};

}  // namespace rh::agent
