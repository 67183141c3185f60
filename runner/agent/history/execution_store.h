// Every execution as one JSON file, ID_OK.json or ID_FAIL.json, in one folder. The files are the truth: an index beside
// them (.index.db) saves reading them again, follows what happens to them, and is made anew when it cannot be used.
// docs/formats/executions.md describes the folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/redact.h"
#include "runner/base/result.h"

namespace rh::agent {

struct ExecutionRecord;
class ExecutionIndex;

constexpr std::uint64_t kMaxStoredExecutionBytes = 64ULL << 20;
constexpr std::size_t kMaxStoredExecutions = 1'000'000;

// What lists show of an execution.
struct StoredExecution {
  std::string file;  // name in the folder
  std::string id, short_id, timestamp, language, status;
  bool success = false;
  std::optional<double> seconds;
  std::string instruction, code_line;  // first lines
  std::string error_kind, error_line;  // empty: none
  std::string packages;                // as they were asked for, one on each line
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;  // of the file, to know whether the index still describes it
};

struct ClearedExecutions {
  std::size_t removed = 0, kept = 0;
  std::uint64_t bytes = 0;            // that were freed
  std::vector<std::string> ids = {};  // of what is gone
};

// Thread-safe; other processes may use the folder at the same time.
class ExecutionStore {
 public:
  ExecutionStore(std::filesystem::path folder, std::shared_ptr<const Secrets> secrets);
  ~ExecutionStore();
  ExecutionStore(const ExecutionStore&) = delete;

  // Readers see all of the file or none of it. Secrets are taken out. An id that is stored already is an error.
  [[nodiscard]] Result<std::filesystem::path> save(const ExecutionRecord& record);
  // Newest first; `limit` 0: all. Files that are no records are left out and counted in `unreadable`.
  [[nodiscard]] Result<std::vector<StoredExecution>> list(std::size_t limit, bool success_only,
                                                          std::size_t* unreadable = nullptr);
  // `key`: an id of either form, its begin when only one has it, or "latest".
  [[nodiscard]] Result<StoredExecution> find(std::string_view key);
  // The record's JSON text as it is stored.
  [[nodiscard]] Result<std::string> get(std::string_view key);
  [[nodiscard]] Result<ClearedExecutions> clear(std::size_t keep_recent);
  [[nodiscard]] Result<std::size_t> count();
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] Result<std::vector<std::string>> names() const;  // newest first
  [[nodiscard]] std::optional<StoredExecution> describe(const std::string& name);
  ExecutionIndex* index();

  std::filesystem::path folder_;
  std::shared_ptr<const Secrets> secrets_;
  std::mutex mutex_;
  std::unique_ptr<ExecutionIndex> index_;
  bool without_index_ = false;
};

}  // namespace rh::agent
