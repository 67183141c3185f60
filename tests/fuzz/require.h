// What a fuzz target demands of its parser beyond not crashing. A broken promise aborts, which is what
// a fuzzer takes notice of.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "runner/base/text.h"

namespace rh::fuzz {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline void require_utf8(std::string_view text, const char* what) { require(to_valid_utf8(text) == text, what); }

}  // namespace rh::fuzz
