// `runharness profile diff A B`: which functions take another share of the time than before.
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "profiles/analysis/diff.h"
#include "profiles/go/pprof_reader.h"
#include "reporters/profile/json.h"
#include "reporters/profile/text.h"
#include "runner/app/profile_output.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::app {
namespace {

struct DiffRequest {
  std::vector<std::string> files, rules;
  std::string json_file, clock;
  bool quiet = false;
};

// What stands behind the word `diff` is not parsed as flags of `profile`, so they are read here.
Result<DiffRequest> read_request(const CommandLine& line) {
  DiffRequest request{{}, line.fail_on, line.json_file, line.clock, line.quiet};
  for (std::size_t i = 1; i < line.extra_args.size(); ++i) {
    const std::string& word = line.extra_args[i];
    const std::size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    if (flag == "-q" || flag == "--quiet") {
      request.quiet = true;
      continue;
    }
    if (!is_one_of(flag, {"--fail-on", "--json", "--clock"})) {
      if (word.starts_with("--")) return fail(ErrorKind::usage, "use this flag with `profile diff`", word);
      request.files.push_back(word);
      continue;
    }
    if (equals == std::string::npos && i + 1 == line.extra_args.size())
      return fail(ErrorKind::usage, fmt::format("use {}: its value is missing", flag));
    std::string value = equals == std::string::npos ? line.extra_args[++i] : word.substr(equals + 1);
    if (flag == "--fail-on")
      request.rules.push_back(std::move(value));
    else
      (flag == "--json" ? request.json_file : request.clock) = std::move(value);
  }
  if (request.files.size() != 2)
    return fail(ErrorKind::usage,
                "compare profiles: runharness profile diff BEFORE.json AFTER.json [--fail-on 'NAME>5%']");
  return request;
}

Result<model::Profile> read_profile(const std::string& file) {
  RH_TRY(const std::string text, read_file(file, reporters::kMaxProfileJsonBytes));
  auto profile = profiles::looks_like_pprof(text) ? profiles::read_pprof(text) : reporters::parse_json_profile(text);
  if (profile) return profile;
  Error problem = profile.error();
  if (problem.subject.empty()) problem.subject = file;
  return Failure{std::move(problem)};
}

}  // namespace

Result<int> run_profile_diff(const CommandLine& line) {
  RH_TRY(const DiffRequest request, read_request(line));
  RH_TRY(const model::ProfileClock clock, profile_clock(request.clock));
  std::vector<profiles::DiffRule> rules;
  for (const std::string& text : request.rules) {
    RH_TRY(profiles::DiffRule rule, profiles::parse_diff_rule(text));
    rules.push_back(std::move(rule));
  }
  RH_TRY(const model::Profile base, read_profile(request.files[0]));
  RH_TRY(const model::Profile head, read_profile(request.files[1]));
  model::ProfileDiff diff = profiles::diff_profiles(base, head, clock);
  diff.base.file = request.files[0];
  diff.head.file = request.files[1];
  RH_CHECK(profiles::judge_diff(diff, rules));
  if (!request.json_file.empty() &&
      !write_profile_output(request.json_file, "comparison", reporters::profile_diff_to_json(diff)))
    return static_cast<int>(ExitCode::internal);
  const model::Environment environment = engine::current_environment();
  if (!request.quiet && request.json_file != "-")
    print(reporters::profile_diff_to_text(diff, {.terminal = terminal_options(line, environment, STDOUT_FILENO)}));
  const bool failed = std::any_of(diff.gates.begin(), diff.gates.end(), [](const auto& gate) { return gate.failed; });
  return static_cast<int>(failed ? ExitCode::gate_failed : ExitCode::passed);
}

}  // namespace rh::app
