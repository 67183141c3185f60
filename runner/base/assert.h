// RH_ASSERT stops the program on a programmer's mistake, in release builds too. Expected trouble
// (bad input, a kernel that refuses) is a Result, never an assertion.
#pragma once

namespace rh {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace rh

#define RH_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::rh::assertion_failed(#expression, __FILE__, __LINE__))
