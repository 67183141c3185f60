// Findings as SARIF 2.1.0 (OASIS standard, docs.oasis-open.org/sarif/sarif/v2.1.0): one run, one rule for each name
// that was found, so that code scanning services and editors show them at their lines.
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/validate/rules.h"
#include "runner/agent/validate/validate.h"

namespace rh::agent {
namespace {

using nlohmann::json;

std::string_view level_of(Severity severity) { return severity == Severity::block ? "error" : "warning"; }

// A path as a relative reference of RFC 3986: what a URI would read as its own sign is written %XX.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/!$&'()*+,;=@";
  std::string uri;
  for (const char c : path)
    uri += kPlain.find(c) != std::string_view::npos ? std::string(1, c)
                                                    : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return uri;
}

json location(std::string_view path, unsigned line, unsigned column) {
  return json::array({{{"physicalLocation",
                        {{"artifactLocation", {{"uri", uri_of(path)}}},
                         {"region", {{"startLine", line}, {"startColumn", column}}}}}}});
}

class RuleList {
 public:
  std::size_t index(const std::string& id, std::string_view description, std::string_view level) {
    const auto [place, added] = places_.emplace(id, rules_.size());
    if (added)
      rules_.push_back(
          {{"id", id}, {"shortDescription", {{"text", description}}}, {"defaultConfiguration", {{"level", level}}}});
    return place->second;
  }
  json take() { return std::move(rules_); }

 private:
  std::map<std::string, std::size_t> places_;
  json rules_ = json::array();
};

}  // namespace

json to_sarif(const Assessment& assessment, std::string_view path) {
  RuleList rules;
  json results = json::array();
  const auto add = [&](const std::string& rule, std::string_view description, std::string_view level,
                       const std::string& message, unsigned line, unsigned column) {
    results.push_back({{"ruleId", rule},
                       {"ruleIndex", rules.index(rule, description, level)},
                       {"level", level},
                       {"message", {{"text", message}}},
                       {"locations", location(path, line, column)}});
  };
  if (const auto& error = assessment.syntax_error)
    add(std::string(name_of(assessment.language)) + ".syntax_error", "the code cannot be parsed", "error",
        error->message, error->line, error->column);
  for (const Finding& finding : assessment.findings)
    add(finding.rule, effect_of(finding.rule_class), level_of(finding.severity), finding.message, finding.line,
        finding.column);
  for (const Hint& hint : assessment.hints)
    add(hint.rule, "could be faster", "note", hint.message, hint.line, hint.column);
  const json driver = {{"name", "runharness"}, {"version", RUNHARNESS_VERSION}, {"rules", rules.take()}};
  json run = {{"tool", {{"driver", driver}}},
              {"columnKind", "utf16CodeUnits"},
              {"invocations", json::array({{{"executionSuccessful", assessment.built_in}}})},
              {"results", std::move(results)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", json::array({std::move(run)})}};
}

}  // namespace rh::agent
