// Which tests a change can reach, by the newest test map: a pure function of the map, of what the repository holds now
// and of the texts of changed files. What no rule explains makes all tests run, and the answer names the cause.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runner/engine/affected/import_graph.h"
#include "runner/engine/affected/snapshot.h"
#include "runner/engine/test_map_store.h"
#include "runner/model/test_selection.h"

namespace rh::engine {

struct SelectionInput {
  const StoredMap& stored;
  const Snapshot& now;
  const BaseSnapshot* base = nullptr;  // null: compared with what the map was measured on
  std::string suite;                   // its id
  std::string root;                    // of the suite, relative to the repository, "." for the root itself
  std::string ecosystem, runner;
  std::string environment;                 // as StoredMap::environment, now
  std::set<std::string> other_roots = {};  // of nested suites, whose files do not concern this one
  TextOf text;                             // of a file as it is now
  TextOf stored_text;                      // of a blob id
};

struct Selected {
  model::TestSelection report;
  std::vector<std::string> left_out;  // as StepContext::left_out
};

constexpr std::size_t kMaxCauses = 20;

[[nodiscard]] Selected select_tests(const SelectionInput& input);

// All tests, for a reason.
[[nodiscard]] Selected select_all(std::string reason, std::vector<std::string> causes = {});

// The entry of the map that stands for a test of the results; nullopt: there is none.
[[nodiscard]] std::optional<std::uint32_t> entry_of(const model::TestMap& map, const std::string& test);

// "ran 12 of 480 tests: 9 reach changed lines, 2 are new, 1 failed before"
[[nodiscard]] std::string summary_of(const model::TestSelection& selection);

}  // namespace rh::engine
