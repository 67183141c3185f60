// The name of a test program in results, and the way back from it to cargo's options.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/adapters/cargo_messages.h"

namespace rh::adapters {

// "calc src/lib.rs", "calc tests/integration.rs", as cargo prints them; a target whose name or kind does not
// follow from its file has both behind it: "calc src/odd.rs (test odd-name)".
[[nodiscard]] std::string target_scope(const std::string& package, const CargoArtifact& artifact);
[[nodiscard]] std::string doctest_scope(const std::string& package);  // "calc doctests"

struct CargoSelection {
  std::string package;
  std::vector<std::string> options;  // "--lib", or "--test", "integration", or "--doc"
};

[[nodiscard]] std::optional<CargoSelection> parse_target_scope(std::string_view scope);

}  // namespace rh::adapters
