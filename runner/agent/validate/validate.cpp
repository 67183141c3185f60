#include "runner/agent/validate/validate.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/validate/rules.h"
#include "runner/base/text.h"
#ifdef RUNHARNESS_VALIDATION_BUILT
#include "runner/agent/validate/analyzer.h"
#endif

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kSummaryFindings = 10;

Severity severity_of(const std::string& text) { return severity_named(text).value_or(Severity::block); }

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string access_sentence(WriteAccess access) {
  switch (access) {
    case WriteAccess::none:
      return "No write access was found.";
    case WriteAccess::file:
      return "It writes to the file system.";
    case WriteAccess::database:
      return "It writes to a database.";
    case WriteAccess::control_system:
      return "It WRITES TO A CONTROL SYSTEM.";
  }
  return {};
}

std::string summary_of(const Assessment& assessment) {
  if (!assessment.built_in) return "Validation is not built into this runharness: nothing is known about the code.";
  if (assessment.syntax_error)
    return fmt::format("Line {}, column {}: {}. The code cannot be parsed as {}.", assessment.syntax_error->line,
                       assessment.syntax_error->column, assessment.syntax_error->message, name_of(assessment.language));
  std::set<std::string_view> classes;
  for (const Finding& finding : assessment.findings) classes.insert(name_of(finding.rule_class));
  std::string text = fmt::format("{} code: ", name_of(assessment.language));
  if (assessment.findings.empty()) {
    text += "nothing that the rules know.";
  } else {
    text += fmt::format("{}, {} of them blocking ({}).",
                        count(assessment.findings.size() + assessment.findings_left_out, "finding"),
                        assessment.blocking(), join({classes.begin(), classes.end()}, ", "));
  }
  text += ' ' + access_sentence(assessment.write_access);
  for (std::size_t i = 0; i < std::min(assessment.findings.size(), kSummaryFindings); ++i) {
    const Finding& finding = assessment.findings[i];
    text += fmt::format("\n  line {}: {}{}", finding.line, finding.message,
                        finding.severity == Severity::block ? "" : " (a warning)");
  }
  if (assessment.findings.size() > kSummaryFindings)
    text += fmt::format("\n  and {} more", assessment.findings.size() - kSummaryFindings);
  return text;
}

#ifdef RUNHARNESS_VALIDATION_BUILT
void find(Language language, std::string_view code, const Rules& rules, Assessment& assessment) {
  const syntax::Tree tree(language, code);
  assessment.syntax_error = tree.syntax_error();
  if (tree.too_large() || tree.too_deep()) {
    const auto why = tree.too_deep() ? std::string("the code nests too deeply to be judged")
                                     : fmt::format("the code is too large or too odd to be judged: at most {} and 5 s",
                                                   format_size(kMaxValidatedBytes));
    assessment.findings.push_back({fmt::format("{}.unanalysable.size", name_of(language)), RuleClass::unanalysable,
                                   rules.mode == SecurityMode::permissive ? Severity::warn : Severity::block, 1, 1,
                                   why});
    return;
  }
  analyze(language, tree, rules, assessment, 0);
  std::stable_sort(assessment.findings.begin(), assessment.findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}
#endif

}  // namespace

std::size_t Assessment::blocking() const {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [](const Finding& finding) { return finding.severity == Severity::block; }));
}

const std::vector<std::string>& default_allowed_modules() {
  static const std::vector<std::string> modules{"numpy", "pandas", "matplotlib", "sklearn", "requests", "json"};
  return modules;
}

const std::vector<std::string>& default_forbidden_functions() {
  static const std::vector<std::string> functions{"eval", "exec", "__import__", "open", "compile"};
  return functions;
}

Rules rules_of(const AgentConfig& config, SecurityMode mode, const EnvironmentProfile* environment) {
  Rules rules;
  rules.mode = mode;
  for (const auto& [name, severity] : config.security_rules) rules.security[name] = severity_of(severity);
  for (const auto& [name, severity] : config.policy_rules) rules.policy[name] = severity_of(severity);
  rules.allowed_modules = config.allowed_modules;
  if (environment != nullptr && !environment->allowed_modules.empty())
    rules.allowed_modules = environment->allowed_modules;
  rules.forbidden_functions = config.forbidden_functions;
  rules.control_system_calls = config.control_system_calls;
  return rules;
}

