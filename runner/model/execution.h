// The record of one command that ran in the sandbox: how it ended, what it printed, used and changed,
// and under which limits and isolation. What `run --json` prints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/collected_file.h"
#include "runner/model/command.h"
#include "runner/model/diagnostic.h"
#include "runner/model/ending.h"
#include "runner/model/file_change.h"
#include "runner/model/isolation.h"
#include "runner/model/limits.h"
#include "runner/model/report.h"
#include "runner/model/usage.h"

namespace rh::model {

// Raised when an old reader would misread a new record.
constexpr unsigned kExecutionSchemaVersion = 1;

enum class WorkspaceAccess {
  rw,
  ro,
  overlay,  // writes go to a private layer: see ChangesRecord
};

[[nodiscard]] constexpr std::string_view name_of(WorkspaceAccess access) {
  return access == WorkspaceAccess::rw ? "rw" : access == WorkspaceAccess::ro ? "ro" : "overlay";
}

struct CapturedText {
  std::string bytes;
  bool truncated = false;  // there was more
};

// What became of the changes that an overlay held.
struct ChangesRecord {
  std::vector<FileChange> list;
  bool truncated = false;  // there are more than are listed
  bool applied = false;
  std::string reason;                 // why they were not applied
  std::filesystem::path copied_to;    // empty: nowhere
  std::vector<std::string> left_out;  // what could be neither applied nor copied, and why
};

// By which mechanism a figure was found.
struct ExecutionSources {
  std::string oom_kills;
  std::string leftover_processes;
  std::string signals_sent;
};

struct Execution {
  unsigned schema_version = kExecutionSchemaVersion;
  Command command;  // env is not part of the record: it may hold secrets
  std::string preset;
  std::filesystem::path workspace;
  WorkspaceAccess workspace_access = WorkspaceAccess::rw;

  Ending ending = Ending::internal;
  std::string ending_detail;
  WaitStatus status;
  CapturedText standard_output, standard_error;
  ProcessUsage usage;
  std::optional<std::uint64_t> oom_kills;  // absent: not countable on this host
  std::vector<LeftoverProcess> leftovers;
  std::vector<int> signals_sent;
  ExecutionSources sources;

  Limits limits;
  IsolationReport isolation;
  std::optional<ChangesRecord> changes;  // of an overlay
  std::vector<CollectedFile> artifacts;
  std::vector<Diagnostic> diagnostics;
};

}  // namespace rh::model
