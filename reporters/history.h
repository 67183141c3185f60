// The two forms of what `history` is asked for: for scripts, and for the person at the terminal.
#pragma once

#include <string>
#include <vector>

#include "reporters/reporter.h"
#include "runner/model/history.h"

namespace rh::reporters {

// Format of all documents: docs/formats/history.md.
[[nodiscard]] std::string runs_to_json(const std::vector<model::StoredRun>& runs, const std::string& file);
[[nodiscard]] std::string run_to_json(const model::StoredRunDetails& details);
[[nodiscard]] std::string trend_to_json(const model::Trend& trend);
[[nodiscard]] std::string flaky_to_json(const std::vector<model::FlakyTest>& tests, std::uint64_t window);
[[nodiscard]] std::string pruned_to_json(const model::Pruned& pruned);
[[nodiscard]] std::string quarantine_to_json(const std::vector<model::QuarantineRow>& rows, const std::string& file);

struct HistoryTextOptions {
  TerminalOptions terminal;
  bool unicode = true;  // sparklines of block elements, else of ASCII characters
};

[[nodiscard]] std::string runs_to_text(const std::vector<model::StoredRun>& runs, const HistoryTextOptions& options);
[[nodiscard]] std::string run_to_text(const model::StoredRunDetails& details, const HistoryTextOptions& options);
[[nodiscard]] std::string trend_to_text(const model::Trend& trend, const HistoryTextOptions& options);
[[nodiscard]] std::string flaky_to_text(const std::vector<model::FlakyTest>& tests, std::uint64_t window,
                                        const HistoryTextOptions& options);
[[nodiscard]] std::string pruned_to_text(const model::Pruned& pruned);
[[nodiscard]] std::string quarantine_to_text(const std::vector<model::QuarantineRow>& rows,
                                             const HistoryTextOptions& options);

// A character for each value, the lowest of them the lowest block; a gap where there is no value. All equal:
// all in the middle.
[[nodiscard]] std::string sparkline(const std::vector<std::optional<double>>& values, bool unicode);

}  // namespace rh::reporters
