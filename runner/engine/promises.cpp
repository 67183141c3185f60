#include "runner/engine/promises.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

using model::IsolationRow;
using model::MechanismState;

// A name that no file system has: the set-up is gone through to its end, and nothing is executed.
constexpr const char* kNoCommand = "/proc/self/runharness-tries-the-sandbox";

struct Promise {
  std::string_view name;
  std::vector<std::string_view> mechanisms;  // rows of the isolation report
};

const std::vector<Promise>& promises() {
  static const std::vector<Promise> kPromises = {
      {"memory", {"memory limit"}},
      {"pids", {"process limit"}},
      {"cpu", {"cpu time limit", "cpu bandwidth"}},
      {"net", {"network"}},
      {"fs", {"file system", "workspace"}},
      {"processes", {"processes", "kill of the whole tree"}},
      {"syscalls", {"system call filter"}},
      {"swap", {"memory limit"}},  // degraded, too, where only swap is not limited
  };
  return kPromises;
}

std::string describe(const IsolationRow& row) {
  if (row.state == MechanismState::not_requested)
    return fmt::format("{} is not asked for{}", row.mechanism,
                       row.requested.empty() ? "" : fmt::format(" ({})", row.requested));
  return fmt::format("{} is {} ({})", row.mechanism, model::name_of(row.state), row.reason);
}

bool enforced(const IsolationRow& row) { return row.state == MechanismState::enforced; }

// Of several mechanisms behind one promise those count that are asked for, and one has to be.
std::string problem_with(const Promise& promise, const model::IsolationReport& report) {
  std::vector<const IsolationRow*> asked, others;
  for (const IsolationRow& row : report.rows) {
    if (std::find(promise.mechanisms.begin(), promise.mechanisms.end(), row.mechanism) == promise.mechanisms.end())
      continue;
    (row.state == MechanismState::not_requested ? others : asked).push_back(&row);
  }
  for (const IsolationRow* row : asked)
    if (!enforced(*row)) return describe(*row);
  if (!asked.empty()) return {};
  return others.empty() ? fmt::format("{} is not reported by this host", promise.name) : describe(*others.front());
}

std::string missing_of_level(const model::IsolationReport& report) {
  std::vector<std::string> why;
  for (const IsolationRow& row : report.rows)
    if (row.state == MechanismState::degraded || row.state == MechanismState::refused) why.push_back(describe(row));
  return join(why, "; ");
}

}  // namespace

Result<model::IsolationReport> try_sandbox(sandbox::Launcher& launcher, sandbox::LaunchSpec shape) {
  shape.streams = {};
  shape.command.argv = {kNoCommand};
  RH_TRY(sandbox::ExitRecord record, launcher.run(shape, {}));
  if (record.ending != model::Ending::start_failed)
    return fail(ErrorKind::isolation, fmt::format("set up the sandbox: {}", record.ending_detail));
  return std::move(record.isolation);
}

Result<void> check_promises(sandbox::Launcher& launcher, const RunOptions& options, const sandbox::LaunchSpec& shape) {
  if (!options.required_isolation && options.required.empty()) return {};
  if (options.required_isolation && options.isolation < *options.required_isolation)
    return fail(ErrorKind::isolation,
                fmt::format("isolate as required: level '{}' is set", model::name_of(options.isolation)),
                std::string(model::name_of(*options.required_isolation)));
  RH_TRY(const model::IsolationReport report, try_sandbox(launcher, shape));
  if (options.required_isolation && report.reached < *options.required_isolation)
    return fail(ErrorKind::isolation, "isolate as required: " + missing_of_level(report),
                std::string(model::name_of(*options.required_isolation)));
  for (const Promise& promise : promises()) {
    if (std::find(options.required.begin(), options.required.end(), promise.name) == options.required.end()) continue;
    if (const std::string problem = problem_with(promise, report); !problem.empty())
      return fail(ErrorKind::isolation, fmt::format("keep the promise '{}': {}", promise.name, problem), "--require");
  }
  return {};
}

}  // namespace rh::engine
