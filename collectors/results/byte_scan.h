// Loops over bytes that the speed of reading hangs on, sixteen at a time where the processor can.
#pragma once

#include <algorithm>
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

#ifdef __SSE2__
// Sixty-four bytes at once: a bit for every quote, and one for every '<' and '&'.
struct QuoteBits {
  std::uint64_t quotes = 0, specials = 0;

  QuoteBits() = default;
  explicit QuoteBits(const char* at) {
    const __m128i quote = _mm_set1_epi8('"'), opening = _mm_set1_epi8('<'), reference = _mm_set1_epi8('&');
    for (int part = 0; part < 4; ++part) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * part));
      const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, opening), _mm_cmpeq_epi8(bytes, reference));
      quotes |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)))} << (16 * part);
      specials |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(special))} << (16 * part);
    }
  }
};
#endif

// How many letters stand at the head of [at, end), when there are at most fifteen of them and sixteen
// bytes can be looked at; else 0.
inline std::size_t count_letters(const char* at, const char* end) {
#ifdef __SSE2__
  if (end - at < 16) return 0;
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i below = _mm_cmpgt_epi8(_mm_set1_epi8('a'), lower), above = _mm_cmpgt_epi8(lower, _mm_set1_epi8('z'));
  const auto others = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(below, above)));
  return others == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(others));
#else
  (void)at, (void)end;
  return 0;
#endif
}

inline std::uint64_t count_newlines(std::string_view text) {
  std::uint64_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
#ifdef __SSE2__
  // Sixteen counters of a byte each, added up before one of them can overflow.
  constexpr std::ptrdiff_t kBlock = 255 * 16;
  const __m128i newline = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();
  while (end - at >= 16) {
    const char* const stop = at + std::min(kBlock, (end - at) / 16 * 16);
    __m128i counters = zero;
    for (; at < stop; at += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      counters = _mm_sub_epi8(counters, _mm_cmpeq_epi8(bytes, newline));
    }
    const __m128i sums = _mm_sad_epu8(counters, zero);
    count += static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums)) +
             static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
  }
#endif
  for (; at < end; ++at) count += *at == '\n' ? 1 : 0;
  return count;
}

}  // namespace rh::collectors
