// Where pytest suites are: folders with a pytest configuration, Python projects with tests, and
// plain folders of test files.
#pragma once

#include <string>
#include <vector>

#include "runner/model/diagnostic.h"
#include "runner/model/repository.h"

namespace rh::adapters {

struct PytestRoot {
  std::string folder;               // relative to the repository, "." for its root
  std::string reason;               // "pytest.ini", "tests/test_a.py holds tests"
  std::vector<std::string> nested;  // roots inside of it, relative to it: they run apart
};

// Sorted by folder.
[[nodiscard]] std::vector<PytestRoot> find_pytest_roots(const model::Repository& repository,
                                                        std::vector<model::Diagnostic>& diagnostics);

}  // namespace rh::adapters
