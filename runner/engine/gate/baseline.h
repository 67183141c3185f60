// The committed baseline of the ratchet rules, runharness.baseline.json: what is not covered, file by file,
// how many tests there are, how long they take and how much memory they need. Made to be reviewed: sorted,
// one line per file, suite or test, and no figure that changes from run to run without a reason.
// docs/formats/baseline.md describes the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/report.h"

namespace rh::engine {

constexpr std::string_view kBaselineFile = "runharness.baseline.json";
constexpr unsigned kBaselineVersion = 1;

using UncoveredCounts = std::map<std::string, std::uint64_t, std::less<>>;  // metric -> how many are not covered

struct BaselineFigures {
  std::optional<std::uint64_t> tests;  // of a suite: how many ran
  std::optional<std::chrono::milliseconds> wall, cpu;
  std::optional<std::uint64_t> peak_memory_bytes;
  bool operator==(const BaselineFigures&) const = default;
};

struct Baseline {
  std::map<std::string, UncoveredCounts> files;   // by path
  std::map<std::string, BaselineFigures> suites;  // by suite id
  std::map<std::string, BaselineFigures> tests;   // by test id: the slow and the large ones only
  bool operator==(const Baseline&) const = default;
};

// A test is kept when it takes this long or this much: below it figures are noise.
constexpr std::chrono::milliseconds kSlowTest{1000};
constexpr std::uint64_t kLargeTest = 64ULL << 20;
constexpr std::size_t kMaxBaselineTests = 1000;  // the slowest

// Two significant digits, rounded up: at least 100 ms, whole MiB.
[[nodiscard]] std::chrono::milliseconds round_up(std::chrono::nanoseconds span);
[[nodiscard]] std::uint64_t round_up_bytes(std::uint64_t bytes);

struct BaselineSource {
  const model::RunReport& report;
  const Baseline* previous = nullptr;
  std::function<bool(const std::string& path)> source_exists = {};  // empty: not known
  bool prune = false;                                               // what the report does not have goes
};
struct NewBaseline {
  Baseline baseline;
  std::uint64_t kept = 0;  // files, suites and tests of `previous` that the report does not have
};
// What the report says, rounded. A duration or peak that moved by no more than a quarter is left as it is. Suites and
// tests that the report does not have stay, and so do files that the repository still has: a run of some suites is no
// reason to forget the others.
[[nodiscard]] NewBaseline make_baseline(const BaselineSource& source);

[[nodiscard]] std::string encode_baseline(const Baseline& baseline);
[[nodiscard]] Result<Baseline> decode_baseline(std::string_view text, const std::string& subject);
// A missing file is an error of kind not_found.
[[nodiscard]] Result<Baseline> read_baseline(const std::filesystem::path& file);

struct BaselineChange {
  std::string what;           // "src/a.py", "api:pytest"
  std::string figure;         // "lines", "wall"
  std::string before, after;  // empty: it is not there
  bool worse = false;
};
// What differs, worse first.
[[nodiscard]] std::vector<BaselineChange> compare_baselines(const Baseline& before, const Baseline& after);

}  // namespace rh::engine
