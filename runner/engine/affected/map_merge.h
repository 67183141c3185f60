// Joins what a run measured with what was known before it. A run of some tests must not lose what is known of the
// others, nor forget that a change has not been tested yet.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "runner/engine/affected/import_graph.h"
#include "runner/engine/test_map_store.h"

namespace rh::engine {

struct MergeInput {
  const StoredMap& before;
  StoredMap fresh;                          // of this run: map, tests that ran, files as they are now
  const std::set<std::string>& unaffected;  // ids of tests of `before` that no change reaches
  bool complete = false;                    // what did not run is no more, unless it is unaffected
  TextOf text;                              // of a file as it is now
  TextOf stored_text;                       // of a blob id
};

[[nodiscard]] StoredMap merge_test_maps(MergeInput input);

}  // namespace rh::engine
