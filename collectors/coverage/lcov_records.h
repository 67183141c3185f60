// What an LCOV record says besides its lines and branches: functions in two notations, and the producer's own sums.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {

// Functions of one record. FN and FNDA are tied by name, FNL and FNA by index. A name may be declared
// several times (methods of two classes): its counts belong to the declarations in order when there
// are as many of them, else their sum belongs to each. Views point into the file that is read.
class LcovFunctions {
 public:
  void declare(std::string_view name, std::uint32_t line) { declared_.push_back({name, line}); }
  void count(std::string_view name, std::uint64_t hits) { counted_.push_back({name, hits}); }
  void declare_index(std::string_view index, std::uint32_t line) { indexes_.push_back({index, line}); }
  void count_index(std::string_view index, std::string_view name, std::uint64_t hits) {
    aliases_.push_back({index, name, hits});
  }
  void move_to(FileBuilder& file);  // and forgets them

 private:
  struct Declared {
    std::string_view name;
    std::uint32_t line;
  };
  struct Counted {
    std::string_view name;
    std::uint64_t hits;
  };
  struct Alias {
    std::string_view index, name;
    std::uint64_t hits;
  };
  void pair_by_name(FileBuilder& file);
  void pair_by_index(FileBuilder& file);

  std::vector<Declared> declared_, indexes_;
  std::vector<Counted> counted_;
  std::vector<Alias> aliases_;
};

// LF and LH, BRF and BRH or FNF and FNH, and their sum over the records. It is void once a record lacks it.
class LcovRatio {
 public:
  void found(std::string_view text);
  void hit(std::string_view text);
  // Ends a record; true when it declared something else than `counted`. `usable`: it may be added up.
  bool end_record(bool usable, const std::optional<model::Ratio>& counted);
  [[nodiscard]] std::optional<model::Ratio> sum() const { return whole_ ? std::optional(sum_) : std::nullopt; }

 private:
  std::optional<std::uint64_t> found_, hit_;
  model::Ratio sum_;
  bool whole_ = true;
};

// The producer's own totals. llvm-cov counts a line once for each function that it makes of it, and a function once for
// all that it lists of it (one for each crate that was built), so its totals are not those of the distinct lines and
// names. They are void when a file has two records.
class LcovTotals {
 public:
  LcovRatio lines, branches, functions;

  void end_record(const model::CoverageFile& file);
  [[nodiscard]] std::optional<model::CoverageTotals> declared() const;
  [[nodiscard]] std::size_t mismatches() const {
    return mismatches_;
  }  // records whose sums are not those of their data
  [[nodiscard]] const std::string& first_mismatch() const { return first_mismatch_; }

 private:
  std::unordered_set<std::string> paths_;
  std::size_t mismatches_ = 0;
  std::string first_mismatch_;  // its path
};

}  // namespace rh::collectors
