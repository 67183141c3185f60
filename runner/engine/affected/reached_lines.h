// Reads the files in which runners leave what each test reached (docs/test-selection.md), and makes a test map of them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "runner/base/redact.h"
#include "runner/model/diagnostic.h"
#include "runner/model/step.h"
#include "runner/model/test_map.h"

namespace rh::engine {

struct Reached {
  model::TestMap map;                 // source_hash is not filled in
  std::vector<model::TestId> opaque;  // sorted: started other programs
};

constexpr std::uint64_t kMaxReachedBytes = 1ULL << 30;  // of one file
constexpr std::size_t kMaxReachedRanges = 20'000'000;   // of one suite

struct ReachedContext {
  model::SuiteId suite;
  std::filesystem::path repository_root;
  std::vector<std::filesystem::path> folders;  // where the suite may write; no link below them is followed
  const Secrets* secrets = nullptr;            // taken out of names; may be null
};

// Trouble becomes a diagnostic and the map's reason. Paths outside of the repository are dropped.
[[nodiscard]] Reached read_reached(const std::vector<model::TestMapSource>& sources, const ReachedContext& context,
                                   const std::function<void(model::Diagnostic)>& note);

// Sorted, disjoint, not touching.
void normalize(std::vector<model::LineRange>& lines);

}  // namespace rh::engine
