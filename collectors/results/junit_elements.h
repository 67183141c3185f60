// The elements of a JUnit report that mean something; all others are ignored.
#pragma once

#include <string_view>

#include "collectors/results/junit_case.h"

namespace rh::collectors {

enum class JunitElement { suites, suite, test, problem, out, err, stack_trace, other };

struct JunitElementName {
  std::string_view name;
  JunitElement element;
  JunitProblemKind problem = JunitProblemKind::failure;
};

constexpr JunitElementName kJunitElements[] = {
    {"testcase", JunitElement::test},
    {"system-out", JunitElement::out},
    {"system-err", JunitElement::err},
    {"failure", JunitElement::problem, JunitProblemKind::failure},
    {"error", JunitElement::problem, JunitProblemKind::error},
    {"skipped", JunitElement::problem, JunitProblemKind::skipped},
    {"testsuite", JunitElement::suite},
    {"testsuites", JunitElement::suites},
    {"flakyFailure", JunitElement::problem, JunitProblemKind::flaky},
    {"flakyError", JunitElement::problem, JunitProblemKind::flaky},
    {"rerunFailure", JunitElement::problem, JunitProblemKind::rerun},
    {"rerunError", JunitElement::problem, JunitProblemKind::rerun},
    {"stackTrace", JunitElement::stack_trace},
};

[[nodiscard]] constexpr JunitElementName known_element(std::string_view name) {
  for (const JunitElementName& each : kJunitElements)
    if (each.name == name) return each;
  return {name, JunitElement::other};
}

}  // namespace rh::collectors
