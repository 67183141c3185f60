// The index beside stored executions: what lists show of each file, in SQLite. It holds nothing that is not in the
// files, so that a damaged one is thrown away.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/agent/history/execution_store.h"
#include "runner/base/result.h"
#include "runner/engine/history/database.h"

namespace rh::agent {

class ExecutionIndex {
 public:
  // A file that is no index of this version is replaced.
  [[nodiscard]] static Result<ExecutionIndex> open(const std::filesystem::path& file);

  // Absent: not there, or of other bytes than the file has now.
  [[nodiscard]] std::optional<StoredExecution> find(const std::string& name, std::uint64_t bytes,
                                                    std::int64_t changed_ns) const;
  [[nodiscard]] Result<void> put(const std::vector<StoredExecution>& executions) const;
  // Rows of files that are no more.
  [[nodiscard]] Result<void> keep_only(const std::vector<std::string>& names) const;

 private:
  explicit ExecutionIndex(engine::Database database) : database_(std::move(database)) {}
  engine::Database database_;
};

}  // namespace rh::agent
