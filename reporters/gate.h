// What `runharness gate` and `merge` print: one JSON document, described in docs/formats/gate.md, or a page of
// text with what failed first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reporters/reporter.h"
#include "runner/model/report.h"

namespace rh::reporters {

struct GateDocument {
  const model::RunReport& report;                   // exit_code and exit_reason are the verdict
  std::string cause;                                // "passed", "tests_failed", "gate_failed", ...: docs/exit-codes.md
  std::optional<std::string> test_seconds;          // time of all tests, a decimal number; absent: no file tells it
  const std::vector<std::string>* names = nullptr;  // of all tests; null: not asked for
};

// Valid UTF-8 whatever the bytes of the input were.
[[nodiscard]] std::string gate_to_json(const GateDocument& document);
[[nodiscard]] std::string gate_to_text(const GateDocument& document, const TerminalOptions& options);

// One verdict with its evidence: a line, and below it the files with line ranges, suites or tests that caused it.
[[nodiscard]] std::string verdict_to_text(const model::GateVerdict& verdict, const TerminalOptions& options);

}  // namespace rh::reporters
