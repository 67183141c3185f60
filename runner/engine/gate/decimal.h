// Percentages as exact decimals, and their comparison with ratios of counts: products of 128 bits, never a
// floating-point number, so that 79.995 % is below 80 % and prints like it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runner/base/result.h"
#include "runner/model/coverage.h"

namespace rh::engine {

// digits / 10^decimals: "79.995" is {79995, 3}. Normal form: no trailing zero behind the point.
struct Decimal {
  std::uint64_t digits = 0;
  unsigned decimals = 0;
  bool operator==(const Decimal&) const = default;
};

constexpr unsigned kMaxDecimals = 9;  // 2^64 * 100 * 10^9 stays below 2^128

// "80", "79.995", "80%", "80 %": 0 to `most` percent. An error says what is wrong with the text.
[[nodiscard]] Result<Decimal> parse_decimal_percent(std::string_view text, std::uint64_t most = 100);
[[nodiscard]] std::string to_text(const Decimal& value);        // "79.995"
[[nodiscard]] std::string percent_of(const Decimal& value);     // "79.995 %"
[[nodiscard]] int compare(const Decimal& a, const Decimal& b);  // -1, 0, 1

// part / whole against `percent`: -1 below, 0 equal, 1 above. `whole` must not be 0.
[[nodiscard]] int compare_share(std::uint64_t part, std::uint64_t whole, const Decimal& percent);
// hit / found is at least `percent`. `found` must not be 0.
[[nodiscard]] bool reaches(const model::Ratio& ratio, const Decimal& percent);

// The share as text, rounded down with two decimals or as many as `target` has: what is below the target
// prints below it, what reaches it prints so, and "100.00 %" is only ever all of it.
[[nodiscard]] std::string share_text(const model::Ratio& ratio, const Decimal& target);
// The same for a share that must not be above its target: rounded up.
[[nodiscard]] std::string share_text_up(const model::Ratio& ratio, const Decimal& target);
// Two decimals, rounded down.
[[nodiscard]] std::string share_text(const model::Ratio& ratio);

}  // namespace rh::engine
