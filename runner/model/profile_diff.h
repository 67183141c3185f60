// Two profiles compared by function: made by profiles/analysis/diff.h, shown by reporters/profile/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/model/diagnostic.h"
#include "runner/model/profile.h"
#include "runner/model/profile_summary.h"

namespace rh::model {

// The share of a function in the head less that in the base, in points of 1, with an interval that holds for
// all functions of the comparison together with 95 % confidence.
struct ShareChange {
  double value = 0, low = -1, high = 1;
  bool counts = false;  // the interval excludes 0
};

// A function of either profile. Functions are the same if name and file are; a line may have moved.
struct FunctionChange {
  std::string name, file;  // as in FunctionSummary
  std::uint32_t line = 0;  // in the head, else in the base
  bool in_base = false, in_head = false;
  TimeFigure base_self, head_self, base_total, head_total;
  ShareChange self, total;
};

struct DiffSide {
  std::string file;  // that the profile was read from
  std::vector<std::string> command;
  std::string started_at;
  std::int64_t duration_ns = 0;
  TimeFigure time;  // of all samples on the clock; `share` is not used
};

// A rule of --fail-on and what became of it.
struct DiffGate {
  std::string rule;      // as written
  bool failed = false;   // also when there is nothing to judge it by
  std::string function;  // the worst of those that the rule names
  ShareChange change;
  std::string reason;  // a sentence
};

struct ProfileDiff {
  ProfileClock clock = ProfileClock::cpu;
  DiffSide base, head;
  double run_variation = 0;  // relative, of a function's time between runs of the same program; part of the intervals
  std::vector<FunctionChange> functions;  // largest change of self time that counts first, then those that do not
  std::vector<DiffGate> gates;
  std::vector<Diagnostic> diagnostics;  // what makes the two hard to compare
};

}  // namespace rh::model
