// Loops over bytes that the speed of reading hangs on, sixteen at a time where the processor can.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rh::collectors {

// The first of `quote`, '<' and '&' in [at, end); `end` when there is none.
inline const char* find_value_stop(const char* at, const char* end, char quote) {
#ifdef __SSE2__
  const __m128i quotes = _mm_set1_epi8(quote), opening = _mm_set1_epi8('<'), reference = _mm_set1_epi8('&');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, opening), _mm_cmpeq_epi8(bytes, reference)));
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0)
      return at + std::countr_zero(mask);
  }
#endif
  while (at < end && *at != quote && *at != '<' && *at != '&') ++at;
  return at;
}

inline std::uint64_t count_newlines(std::string_view text) {
  std::uint64_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
#ifdef __SSE2__
  const __m128i newline = _mm_set1_epi8('\n');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    count +=
        static_cast<unsigned>(std::popcount(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline)))));
  }
#endif
  for (; at < end; ++at) count += *at == '\n';
  return count;
}

}  // namespace rh::collectors
