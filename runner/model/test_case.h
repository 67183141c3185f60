// A test case as its runner knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runner/model/ids.h"

namespace rh::model {

enum class TestKind {
  test,     // what the native runner counts as a test
  subtest,  // a part that the native runner counts apart (pytest subtests)
};

struct TestCase {
  TestId id;                          // filled by the engine
  SuiteId suite;                      // filled by the engine
  std::string file;                   // relative to the suite root where known, else empty
  std::optional<std::uint32_t> line;  // 1-based
  std::string classname;              // JUnit's classname: module, class, package, crate target or describe path
  std::string name;                   // full title within file/classname, as the runner's own filter takes it
  std::string parent;                 // name of the enclosing test (Go subtests, pytest subtests), else empty
  TestKind kind = TestKind::test;
};

}  // namespace rh::model
