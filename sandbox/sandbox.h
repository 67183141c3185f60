// The sandbox: starts one command under isolation and limits, supervises it until its whole process
// tree is gone, and reports how it ended, what it used and what could not be enforced.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/command.h"
#include "runner/model/isolation.h"
#include "runner/model/limits.h"
#include "runner/model/report.h"
#include "runner/model/step.h"

namespace rh::sandbox {

// What the command may see and write. All paths are absolute host paths and keep their name inside.
struct FilesystemPolicy {
  std::vector<std::filesystem::path> writable;  // workspace, output folders, caches
  std::vector<std::filesystem::path>
      readable;  // stay visible read-only although they lie in a private area (HOME, /tmp)
  std::vector<std::filesystem::path> protected_;   // read-only although they lie in a writable folder
  std::vector<std::filesystem::path> hidden;       // replaced by something empty
  std::filesystem::path home;                      // the caller's HOME: an empty private folder is mounted over it
  std::vector<std::filesystem::path> other_homes;  // likewise: the account's own home where HOME names another
};

struct LaunchSpec {
  model::Command command;  // env is the whole environment of the child
  model::Limits limits;
  model::IsolationLevel level = model::IsolationLevel::contained;
  FilesystemPolicy files;
  std::string name;  // for cgroup and host names: letters, digits, '-'
};

// Where a sampler finds the tree.
struct TreeLocation {
  int root_pid = 0;                     // in the host's numbering
  std::filesystem::path memory_cgroup;  // v1 memory folder, or v2 folder; empty without one
  std::filesystem::path cpu_cgroup;     // v1 cpuacct folder, or v2 folder; empty without one
  std::filesystem::path procs_cgroup;   // a folder whose cgroup.procs lists exactly the tree; empty without one
  bool cgroup_v2 = false;               // of memory_cgroup and cpu_cgroup
};

struct SuperviseHooks {
  std::function<void(const TreeLocation&)> on_start;               // after exec succeeded
  std::function<void(model::Stream, std::string_view)> on_output;  // up to the output limit
  std::chrono::milliseconds tick{50};
  std::function<void()> on_tick;  // every `tick` while the tree lives
  BorrowedFd cancel;              // readable (never drained here): end the run now, with grace
};

struct ExitRecord {
  model::Ending ending = model::Ending::internal;
  std::string ending_detail;  // mechanism and figure, or errno text for start_failed
  model::WaitStatus status;
  model::ProcessUsage usage;
  model::IsolationReport isolation;
  std::vector<int> signals_sent;
  std::vector<model::LeftoverProcess> leftovers;
  std::optional<std::uint64_t> oom_kills;
  std::uint64_t output_bytes = 0;
  bool output_truncated = false;
};

// Runs a command to the end of its tree. Thread-safe: suites run side by side on one launcher.
class Launcher {
 public:
  virtual ~Launcher() = default;
  // An Error only when the runner itself is at fault (no pipe, no memory); a command that cannot be
  // started is an ExitRecord with Ending::start_failed.
  [[nodiscard]] virtual Result<ExitRecord> run(const LaunchSpec& spec, const SuperviseHooks& hooks) = 0;
  // What this host allows, found by doing; for `doctor` and for a report before any suite ran.
  [[nodiscard]] virtual model::IsolationReport probe(model::IsolationLevel level) = 0;
};

// Probes the host once. Never fails: a host that allows nothing gives a launcher that says so.
[[nodiscard]] std::unique_ptr<Launcher> make_launcher();

}  // namespace rh::sandbox
