// Gathers the records of one source file in any order and makes a sorted CoverageFile of them.
// Counts of records with the same key add up with saturation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/coverage.h"

namespace rh::collectors {

[[nodiscard]] constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// "never evaluated" + "never evaluated" stays so; with a count it becomes that count.
[[nodiscard]] std::optional<std::uint64_t> add_taken(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b);

// Bytes that are no UTF-8 are read as windows-1252, which is what producers write where it is not UTF-8.
[[nodiscard]] std::string source_text(std::string_view written);
// Separators as '/', valid UTF-8: the form in which paths are compared and reported.
[[nodiscard]] std::string source_path(std::string_view written);

// A count as producers write it. Negative, fractional and too large values exist in the wild: they
// are clamped and `clamped` says so; nullopt for what is no number.
struct ReadCount {
  std::uint64_t value = 0;
  bool clamped = false;
};
[[nodiscard]] std::optional<ReadCount> read_count(std::string_view text);
[[nodiscard]] std::optional<ReadCount> count_from(double number);
// 1-based line number; nullopt for anything else, 0 included.
[[nodiscard]] std::optional<std::uint32_t> read_line_number(std::string_view text);

class FileBuilder {
 public:
  explicit FileBuilder(std::string path) { file_.path = std::move(path); }

  void line(std::uint32_t line, std::uint64_t hits) { file_.lines.push_back({line, hits}); }
  void branch(model::BranchHits branch) { file_.branches.push_back(std::move(branch)); }
  [[nodiscard]] model::BranchHits& add_branch() { return file_.branches.emplace_back(); }  // to be filled in at once
  void function(model::FunctionHits function) { file_.functions.push_back(std::move(function)); }
  void block(const model::BlockHits& block) { file_.blocks.push_back(block); }
  void region(const model::BlockHits& region) { file_.regions.push_back(region); }
  void checksum(std::uint32_t line, std::string_view written);  // of the line's text, as the format has it
  void reserve(std::size_t lines) { file_.lines.reserve(lines); }
  [[nodiscard]] model::CoverageFile finish() &&;
  // The same, in memory of exactly its size; the builder is empty then and serves the file `next`.
  [[nodiscard]] model::CoverageFile take(std::string next = {});

 private:
  void fold();

  model::CoverageFile file_;
};

// Sorted by path; records of the same path and text are merged.
[[nodiscard]] std::vector<model::CoverageFile> gather_files(std::vector<model::CoverageFile> files);

[[nodiscard]] bool holds_no_line(const std::vector<model::CoverageFile>& files);

}  // namespace rh::collectors
