// What a reader said about an input, one line per event, so that tests compare plain text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/reader.h"

namespace rh::collectors {

using MakeReader = std::unique_ptr<ResultReader> (*)(const ResultReaderOptions&, ResultSink);

struct Transcript {
  std::vector<model::ResultEvent> events;

  [[nodiscard]] std::vector<std::string> lines() const;
  // The ended test of that name (the last one), diagnostics of that code.
  [[nodiscard]] const model::TestEnded* ended(std::string_view name) const;
  [[nodiscard]] std::vector<model::Diagnostic> diagnostics(std::string_view code = {}) const;
  [[nodiscard]] std::size_t count_ended() const;
  // Began and not ended.
  [[nodiscard]] std::vector<std::string> open() const;
  [[nodiscard]] std::vector<model::RunnerFinished> finished() const;
};

// Feeds `text` in pieces of `piece` bytes; 0 = all at once.
Transcript transcribe(MakeReader make, std::string_view text, const ResultReaderOptions& options = {},
                      std::size_t piece = 0);

// The transcript, after checking that pieces of 1, 2, 3, 7 and 64 bytes give the same one.
Transcript transcribe_every_way(MakeReader make, std::string_view text, const ResultReaderOptions& options = {});

// Feeds damaged versions of `text` (bytes changed, removed, repeated, cut) and passes when every one
// of them ends. The seed is fixed; the work is bounded by `rounds`.
void survive_mutations(MakeReader make, std::string_view text, int rounds);

std::string read_data(std::string_view name);  // tests/unit/results/data/<name>

}  // namespace rh::collectors
