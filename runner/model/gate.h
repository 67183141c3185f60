// A rule that decides about a merge, and its verdict.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/model/line_range.h"

namespace rh::model {

enum class GateLevel { block, warn, info };
// no_data: there is nothing to judge (an empty denominator, a figure that was not measured, a history that
// is too short); what follows from that is the rule's policy, and `blocks` says it.
enum class GateState { passed, failed, no_data };

// What a verdict rests on, as a place that a person can open.
struct GateEvidence {
  std::string subject;           // a file relative to the repository root, a suite id or a test id
  std::vector<LineRange> lines;  // of that file; empty: all of it, or no file
  std::string note;              // "was 12 uncovered lines, is 15", "missing from every report"
  bool operator==(const GateEvidence&) const = default;
};

struct GateVerdict {
  std::string rule;   // "coverage.total", "coverage.patch", "tests.max_failures", "resources.max_wall", ...
  std::string scope;  // "run", a suite id, a glob, "component NAME"
  GateLevel level = GateLevel::block;
  GateState state = GateState::no_data;
  std::string threshold;  // with its unit: "80 %", "512 MiB"
  std::string actual;     // never printed equal to the threshold when it failed
  std::string evidence;   // numerator and denominator: what the figure rests on
  std::string message;    // one sentence for a person
  bool blocks = false;    // this verdict stops the merge: its level is block, and it failed or its policy for
                          // no data is to fail
  std::vector<GateEvidence> culprits{};  // worst first, bounded
  bool operator==(const GateVerdict&) const = default;
};

}  // namespace rh::model
