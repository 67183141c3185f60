// A span of time as reports write it, in decimal digits: added up without rounding, so that ten times
// 0.1 is 1. Eighteen digits behind the point are kept; those behind them are dropped.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rh::collectors {

class ExactSeconds {
 public:
  constexpr ExactSeconds() = default;
  constexpr ExactSeconds(std::uint64_t seconds, std::uint64_t attoseconds)
      : seconds_(seconds), attoseconds_(attoseconds) {}
  [[nodiscard]] static ExactSeconds from(std::chrono::nanoseconds span);  // negative ones are zero

  ExactSeconds& operator+=(const ExactSeconds& other);
  auto operator<=>(const ExactSeconds&) const = default;

  [[nodiscard]] std::chrono::nanoseconds nanoseconds() const;  // rounded to the nearest
  [[nodiscard]] double seconds() const;                        // the nearest double
  [[nodiscard]] std::string text() const;                      // "12.345", all digits that there are

 private:
  std::uint64_t seconds_ = 0;
  std::uint64_t attoseconds_ = 0;  // below 10^18
};

struct ReportedTime {
  std::optional<ExactSeconds> value;
  bool negative = false;  // it was below zero and is given as zero
};

// Seconds as writers spell them: "1.5", "0.", "9.9e-05", "1,234.5", "1.234,5", "1,5", "3 s", "250ms".
// Several commas, or one before a point, part thousands; a comma alone is a decimal comma. Anything else,
// and more than a thousand million seconds: no value.
[[nodiscard]] ReportedTime parse_reported_time(std::string_view text);

}  // namespace rh::collectors
