// The data file of coverage.py (".coverage"): an SQLite database of what ran, by file and context. All schemas
// since 5.0: lines as numbers (1, 2), as bitmaps (3 to 7), jumps where branches were measured.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::collectors {

constexpr std::int64_t kMaxMeasuredLine = 10'000'000;
constexpr std::size_t kMaxMeasuredRecords = 200'000'000;  // lines and jumps of all files and contexts

struct MeasuredArc {
  std::uint32_t context = 0;
  std::int32_t from = 0, to = 0;  // negative: into or out of the code that begins on that line
};

struct MeasuredLine {
  std::uint32_t context = 0, line = 0;
};

struct MeasuredFile {
  std::string path;
  std::string tracer;  // the plugin that measured it; empty: coverage.py itself, so it is Python
  std::vector<MeasuredLine> lines;
  std::vector<MeasuredArc> arcs;
};

struct MeasuredData {
  bool has_arcs = false;
  std::string version;                // of coverage.py; may be empty
  std::vector<std::string> contexts;  // by the number that records have; "" is none
  std::vector<MeasuredFile> files;    // in the order of the database
  std::size_t damaged = 0;            // records that make no sense
  std::string problem;                // why not everything could be read
};

// Fails for what is no such database; a damaged one gives what can be read.
[[nodiscard]] Result<MeasuredData> read_coverage_py_sqlite(std::string_view bytes, const std::string& subject);

}  // namespace rh::collectors
