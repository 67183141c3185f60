// What would make code faster, where its shape alone is enough to be sure of it; Python's own are in python_hints.cpp.
#include <algorithm>

#include "runner/agent/validate/analyzer.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool is_text_literal(Kind one) {
  return one == kind("string_literal") || one == kind("string") || one == kind("template_string") ||
         one == kind("interpreted_string_literal") || one == kind("raw_string_literal");
}

std::size_t blanks(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
}

}  // namespace

void Analyzer::look_for_shapes(Node node) {
  switch (language_) {
    case Language::python:
      return;
    case Language::bash:
      return look_at_script(node);
    case Language::javascript:
      return look_at_javascript(node);
    case Language::go:
      return look_at_go(node);
    case Language::rust:
      return look_at_rust(node);
    case Language::java:
      return look_at_java(node);
  }
}

void Analyzer::look_at_script(Node node) {
  const Kind one = kind_of(node);
  if (one == kind("pipeline")) {
    const auto parts = tree_.children(node);
    if (parts.size() < 2) return;
    const std::string_view first = text(parts[0]), second = text(parts[1]);
    if (first.starts_with("cat ") && blanks(first) == 1 && first[4] != '-')
      hint(node, "bash.hint.useless_cat",
           "cat of one file into a pipe: give the file to the next command by < or by name");
    if (first.starts_with("grep ") && (second == "wc -l" || second == "wc --lines") && parts.size() == 2)
      hint(node, "bash.hint.grep_count", "grep | wc -l: grep -c counts by itself");
    const bool filter = second.starts_with("cut ") || second.starts_with("sed ") || second.starts_with("tr ") ||
                        second.starts_with("awk ");
    if (in_loop() && first.starts_with("echo ") && filter)
      hint(node, "bash.hint.process_per_round",
           "processes in every round of a loop to change a text: use ${...} of the shell");
  } else if (one == kind("for_statement")) {
    for (const Node part : Children(tree_, node))
      if (tree_.field(part) == field("value") && (text(part).starts_with("$(ls") || text(part).starts_with("`ls")))
        hint(node, "bash.hint.loop_over_ls",
             "a loop over the output of ls: a pattern (*) needs no process and keeps blanks in names");
  } else if (one == kind("command_substitution")) {
    const std::string_view inside = text(node);
    if (inside.starts_with("$(cat ") && inside.find_first_of("|;&<>\n") == std::string_view::npos &&
        blanks(inside) == 1)
      hint(node, "bash.hint.cat_file", "$(cat file): $(< file) reads it without a process");
    if (inside.starts_with("$(expr ") || inside.starts_with("`expr "))
      hint(node, "bash.hint.expr", "expr starts a process for a sum: $(( ... )) does not");
  }
}

void Analyzer::look_at_javascript(Node node) {
  const Kind one = kind_of(node);
  if (one == kind("await_expression")) {
    if (in_loop())
      hint(node, "javascript.hint.await_in_loop",
           "await in every round of a loop: where the rounds are independent, await Promise.all of them");
    return;
  }
  if (one != kind("new_expression") && one != kind("call_expression")) return;
  const auto arguments = tree_.children(child(node, field("arguments")));
  const bool fixed = !arguments.empty() && is_text_literal(kind_of(arguments.front())) &&
                     text(arguments.front()).find("${") == std::string_view::npos;
  if (one == kind("new_expression")) {
    if (in_loop() && fixed && text(child(node, field("constructor"))) == "RegExp")
      hint(node, "javascript.hint.regexp_in_loop", "new RegExp in a loop: make the pattern once, before it");
    return;
  }
  const std::string_view callee = text(child(node, field("function")));
  if (callee == "JSON.parse" && arguments.size() == 1 && text(arguments.front()).starts_with("JSON.stringify("))
    hint(node, "javascript.hint.json_copy", "a copy by way of a text: structuredClone copies the value itself");
  if (callee.ends_with(".reduce") && !arguments.empty() && kind_of(arguments.front()) == kind("arrow_function")) {
    Node body = child(arguments.front(), field("body"));
    while (kind_of(body) == kind("parenthesized_expression")) body = tree_.first_child(body);
    const auto parts = body == kNoNode ? std::vector<Node>() : tree_.children(body);
    if ((kind_of(body) == kind("object") || kind_of(body) == kind("array")) && !parts.empty() &&
        kind_of(parts.front()) == kind("spread_element"))
      hint(node, "javascript.hint.spread_in_reduce",
           "the result so far is copied in every round: change it in place, or use Object.fromEntries or map");
  }
}

