#include "runner/engine/gate/judging.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

bool matches_any(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_match(glob, text); });
}

// "src" and "src/" mean everything below, as in .gitignore and CODEOWNERS.
void add_glob(std::vector<std::string>& globs, std::string glob) {
  if (glob.starts_with("./")) glob.erase(0, 2);
  while (glob.size() > 1 && glob.ends_with('/')) glob.pop_back();
  if (glob == ".") glob = "**";
  if (!glob.ends_with("*")) globs.push_back(glob + "/**");
  globs.push_back(std::move(glob));
}

}  // namespace

FileScope::FileScope(const GateRule& rule, const GateInput& input) {
  std::vector<std::string> globs = rule.scope.files;
  const auto component = input.components.find(rule.scope.component);
  if (component != input.components.end())
    globs.insert(globs.end(), component->second.begin(), component->second.end());
  for (const std::string& glob : globs) {
    if (glob.starts_with('!'))
      add_glob(out_, glob.substr(1));
    else
      add_glob(in_, glob);
  }
}

bool FileScope::has(std::string_view path) const {
  return (in_.empty() || matches_any(in_, path)) && !matches_any(out_, path);
}

bool in_suite_scope(const GateRule& rule, const SuiteId& suite) {
  return rule.scope.suites.empty() || matches_any(rule.scope.suites, suite.value);
}

std::string scope_text(const GateRule& rule) {
  std::vector<std::string> parts;
  if (!rule.scope.component.empty()) parts.push_back("component " + rule.scope.component);
  parts.insert(parts.end(), rule.scope.files.begin(), rule.scope.files.end());
  parts.insert(parts.end(), rule.scope.suites.begin(), rule.scope.suites.end());
  return parts.empty() ? "run" : join(parts, ", ");
}

GateVerdict verdict_of(const GateRule& rule, GateState state, std::string threshold, std::string actual,
                       std::string evidence, std::string message) {
  GateVerdict verdict{rule.kind,
                      scope_text(rule),
                      rule.level,
                      state,
                      std::move(threshold),
                      std::move(actual),
                      std::move(evidence),
                      std::move(message),
                      state == GateState::failed && rule.level == GateLevel::block,
                      {}};
  if (!rule.message.empty() && state != GateState::passed) verdict.message += ". " + rule.message;
  return verdict;
}

GateVerdict no_data_of(const GateRule& rule, std::string threshold, std::string why) {
  GateVerdict verdict =
      verdict_of(rule, GateState::no_data, std::move(threshold), "no data", why, "nothing to judge: " + why);
  verdict.blocks = rule.level == GateLevel::block && rule.no_data == NoDataPolicy::fail;
  // What is shown is what follows: a lack of data that only warns is no blocker.
  if (rule.no_data == NoDataPolicy::warn) verdict.level = std::max(verdict.level, GateLevel::warn);
  if (rule.no_data == NoDataPolicy::pass) verdict.level = GateLevel::info;
  return verdict;
}

void set_culprits(GateVerdict& verdict, std::vector<GateEvidence> culprits) {
  if (culprits.size() > kMaxCulprits) {
    const std::size_t more = culprits.size() - kMaxCulprits;
    if (!verdict.evidence.empty()) verdict.evidence += "; ";
    verdict.evidence += fmt::format("the worst {} are named, there are {} more", kMaxCulprits, more);
    culprits.resize(kMaxCulprits);
  }
  verdict.culprits = std::move(culprits);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace rh::engine