Assessment assess(Language language, std::string_view code, const Rules& rules) {
  Assessment assessment;
  assessment.language = language;
  assessment.mode = rules.mode;
  assessment.built_in = validation_built_in();
#ifdef RUNHARNESS_VALIDATION_BUILT
  find(language, code, rules, assessment);
#else
  static_cast<void>(code);
#endif
  assessment.ok = assessment.built_in && !assessment.syntax_error && assessment.blocking() == 0;
  assessment.summary = summary_of(assessment);
  return assessment;
}

Assessment assess_with_files(Language language, std::string_view code, const std::map<std::string, std::string>& files,
                             Rules rules) {
  for (const auto& [name, content] : files) {
    // "helper.py" is the module helper, "pack/part.py" pack and pack.part, "lib/x.js" ./lib/x.
    const std::string stem = name.substr(0, std::max(name.rfind('.'), name.rfind('/') + 1));
    std::string dotted = stem;
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    for (const std::string& one : {name, name.substr(0, name.find('/')), stem, dotted, "./" + stem})
      rules.local_modules.push_back(one);
  }
  Assessment whole = assess(language, code, rules);
  if (!whole.built_in) return whole;
  rules.hints = false;
  for (const auto& [name, content] : files) {
    const auto of_file = language_of_file(name);
    if (!of_file) continue;
    Assessment one = assess(*of_file, content, rules);
    whole.write_access = std::max(whole.write_access, one.write_access);
    for (Finding& finding : one.findings) {
      if (whole.findings.size() >= kMaxFindings) {
        ++whole.findings_left_out;
        continue;
      }
      if (finding.rule_class == RuleClass::unanalysable && content.size() > kMaxValidatedBytes)
        finding.severity = Severity::warn;
      finding.file = name;
      finding.message = fmt::format("in {}: {}", name, finding.message);
      whole.findings.push_back(std::move(finding));
    }
  }
  whole.ok = !whole.syntax_error && whole.blocking() == 0;
  whole.summary = summary_of(whole);
  return whole;
}

bool validation_built_in() {
#ifdef RUNHARNESS_VALIDATION_BUILT
  return true;
#else
  return false;
#endif
}

std::string_view name_of(Severity severity) {
  return severity == Severity::block ? "block" : severity == Severity::warn ? "warn" : "off";
}

std::string_view name_of(WriteAccess access) {
  constexpr std::string_view kNames[]{"none", "file", "database", "control_system"};
  return kNames[static_cast<std::size_t>(access)];
}

std::optional<Severity> severity_named(std::string_view name) {
  for (const Severity severity : {Severity::block, Severity::warn, Severity::off})
    if (name_of(severity) == name) return severity;
  return std::nullopt;
}

json to_json(const Assessment& assessment) {
  json findings = json::array(), hints = json::array(), syntax_error;
  for (const Finding& finding : assessment.findings) {
    findings.push_back({{"rule", finding.rule},
                        {"class", name_of(finding.rule_class)},
                        {"severity", name_of(finding.severity)},
                        {"line", finding.line},
                        {"column", finding.column},
                        {"message", finding.message}});
    if (!finding.file.empty()) findings.back()["file"] = finding.file;
  }
  for (const Hint& hint : assessment.hints)
    hints.push_back({{"rule", hint.rule}, {"line", hint.line}, {"column", hint.column}, {"message", hint.message}});
  if (const auto& error = assessment.syntax_error)
    syntax_error = {{"line", error->line}, {"column", error->column}, {"message", error->message}};
  const std::size_t blocking = assessment.blocking();
  return {{"ok", assessment.ok},
          {"built_in", assessment.built_in},
          {"language", name_of(assessment.language)},
          {"mode", assessment.mode == SecurityMode::safe ? "safe" : "permissive"},
          {"syntax_error", syntax_error},
          {"findings", findings},
          {"findings_left_out", assessment.findings_left_out},
          {"hints", hints},
          {"imports", assessment.imports},
          {"write_access", name_of(assessment.write_access)},
          {"summary", assessment.summary},
          {"counts", {{"block", blocking}, {"warn", assessment.findings.size() - blocking}}}};
}

}  // namespace rh::agent