void Analyzer::look_at_go(Node node) {
  const Kind one = kind_of(node);
  if (!in_loop()) return;
  if (one == kind("defer_statement")) {
    hint(node, "go.hint.defer_in_loop",
         "defer in a loop keeps everything until the function ends: put the round into a function of its own");
  } else if (one == kind("call_expression")) {
    const std::string_view callee = text(child(node, field("function")));
    const auto arguments = tree_.children(child(node, field("arguments")));
    if ((callee == "regexp.MustCompile" || callee == "regexp.Compile") && !arguments.empty() &&
        is_text_literal(kind_of(arguments.front())))
      hint(node, "go.hint.regexp_in_loop",
           "a pattern is compiled in every round of a loop: compile it once, before it");
  } else if (one == kind("assignment_statement") && text(child(node, field("operator"))) == "+=") {
    const Node right = tree_.first_child(child(node, field("right")));
    if (is_text_literal(kind_of(right)) || (right != kNoNode && text(right).starts_with("fmt.Sprint")))
      hint(node, "go.hint.string_append",
           "a string that grows by += in a loop is copied each time: use strings.Builder");
  }
}

void Analyzer::look_at_rust(Node node) {
  if (kind_of(node) != kind("call_expression")) return;
  const Node function_node = child(node, field("function"));
  const std::string_view callee = text(function_node);
  const auto arguments = tree_.children(child(node, field("arguments")));
  if (in_loop() && (callee == "Regex::new" || callee == "regex::Regex::new") && !arguments.empty() &&
      is_text_literal(kind_of(arguments.front())))
    hint(node, "rust.hint.regex_in_loop", "Regex::new in every round of a loop: make it once, before it");
  if (in_loop() && callee.ends_with(".remove") && arguments.size() == 1 && text(arguments.front()) == "0")
    hint(node, "rust.hint.remove_front", "remove(0) moves every other element: use VecDeque and pop_front");
  if (callee.ends_with(".push_str") && arguments.size() == 1 && text(arguments.front()).starts_with("&format!("))
    hint(node, "rust.hint.push_format", "push_str(&format!(...)) makes a String only to copy it: write!(text, ...)");
  if (kind_of(function_node) != kind("field_expression")) return;
  const std::string_view method = text(child(function_node, field("field")));
  const std::string_view collected = text(child(function_node, field("value")));
  const std::size_t collect = collected.rfind(".collect::<Vec<");
  if (collect == std::string_view::npos || !collected.ends_with(">>()") ||
      collected.find('.', collect + 1) != std::string_view::npos)
    return;
  if (method == "len")
    hint(node, "rust.hint.collect_again", "collect() only to count: count() needs no Vec");
  else if (method == "iter" || method == "into_iter")
    hint(node, "rust.hint.collect_again", "collect() only to iterate: go on with the iterator");
}

void Analyzer::look_at_java(Node node) {
  const Kind one = kind_of(node);
  if (one == kind("assignment_expression")) {
    const Node right = child(node, field("right"));
    const bool adds_text = is_text_literal(kind_of(right)) || (kind_of(right) == kind("binary_expression") &&
                                                               text(right).find('"') != std::string_view::npos);
    if (in_loop() && adds_text && text(child(node, field("operator"))) == "+=")
      hint(node, "java.hint.string_append",
           "a String that grows by += in a loop is copied each time: use StringBuilder");
  } else if (one == kind("method_invocation")) {
    if (!in_loop()) return;
    const std::string_view name = text(child(node, field("name")));
    const Node object = child(node, field("object"));
    const auto arguments = tree_.children(child(node, field("arguments")));
    const bool fixed = !arguments.empty() && is_text_literal(kind_of(arguments.front()));
    const bool compiles = name == "compile" && object != kNoNode && text(object) == "Pattern";
    if (fixed && (compiles || name == "matches" || name == "replaceAll"))
      hint(node, "java.hint.pattern_in_loop",
           "a pattern is compiled in every round of a loop: compile it once, before it");
  } else if (one == kind("object_creation_expression")) {
    const std::string_view type = text(child(node, field("type")));
    if (is_one_of(type, {"Integer", "Long", "Double", "Boolean", "Float", "Short", "Byte", "Character"}))
      hint(node, "java.hint.boxing", "a new box for each value: valueOf reuses those that are often needed");
  }
}

}  // namespace rh::agent
