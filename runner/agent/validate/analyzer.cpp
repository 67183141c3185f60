#include "runner/agent/validate/analyzer.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/visible_text.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr int kMaxInnerCode = 3;  // code inside of code inside of code
constexpr std::string_view kChanging[]{"DELETE FROM ", "INSERT INTO ", "UPDATE "};

}  // namespace

void Analyzer::run() {
  for (pass_ = 1; pass_ <= 2; ++pass_) walk();
  pass_ = 2;
  judge_direction();
  if (evaluations_ > kMaxEvaluations)
    report(0, RuleClass::unanalysable, "complexity", "what the names stand for takes too long to be found out");
}

// Signs that turn the direction of the text show a person another program than the one that runs.
void Analyzer::judge_direction() {
  const std::size_t at = direction_sign(tree_.code());
  if (at == std::string_view::npos || tree_.size() == 0) return;
  Node place = 0;
  for (Node node = 0; node < tree_.size(); ++node)
    if (tree_[node].begin <= at && at < tree_[node].end) place = node;
  report(place, RuleClass::unanalysable, "text_direction",
         "a sign that turns the direction of the text: the program is not what it looks like");
}

void Analyzer::walk() {
  if (tree_.size() == 0) return;
  scopes_.clear();
  push_scope(0, false);
  std::vector<Node> open;
  const auto close = [&] {
    const Node node = open.back();
    open.pop_back();
    leave(node);
    if (is_branch(kind_of(node))) --scope().branches;
    if (is_loop(kind_of(node))) --scope().loops;
    if (scopes_.size() > 1 && scope().node == node) scopes_.pop_back();
  };
  for (Node node = 0; node < tree_.size();) {
    while (!open.empty() && tree_[open.back()].after <= node) close();
    const Kind kind = kind_of(node);
    if (judging() && rules_.hints) look_for_shapes(node);
    const bool into = enter(node);
    if (is_branch(kind)) ++scope().branches;
    if (is_loop(kind)) ++scope().loops;
    open.push_back(node);
    node = into ? node + 1 : tree_[node].after;
  }
  while (!open.empty()) close();
}

void Analyzer::push_scope(Node node, bool function, bool of_class) {
  Scope& scope = all_scopes_[node];
  scope.node = node;
  scope.function = function;
  scope.of_class = of_class;
  scope.branches = scope.loops = 0;
  for (auto& [name, binding] : scope.names) binding.bound = false;
  scopes_.push_back(&scope);
}

void Analyzer::bind_in(Scope& where, std::string_view name, const Values& values) {
  Binding& binding = where.names[std::string(name)];
  // Blocks of a function are scopes, too: a branch in any of them is one for the name.
  bool certain = true;
  for (auto at = scopes_.rbegin(); at != scopes_.rend(); ++at) {
    certain = certain && (*at)->branches == 0;
    if (*at == &where) break;
    certain = certain && !(*at)->function;
  }
  if (binding.bound && !certain) {
    binding.now.add(values);
  } else {
    binding.now = values;
    if (values.items.empty()) binding.now.other = true;
  }
  binding.bound = true;
  binding.all.add(values);
}

const Values* Analyzer::lookup(std::string_view name) {
  const std::string key(name);
  bool later = false;  // the code runs when the scope is complete
  for (auto at = scopes_.rbegin(); at != scopes_.rend(); ++at) {
    Scope& one = **at;
    if (!(one.of_class && later)) {
      const auto found = one.names.find(key);
      if (found != one.names.end()) {
        if (later) return &found->second.all;
        if (found->second.bound) return &found->second.now;
        if (hoisting_) return &found->second.all;
      }
    }
    later = later || one.function;
  }
  return nullptr;
}

bool Analyzer::in_loop() const {
  for (auto at = scopes_.rbegin(); at != scopes_.rend(); ++at) {
    if ((*at)->loops > 0) return true;
    if ((*at)->function) return false;
  }
  return false;
}

const Values* Analyzer::known_field(std::string_view name) const {
  const auto found = fields_.find(std::string(name));
  return found == fields_.end() ? nullptr : &found->second;
}

void Analyzer::report(Node node, const RuleRow& row, const std::string& said) {
  std::string_view rule = row.name;
  if (rule.ends_with(".*")) rule.remove_suffix(2);
  if (rule.ends_with("::*")) rule.remove_suffix(3);
  report(node, row.rule_class, rule, fmt::format("{}: {}", said, effect_of(row.rule_class)), row.severity);
}

void Analyzer::report(Node node, RuleClass rule_class, std::string_view rule, std::string message, Severity severity) {
  if (!judging()) return;
  Finding finding;
  finding.rule = fmt::format("{}.{}.{}", name_of(language_), name_of(rule_class), rule);
  finding.rule_class = rule_class;
  finding.severity = configured_severity(rules_, rule_class, finding.rule, severity);
  if (static_cast<int>(assessment_.write_access) < static_cast<int>(access_of(rule_class)))
    assessment_.write_access = access_of(rule_class);
  if (finding.severity == Severity::off) return;
  if (rules_.mode == SecurityMode::permissive) finding.severity = Severity::warn;
  const auto at = tree_.position(tree_[node].begin);
  finding.line = at.line;
  finding.column = at.column;
  finding.message = to_valid_utf8(message);
  if (!told_.emplace(finding.rule, finding.line).second) return;
  if (assessment_.findings.size() < kMaxFindings)
    assessment_.findings.push_back(std::move(finding));
  else
    ++assessment_.findings_left_out;
}

