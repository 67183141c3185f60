#include "runner/agent/validate/bash.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/bash_rules.h"
#include "runner/base/text.h"

namespace rh::agent {

bool BashAnalyzer::is_branch(Kind one) const {
  return one == kind("if_statement") || one == kind("case_statement") || one == kind("list") || is_loop(one);
}

bool BashAnalyzer::is_loop(Kind one) const {
  return one == kind("for_statement") || one == kind("while_statement") || one == kind("c_style_for_statement");
}

bool BashAnalyzer::enter(Node node) {
  judge_background(node);
  switch (kind_of(node)) {
    case kind("comment"):
    case kind("heredoc_end"):
      return false;
    case kind("function_definition"):
      define_function(node);
      return true;
    case kind("command"):
      judge_command(node, words_of(node));
      return true;
    case kind("declaration_command"):
    case kind("unset_command"): {
      Words words{text_value("declare")};
      for (const Node part : tree_.children(node)) words.push_back(evaluate(part));
      judge_hidden_code(node, "declare", words);
      return true;
    }
    case kind("file_redirect"):
      judge_redirect(node);
      return true;
    case kind("for_statement"): {
      Values values;
      for (const Node part : Children(tree_, node)) {
        if (tree_.field(part) != field("value")) continue;
        Words words;
        expand_word(part, words);
        for (const Values& word : words) values.add(word);
      }
      bind_in(outermost(), text(child(node, field("variable"))), values);
      return true;
    }
    case kind("ERROR"):
      judge_unparsed(node);
      return true;
    default:
      return true;
  }
}

// What the grammar does not understand is judged by its words, wherever a command could begin among them.
void BashAnalyzer::judge_unparsed(Node node) {
  const auto parts = tree_.children(node);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Values word = evaluate(parts[i]);
    const std::string* name = word.only_text();
    if (name == nullptr || bash_rules().exact(name->substr(name->rfind('/') + 1)) == nullptr) continue;
    Words words;
    for (std::size_t at = i; at < parts.size(); ++at) expand_word(parts[at], words);
    judge_command(node, std::move(words), 1);
  }
}

void BashAnalyzer::leave(Node node) {
  if (kind_of(node) == kind("variable_assignment")) assign(node);
}

void BashAnalyzer::assign(Node node) {
  const Node name_node = child(node, field("name")), value_node = child(node, field("value"));
  const std::string_view name =
      text(kind_of(name_node) == kind("subscript") ? tree_.first_child(name_node) : name_node);
  if (is_one_of(name, {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "PROMPT_COMMAND"}))
    tell(node, RuleClass::native_code, name, fmt::format("{}: changes what other programs load or run", name),
         name == "LD_LIBRARY_PATH" ? Severity::warn : Severity::block);
  Values value = unknown_value();
  if (kind_of(value_node) == kind("array")) {
    Elements elements;
    Words words;
    for (const Node part : tree_.children(value_node)) expand_word(part, words);
    for (Values& word : words) elements.emplace_back(std::string(), std::move(word));
    value = list_value(std::move(elements));
  } else if (value_node == kNoNode) {
    value = text_value({});
  } else {
    value = evaluate(value_node);
  }
  const bool appended = text(node).substr(name.size()).starts_with("+=");
  if (appended)
    if (const Values* before = lookup(name)) value = concatenated(*before, value);
  bind_in(outermost(), name, value);
}

void BashAnalyzer::define_function(Node node) {
  const std::string name(text(child(node, field("name"))));
  own_[name] = node;
  // :(){ :|:& };: - a function that starts itself twice, or in the background.
  std::size_t calls = 0;
  for (Node at = node + 1; at < tree_[node].after; ++at)
    if (kind_of(at) == kind("command_name") && text(at) == name) ++calls;
  const std::string_view body = text(child(node, field("body")));
  if (calls >= 2 ||
      (calls == 1 && body.find(" &") != std::string_view::npos && body.find("&&") == std::string_view::npos))
    if (body.find('|') != std::string_view::npos || body.find('&') != std::string_view::npos)
      tell(node, RuleClass::resource_use, "fork_bomb", fmt::format("{} starts itself again and again", name));
  push_scope(node, true);
}

// "wait" without names: for whatever was started.
bool BashAnalyzer::waits() const {
  for (Node at = 0; at < tree_.size(); ++at)
    if (kind_of(at) == kind("command_name") && text(at) == "wait") return true;
  return false;
}

// A single '&' behind a command.
void BashAnalyzer::judge_background(Node node) {
  const Kind one = kind_of(node);
  if (one != kind("command") && one != kind("pipeline") && one != kind("redirected_statement") &&
      one != kind("subshell") && one != kind("compound_statement") && one != kind("list") && !is_loop(one))
    return;
  std::size_t at = tree_[node].end;
  const std::string_view code = tree_.code();
  while (at < code.size() && (code[at] == ' ' || code[at] == '\t')) ++at;
  if (at >= code.size() || code[at] != '&') return;
  if (at + 1 < code.size() && (code[at + 1] == '&' || code[at + 1] == '>')) return;
  if (waits()) return;
  tell(node, RuleClass::process, "background", "a command in the background (&) can outlive the script");
}

bool BashAnalyzer::written_safely(const Values& destination) const {
  return !destination.items.empty() && !destination.other &&
         std::all_of(destination.items.begin(), destination.items.end(), [](const Value& value) {
           return value.kind == Value::Kind::text &&
                  (is_one_of(value.text, {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "-"}) ||
                   value.text.starts_with("/dev/fd/"));
         });
}

void BashAnalyzer::judge_redirect(Node node) {
  const Node destination = child(node, field("destination"));
  std::string_view sign = text(node);
  sign = sign.substr(0, destination == kNoNode ? sign.size() : tree_[destination].begin - tree_[node].begin);
  const Values target = evaluate(destination);
  for (const Value& value : target.items)
    if (value.kind == Value::Kind::text && (value.text.starts_with("/dev/tcp/") || value.text.starts_with("/dev/udp/")))
      return tell(node, RuleClass::network, "dev_tcp",
                  fmt::format("{}: {}", value.text, effect_of(RuleClass::network)));
  if (sign.find('>') == std::string_view::npos || kind_of(destination) == kind("process_substitution")) return;
  const std::string* only = target.only_text();
  const bool duplicates =
      sign.find(">&") != std::string_view::npos &&
      (kind_of(destination) == kind("number") ||
       (only != nullptr && !only->empty() && only->find_first_not_of("0123456789-") == std::string::npos) ||
       destination == kNoNode || text(destination).starts_with('$'));
  if (duplicates || written_safely(target)) return;
  tell(node, RuleClass::file_write, "redirection",
       fmt::format("output to {}: {}", only != nullptr ? *only : std::string(text(destination)),
                   effect_of(RuleClass::file_write)));
}

void BashAnalyzer::tell(Node node, RuleClass rule_class, std::string_view rule, std::string_view what,
                        Severity severity) {
  report(node, rule_class, rule, std::string(what), severity);
}

void analyze_bash(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  BashAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
}

}  // namespace rh::agent
