// The categories of lcov 2 (`genhtml --diff-file --baseline-file`): what became of every line and branch that either
// side has coverage data of. The table is that of lcov's documentation, by (old state, new state).
#pragma once

#include "runner/engine/patch/patch.h"

namespace rh::engine {

struct Differentials {
  model::Differential lines, branches;
  bool has_branches = false;  // either side has data of branches
};

// A line that the diff adds is new, one that it removes is deleted, also where both make an edited line; lines follow
// renames; a copy's lines are all new. Branches of a line are matched within blocks that have the same branches, in
// the order of the data; one that has no counterpart on an unchanged line is included (new side) or excluded (old
// side). Both reports are sorted by path.
[[nodiscard]] Differentials differential(const ChangedFiles& changes, const model::CoverageReport& head,
                                         const model::CoverageReport& base);

}  // namespace rh::engine