void Analyzer::hint(Node node, std::string_view rule, std::string message) {
  if (!judging() || !rules_.hints || nesting > 0 || assessment_.hints.size() >= kMaxFindings) return;
  const auto at = tree_.position(tree_[node].begin);
  if (told_.emplace(rule, at.line).second)
    assessment_.hints.push_back({std::string(rule), at.line, at.column, std::move(message)});
}

void Analyzer::import_module(Node node, std::string_view name, bool standard) {
  if (!judging() || name.empty()) return;
  if (imports_.emplace(name).second) assessment_.imports.emplace_back(name);
  const auto listed = [&](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& one) {
      return one == name || (name.starts_with(one) && name.size() > one.size() &&
                             std::string_view("./:").find(name[one.size()]) != std::string_view::npos);
    });
  };
  if (listed(rules_.local_modules)) return;
  if (!rules_.allowed_modules.empty()) {
    if (!listed(rules_.allowed_modules))
      report(node, RuleClass::import_policy, "not_allowed",
             fmt::format("{}: is not on the list of allowed imports ({})", name, join(rules_.allowed_modules, ", ")));
  } else if (language_ == Language::python && !standard && !listed(default_allowed_modules())) {
    report(node, RuleClass::import_policy, "not_in_default_list",
           fmt::format("{}: is neither of the standard library nor on the default list of imports ({})", name,
                       join(default_allowed_modules(), ", ")),
           Severity::warn);
  }
}

void Analyzer::check_policy(Node node, std::string_view name, std::string_view last) {
  RuleClass rule_class{};
  if (writes_control_system(rules_, name, last, rule_class))
    report(node, rule_class, last, fmt::format("{}: {}", name, effect_of(rule_class)));
  for (const std::string& one : rules_.forbidden_functions)
    if (one == name || one == last)
      report(node, RuleClass::call_policy, "denied", fmt::format("{}: is on the list of forbidden calls", one));
}

std::string_view Analyzer::leading_text(Node node) const {
  while (node != kNoNode && kind_of(node) != kind("string_literal") && kind_of(node) != kind("string") &&
         kind_of(node) != kind("template_string") && kind_of(node) != kind("interpreted_string_literal"))
    node = tree_.first_child(node);
  if (node == kNoNode) return {};
  const std::string_view written = text(node);
  const std::size_t quote = written.find_first_of("\"'`");
  if (quote == std::string_view::npos) return {};
  return written.substr(std::min(written.find_first_not_of("\"'`", quote), written.size()));
}

void Analyzer::judge_inner(Node node, Language language, const std::string& code) {
  if (!judging()) return;
  if (nesting >= kMaxInnerCode) {
    report(node, RuleClass::unanalysable, "nested_code", "code inside of code inside of code: cannot be judged");
    return;
  }
  const Tree inner(language, code);
  Assessment found;
  analyze(language, inner, rules_, found, nesting + 1);
  const auto at = tree_.position(tree_[node].begin);
  if (static_cast<int>(assessment_.write_access) < static_cast<int>(found.write_access))
    assessment_.write_access = found.write_access;
  for (Finding& finding : found.findings) {
    if (!told_.emplace(finding.rule, at.line).second || assessment_.findings.size() >= kMaxFindings) continue;
    finding.message = fmt::format("{} (inside of {} code that is given as text)", finding.message, name_of(language));
    finding.line = at.line;
    finding.column = at.column;
    assessment_.findings.push_back(std::move(finding));
  }
}

std::string_view last_part(std::string_view name, std::string_view separator) {
  const std::size_t at = name.rfind(separator);
  return at == std::string_view::npos ? name : name.substr(at + separator.size());
}

std::string_view first_part(std::string_view name, std::string_view separator) {
  return name.substr(0, name.find(separator));
}

bool changes_database(std::string_view sql) {
  sql = trim(sql);
  while (sql.starts_with("--") || sql.starts_with("/*")) {
    const std::string_view end = sql.starts_with("--") ? "\n" : "*/";
    const std::size_t at = sql.find(end);
    sql = at == std::string_view::npos ? std::string_view() : trim(sql.substr(at + end.size()));
  }
  const std::string word = upper_case(sql.substr(0, sql.find_first_of(" \t\r\n(;")));
  if (word == "WITH" || word == "EXPLAIN") {  // WITH x AS (...) DELETE
    const std::string rest = upper_case(sql);
    return std::any_of(std::begin(kChanging), std::end(kChanging), [&](std::string_view one) {
      const std::size_t at = rest.find(one);
      return at != std::string::npos && at > 0 && (rest[at - 1] == ' ' || rest[at - 1] == ')' || rest[at - 1] == '\n');
    });
  }
  return is_one_of(word, {"INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "TRUNCATE", "REPLACE", "MERGE",
                          "GRANT", "REVOKE", "ATTACH", "VACUUM", "COPY"});
}

void analyze(Language language, const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  switch (language) {
    case Language::python:
      return analyze_python(tree, rules, assessment, nesting);
    case Language::javascript:
      return analyze_javascript(tree, rules, assessment, nesting);
    case Language::bash:
      return analyze_bash(tree, rules, assessment, nesting);
    case Language::go:
      return analyze_go(tree, rules, assessment, nesting);
    case Language::rust:
      return analyze_rust(tree, rules, assessment, nesting);
    case Language::java:
      return analyze_java(tree, rules, assessment, nesting);
  }
}

}  // namespace rh::agent
