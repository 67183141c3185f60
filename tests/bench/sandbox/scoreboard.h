// Figures of a benchmark run with their targets, printed as a table or as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/sandbox/timed_process.h"

namespace rh::bench {

struct StartRow {
  std::string name;
  Spread us;
  double ratio = 0;  // of the p50 to bare posix_spawn's
  std::string policy;
};

struct TargetRow {
  std::string name;
  std::string unit;
  double value = 0;
  std::optional<double> limit;  // absent: a figure without a target
  [[nodiscard]] bool met() const { return !limit || value <= *limit; }
};

struct MissingRow {
  std::string name, reason;
};

struct Scoreboard {
  std::string machine;
  int rounds = 0;
  std::vector<StartRow> starts;
  std::vector<MissingRow> missing;
  std::vector<TargetRow> targets;

  [[nodiscard]] bool all_met() const;
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json() const;
};

}  // namespace rh::bench
