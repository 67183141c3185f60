// The sandbox: starts one command under isolation and limits, supervises it until its whole process
// tree is gone, and reports how it ended, what it used and what could not be enforced.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/command.h"
#include "runner/model/file_change.h"
#include "runner/model/host_survey.h"
#include "runner/model/isolation.h"
#include "runner/model/limits.h"
#include "runner/model/report.h"
#include "runner/model/step.h"

namespace rh::sandbox {

// What the command may see and write. All paths are absolute host paths and keep their name inside, but for `names`.
struct FilesystemPolicy {
  std::vector<std::filesystem::path> writable;  // workspace, output folders, caches
  std::vector<std::filesystem::path>
      readable;  // stay visible read-only although they lie in a private area (HOME, /tmp)
  std::vector<std::filesystem::path> protected_;   // read-only although they lie in a writable folder
  std::vector<std::filesystem::path> guarded;      // likewise, and nothing can be made there where nothing is yet
  std::vector<std::filesystem::path> overlays;     // writes go to a private layer: see FileChanges
  std::vector<std::filesystem::path> hidden;       // replaced by something empty
  std::filesystem::path home;                      // the caller's HOME: an empty private folder is mounted over it
  std::vector<std::filesystem::path> other_homes;  // likewise: the account's own home where HOME names another
  // A root of its own: the system's folders, private ones, and what is granted above; nothing else of the host's tree
  // is there at all. Where there is no mount namespace the host's tree stays, and `names` are not in force.
  bool own_root = false;
  std::filesystem::path root_image;  // with own_root: a folder that the system's folders come from; empty: the host
  // With own_root: name inside -> folder among `writable`. A working folder below one of them follows it.
  std::map<std::filesystem::path, std::filesystem::path> names;
  // What these folders may hold altogether before the run is ended with Ending::file_size; absent: as much as fits.
  // Looked at every 100 ms, so a fast writer gets some way beyond.
  std::vector<std::filesystem::path> bounded;
  std::optional<std::uint64_t> bounded_bytes;
};

// What the command has as descriptors 0 to 2. Borrowed ones are handed over as they are; the caller
// keeps them open until the run has started.
struct Streams {
  BorrowedFd input;          // not valid: /dev/null
  BorrowedFd output, error;  // not valid: captured, see SuperviseHooks::on_output
};

struct LaunchSpec {
  model::Command command;  // env is the whole environment of the child
  Streams streams;
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
  // The tree's first process exists and waits: what is to see the command from its first instruction begins here.
  // Called again with another process where the sandbox had to be set up anew.
  std::function<void(int pid)> on_held;
  std::function<void(const TreeLocation&)> on_start;               // after exec succeeded
  std::function<void(model::Stream, std::string_view)> on_output;  // up to the output limit
  std::chrono::milliseconds tick{50};
  std::function<void()> on_tick;  // every `tick` while the tree lives
  BorrowedFd cancel;              // readable (never drained here): end the run now, with grace
};

// What a command did to the folders in FilesystemPolicy::overlays. Listed after the whole tree is dead,
// from the private layer alone; the layer lives as long as this object.
class FileChanges {
 public:
  virtual ~FileChanges() = default;
  // Sorted by path; at most kMaxListed, `truncated` says that there are more.
  [[nodiscard]] virtual const std::vector<model::FileChange>& list() const = 0;
  [[nodiscard]] virtual bool truncated() const = 0;
  // Writes every change to the real folders: regular files, folders and symbolic links only, owned by
  // the caller, without set-uid bits; others are named in the result's diagnostics.
  [[nodiscard]] virtual Result<std::vector<std::string>> apply() = 0;
  // Copies what was added or changed below `folder`, by its path within the overlay.
  [[nodiscard]] virtual Result<std::vector<std::string>> copy_to(const std::filesystem::path& folder) = 0;
};

// By which mechanism a figure of an ExitRecord was found.
struct ExitSources {
  std::string oom_kills;     // "cgroup v2 memory.events"
  std::string leftovers;     // "cgroup.procs"
  std::string signals_sent;  // "cgroup.kill"
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
  ExitSources sources;
  std::shared_ptr<FileChanges> changes;  // null without an overlay
};

class Pool;

// Runs a command to the end of its tree. Thread-safe: suites run side by side on one launcher.
class Launcher {
 public:
  virtual ~Launcher() = default;
  // An Error only when the runner itself is at fault (no pipe, no memory); a command that cannot be
  // started is an ExitRecord with Ending::start_failed.
  [[nodiscard]] virtual Result<ExitRecord> run(const LaunchSpec& spec, const SuperviseHooks& hooks) = 0;
  // What this host allows, found by doing; for a report before any suite ran.
  [[nodiscard]] virtual model::IsolationReport probe(model::IsolationLevel level) = 0;
  // Every mechanism with its state, and the command that would enable what is missing; for `doctor`.
  [[nodiscard]] virtual model::HostSurvey survey() = 0;
  // Sandboxes that are made before they are needed: everything but the command is in place, so that a
  // short run costs little more than its own process. At most `size` are kept ready.
  [[nodiscard]] virtual std::unique_ptr<Pool> make_pool(const LaunchSpec& shape, std::size_t size) = 0;
};

// Ready sandboxes of one shape: level, files and network are those of the shape for good, everything
// else may differ from run to run. Each serves one run and is gone. Thread-safe.
class Pool {
 public:
  virtual ~Pool() = default;
  [[nodiscard]] virtual Result<ExitRecord> run(const model::Command& command, const model::Limits& limits,
                                               const SuperviseHooks& hooks) = 0;
};

// Probes the host once. Never fails: a host that allows nothing gives a launcher that says so.
[[nodiscard]] std::unique_ptr<Launcher> make_launcher();

}  // namespace rh::sandbox
