// Identities are small struct types, so that a suite's id cannot be passed where a test's is meant.
#pragma once

#include <compare>
#include <string>

namespace rh::model {

struct RunId {
  std::string value;  // UUIDv7, so that run directories sort by time
  auto operator<=>(const RunId&) const = default;
};

struct SuiteId {
  std::string value;  // "<root>:<runner>", e.g. "packages/web:vitest"; root "." is the repository
  auto operator<=>(const SuiteId&) const = default;
};

// Stable across runs: suite, file and full title; "#2", "#3"... for later tests of the same name.
struct TestId {
  std::string value;  // "<suite>::<file>::<name>[#n]"
  auto operator<=>(const TestId&) const = default;
};

}  // namespace rh::model
