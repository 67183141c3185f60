// What the name of a changed file says about the tests that it may concern. docs/test-selection.md has the table.
#pragma once

#include <string>
#include <string_view>

namespace rh::engine {

enum class PathRole {
  nobody,         // documentation, CI, editors: no test reads it
  configuration,  // of tools, dependencies, fixtures: every test of the suite
  test_file,
  source,  // of the suite's own language
  other,   // data, another language: nothing tells who reads it
};

// `ecosystem`: "pytest", "npm", "go", "cargo".
[[nodiscard]] PathRole role_of(std::string_view path, std::string_view ecosystem);

}  // namespace rh::engine
