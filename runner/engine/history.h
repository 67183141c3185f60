// The history of a repository's runs in .runharness/history.db (SQLite, WAL): how long each suite
// took, so that the longest starts first.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>

#include "runner/base/result.h"
#include "runner/model/report.h"

struct sqlite3;

namespace rh::engine {

class History {
 public:
  // Creates or migrates the store. A damaged or newer store is an error; the run goes on without.
  [[nodiscard]] static Result<History> open(const std::filesystem::path& file);

  // Mean wall time of each suite's last finished runs.
  [[nodiscard]] Result<std::map<model::SuiteId, std::chrono::nanoseconds>> suite_durations() const;
  [[nodiscard]] Result<void> record(const model::RunReport& report);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  explicit History(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace rh::engine
