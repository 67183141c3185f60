// What a patch changes, and how much of it is covered: the result of joining git's own diff against the
// merge base with coverage of the new side, and of the old side where that is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/coverage.h"

namespace rh::model {

enum class PatchFileKind { added, modified, renamed, copied, deleted, mode_changed, type_changed, submodule, binary };

// covered: hit, and no branch of it was missed. partial: hit, and at least one branch was not taken.
// no_data: the line holds no code, or the coverage data does not say.
enum class PatchLineState { covered, partial, uncovered, no_data };

struct PatchLine {
  std::uint32_t line = 0;  // on the new side
  PatchLineState state = PatchLineState::no_data;
  bool operator==(const PatchLine&) const = default;
};

struct PatchFile {
  std::string path;      // relative to the repository root
  std::string old_path;  // of a renamed or copied file
  PatchFileKind kind = PatchFileKind::modified;
  bool source = false;           // the kind of file that coverage is expected of
  bool measured = false;         // some report names it
  std::vector<PatchLine> lines;  // added or changed lines, sorted
  Ratio line_ratio;              // of the changed lines with data
  Ratio branch_ratio;            // of the branches on those lines
  std::uint64_t code_lines = 0;  // of the changed lines, those that hold more than blanks or a comment
  std::string note{};            // why lines have no data: "no report names it", "the coverage is of another text"
  bool operator==(const PatchFile&) const = default;
};

// The 12 categories of lcov 2 (genhtml --diff-file): old state to new state, where + is a new line and -
// a deleted one. U: uncovered, C: covered; L: lost, G: gained, B: baseline, N: new, I: included, E:
// excluded, D: deleted.
enum class DifferentialCategory { UNC, LBC, UIC, UBC, GBC, GIC, GNC, CBC, EUB, ECB, DUB, DCB };

struct Differential {
  std::uint64_t unc = 0, lbc = 0, uic = 0, ubc = 0, gbc = 0, gic = 0, gnc = 0, cbc = 0, eub = 0, ecb = 0, dub = 0,
                dcb = 0;
  [[nodiscard]] std::uint64_t& of(DifferentialCategory category) {
    constexpr std::uint64_t Differential::*kMembers[] = {&Differential::unc, &Differential::lbc, &Differential::uic,
                                                         &Differential::ubc, &Differential::gbc, &Differential::gic,
                                                         &Differential::gnc, &Differential::cbc, &Differential::eub,
                                                         &Differential::ecb, &Differential::dub, &Differential::dcb};
    return this->*kMembers[static_cast<std::size_t>(category)];
  }
  bool operator==(const Differential&) const = default;
};

struct PatchReport {
  std::string base;                                                // as the caller named it: "origin/main"
  std::string merge_base;                                          // full hash of the commit that is compared with
  std::string head;                                                // full hash
  bool dirty = false;                                              // the work tree's own changes are included
  std::vector<PatchFile> files;                                    // sorted by path
  Ratio lines, branches;                                           // sums over the files
  std::optional<Differential> line_categories, branch_categories;  // absent: coverage of the base is not known
  std::string categories_reason;                                   // why they are absent
  bool operator==(const PatchReport&) const = default;
};

}  // namespace rh::model
