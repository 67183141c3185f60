// The elements of a JUnit report that mean something; all others are transparent.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/results/junit_signs.h"

namespace rh::collectors {

enum class JunitElement : std::uint8_t { suites, suite, test, problem, out, err, stack_trace, other };

struct JunitElementName {
  std::string_view name;
  JunitElement element;
  JunitProblemKind problem = JunitProblemKind::failure;
};

// The most frequent ones first.
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
    {"", JunitElement::other},
};
constexpr std::uint8_t kOtherElement = sizeof(kJunitElements) / sizeof(kJunitElements[0]) - 1;

// Index into kJunitElements; kOtherElement for every other name.
[[nodiscard]] constexpr std::uint8_t known_element(std::string_view name) {
  for (std::uint8_t index = 0; index < kOtherElement; ++index)
    if (kJunitElements[index].name == name) return index;
  return kOtherElement;
}

}  // namespace rh::collectors
