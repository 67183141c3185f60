// The caller's arguments behind "--" as `cargo test` would read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::adapters {

struct CargoTestArguments {
  std::vector<std::string> build;     // features, profile, target...: they concern every cargo command of the run
  std::vector<std::string> packages;  // -p, --exclude, --workspace
  std::vector<std::string> targets;   // --lib, --test NAME, --tests...
  std::vector<std::string> program;   // TESTNAME and what follows a second "--": for the test programs
  bool only_doctests = false;         // --doc
};

[[nodiscard]] CargoTestArguments split_cargo_test_arguments(const std::vector<std::string>& arguments);

}  // namespace rh::adapters
