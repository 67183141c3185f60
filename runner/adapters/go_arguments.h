// The caller's arguments behind "--" as `go test` would read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::adapters {

struct GoTestArguments {
  std::vector<std::string> flags;     // of go test, with their values
  std::vector<std::string> packages;  // empty: all of the module
  std::vector<std::string> binary;    // behind -args

  // "-race" and "--race" and "-race=true" all name "race".
  [[nodiscard]] bool has(std::string_view flag) const;
};

[[nodiscard]] GoTestArguments split_go_test_arguments(const std::vector<std::string>& arguments);

}  // namespace rh::adapters
