// Joins the branches of one file. Kept apart from merge.cpp because it is the only rule that looks at more than one
// record.
#pragma once

#include <vector>

#include "runner/model/coverage.h"

namespace rh::collectors {

// Both sorted by line, block and branch. Blocks are matched by the line and by the set of their branches, not by their
// number: V8 numbers blocks by what happened to run, and another compiler or configuration may give a line other
// branches. Blocks of the same set are matched by rank; blocks that only one side has are kept. Numbers are given anew
// from that order, which makes the result independent of who came first. `divergent` is set when both sides have
// decisions on a line that are not the same ones.
[[nodiscard]] std::vector<model::BranchHits> join_branches(std::vector<model::BranchHits> a,
                                                           std::vector<model::BranchHits> b, bool& divergent);

}  // namespace rh::collectors
