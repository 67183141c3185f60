// `runharness baseline`: writes, shows and compares the committed baseline of the ratchet rules.
#include <algorithm>

#include <fmt/core.h>

#include "runner/app/commands.h"
#include "runner/app/judged_inputs.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/baseline.h"
#include "runner/engine/gate/verdict.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxChanges = 100;  // printed

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string size_of(const engine::Baseline& baseline) {
  return fmt::format("{}, {}, {}", counted(baseline.files.size(), "file"), counted(baseline.suites.size(), "suite"),
                     counted(baseline.tests.size(), "test"));
}

void print_changes(const std::vector<engine::BaselineChange>& changes) {
  for (std::size_t i = 0; i < std::min(changes.size(), kMaxChanges); ++i) {
    const engine::BaselineChange& each = changes[i];
    const std::string text = each.before.empty()  ? fmt::format("new, {}", each.after)
                             : each.after.empty() ? fmt::format("gone, was {}", each.before)
                                                  : fmt::format("{} -> {}", each.before, each.after);
    print(fmt::format("{} {}  {}: {}\n",
                      each.worse                                  ? "worse "
                      : each.before.empty() || each.after.empty() ? "      "
                                                                  : "better",
                      each.what, each.figure, text));
  }
  if (changes.size() > kMaxChanges) print(fmt::format("... and {} more\n", changes.size() - kMaxChanges));
}

// A run that failed or stopped covers less than it should: a baseline of it would lower the bar.
Result<void> check_source(const JudgedInputs& inputs, bool force) {
  const engine::RunOutcome outcome =
      engine::judge_gathered(inputs.gathered, inputs.settings.options.gates, inputs.stored);
  const bool usable = outcome.code == ExitCode::passed || outcome.code == ExitCode::gate_failed;
  if (usable || force) return {};
  return fail(ErrorKind::usage,
              "make a baseline of results that did not pass: " + outcome.reason + "; --force makes it all the same");
}

Result<engine::NewBaseline> fresh_baseline(const CommandLine& line, const JudgedInputs& inputs,
                                           const std::optional<engine::Baseline>& previous) {
  RH_CHECK(check_source(inputs, line.force));
  engine::BaselineSource source{inputs.gathered.report};
  if (previous) source.previous = &*previous;
  source.prune = line.prune;
  if (inputs.repository)
    source.source_exists = [root = inputs.root](const std::string& path) { return is_file(root / path); };
  return engine::make_baseline(source);
}

Result<std::optional<engine::Baseline>> present_baseline(const fs::path& file) {
  auto read = engine::read_baseline(file);
  if (read) return std::optional(*std::move(read));
  if (read.error().kind == ErrorKind::not_found) return std::optional<engine::Baseline>();
  return Failure{read.error()};
}

Result<int> update(const CommandLine& line, const JudgedInputs& inputs, const fs::path& file) {
  RH_TRY(const auto previous, present_baseline(file));
  RH_TRY(const engine::NewBaseline made, fresh_baseline(line, inputs, previous));
  if (previous) print_changes(engine::compare_baselines(*previous, made.baseline));
  const std::string bytes = engine::encode_baseline(made.baseline);
  const std::string shown = relative_to(file, inputs.here);
  const bool same = previous && engine::encode_baseline(*previous) == bytes;
  if (!line.dry_run && !same) RH_CHECK(write_file(file, bytes));
  print(fmt::format("{} {}: {}\n", shown,
                    same           ? "is up to date"
                    : line.dry_run ? "would be written"
                                   : "written",
                    size_of(made.baseline)));
  if (made.kept > 0)
    print(fmt::format("{} kept that these results do not have; --prune drops them\n", counted(made.kept, "entrie")));
  return 0;
}

Result<int> show(const fs::path& file, const fs::path& here) {
  RH_TRY(const engine::Baseline baseline, engine::read_baseline(file));
  engine::UncoveredCounts totals;
  for (const auto& [path, counts] : baseline.files)
    for (const auto& [metric, count] : counts) totals[metric] += count;
  print(fmt::format("{}: {}\n", relative_to(file, here), size_of(baseline)));
  for (const auto& [metric, count] : totals) print(fmt::format("uncovered {}: {}\n", metric, count));
  for (const engine::BaselineChange& each : engine::compare_baselines({}, {{}, baseline.suites, baseline.tests}))
    print(fmt::format("{}  {}: {}\n", each.what, each.figure, each.after));
  return 0;
}

Result<int> diff(const CommandLine& line, const JudgedInputs& inputs, const fs::path& file) {
  RH_TRY(const engine::Baseline previous, engine::read_baseline(file));
  RH_TRY(const engine::NewBaseline made, fresh_baseline(line, inputs, previous));
  const auto changes = engine::compare_baselines(previous, made.baseline);
  print_changes(changes);
  const auto worse = static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [](const engine::BaselineChange& each) { return each.worse; }));
  print(fmt::format("{}, {} of them worse\n", counted(changes.size(), "difference"), worse));
  return 0;
}

}  // namespace

Result<int> run_baseline(const CommandLine& line) {
  const std::string action = line.operands.empty() ? "show" : line.operands.front();
  const std::vector<std::string> actions = {"update", "show", "diff"};
  if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
    const auto near = closest(action, actions);
    return fail(ErrorKind::usage,
                fmt::format("understand '{}': write update, show or diff{}", action,
                            near ? fmt::format(" (did you mean '{}'?)", *near) : ""),
                "baseline");
  }
  std::vector<std::string> words = line.from;
  if (line.operands.size() > 1) words.insert(words.end(), line.operands.begin() + 1, line.operands.end());
  RH_TRY(const fs::path here, working_directory());
  const auto file_of = [&](const engine::RunOptions& options) {
    return line.baseline_file.empty() ? options.baseline : here / line.baseline_file;
  };
  if (action == "show") {
    std::vector<model::Diagnostic> diagnostics;
    RH_TRY(const auto settings, resolve_settings(line, {here, here, 1, 0}, engine::current_environment(), diagnostics));
    return show(file_of(settings.options), here);
  }
  RH_TRY(const JudgedInputs inputs, read_inputs(line, words, WithoutFiles::latest_run));
  const fs::path file = file_of(inputs.settings.options);
  return action == "update" ? update(line, inputs, file) : diff(line, inputs, file);
}

}  // namespace rh::app
