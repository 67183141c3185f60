#include "runner/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace rh {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "runharness: internal error: %s does not hold (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace rh
