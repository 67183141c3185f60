#include "collectors/results/exact_seconds.h"

#include <algorithm>

#include <fmt/format.h>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::uint64_t kAtto = 1'000'000'000'000'000'000U;
constexpr std::uint64_t kAttoPerNano = 1'000'000'000U;
constexpr std::size_t kMaxText = 64;
constexpr int kSecondDigits = 10, kAttoDigits = 18;
constexpr std::uint64_t kMaxSeconds = 1'000'000'000U;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The separator that parts whole seconds from their fraction; npos when there is none.
std::size_t find_point(std::string_view text) {
  const std::size_t dot = text.rfind('.'), comma = text.rfind(',');
  if (comma == std::string_view::npos) return dot;
  const bool several_commas = text.find(',') != comma;
  if (dot == std::string_view::npos) return several_commas ? dot : comma;
  return dot > comma || several_commas ? dot : comma;
}

struct Digits {
  char digits[kMaxText];
  int count = 0;
  int whole = 0;  // how many of them stand before the point
};

// "1,234.5": false when something else is among the digits. What parts thousands is not what is the
// point; points do it in groups of three only, or "1.2.3" would be a number.
bool read_mantissa(std::string_view text, Digits& into) {
  const std::size_t point = find_point(text);
  const bool comma_is_point = point != std::string_view::npos && text[point] == ',';
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_digit(text[at]))
      into.digits[into.count++] = text[at];
    else if (at == point)
      into.whole = into.count;
    else if (at > point || text[at] != (comma_is_point ? '.' : ',') || (comma_is_point && (point - at) % 4 != 0))
      return false;
  }
  if (point == std::string_view::npos) into.whole = into.count;
  return into.count > 0;
}

// `count` decimal places from place `first` on, in the digits as if zeros went on at both sides.
std::uint64_t places(const Digits& digits, int first, int count) {
  std::uint64_t value = 0;
  for (int at = first; at < first + count; ++at)
    value = value * 10 + (at >= 0 && at < digits.count ? static_cast<std::uint64_t>(digits.digits[at] - '0') : 0);
  return value;
}

// What stands behind 'e', taken off `text`; nullopt when it is no number.
std::optional<int> take_exponent(std::string_view& text) {
  const std::size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return 0;
  std::string_view digits = text.substr(at + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto value = parse_i64(digits);
  if (!value || *value < -400 || *value > 400) return std::nullopt;
  text = text.substr(0, at);
  return static_cast<int>(*value);
}

// Takes the unit off; the power of ten that it stands for.
int take_unit(std::string_view& text) {
  int power = 0;
  if (text.ends_with("ms"))
    power = -3;
  else if (!text.ends_with('s'))
    return 0;
  text.remove_suffix(power == 0 ? 1 : 2);
  text = trim(text);
  return power;
}

// The usual form, digits with a point among them, up to 18 in all.
std::optional<ExactSeconds> parse_plain(std::string_view text) {
  constexpr std::size_t kMost = 18;
  static constexpr std::uint64_t kPowers[] = {1,
                                              10,
                                              100,
                                              1'000,
                                              10'000,
                                              100'000,
                                              1'000'000,
                                              10'000'000,
                                              100'000'000,
                                              1'000'000'000,
                                              10'000'000'000,
                                              100'000'000'000,
                                              1'000'000'000'000,
                                              10'000'000'000'000,
                                              100'000'000'000'000,
                                              1'000'000'000'000'000,
                                              10'000'000'000'000'000,
                                              100'000'000'000'000'000,
                                              1'000'000'000'000'000'000};
  if (text.empty() || text.size() > kMost) return std::nullopt;
  std::size_t at = 0;
  std::uint64_t whole = 0, fraction = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) whole = whole * 10 + static_cast<std::uint64_t>(text[at] - '0');
  if (at == 0 || whole >= kMaxSeconds) return std::nullopt;
  if (at == text.size()) return ExactSeconds(whole, 0);
  if (text[at++] != '.') return std::nullopt;
  const std::size_t begin = at;
  for (; at < text.size() && is_digit(text[at]); ++at)
    fraction = fraction * 10 + static_cast<std::uint64_t>(text[at] - '0');
  if (at != text.size()) return std::nullopt;
  return ExactSeconds(whole, fraction * kPowers[kMost - (at - begin)]);
}

}  // namespace

ExactSeconds ExactSeconds::from(std::chrono::nanoseconds span) {
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
  return {count / kAttoPerNano, count % kAttoPerNano * kAttoPerNano};
}

ExactSeconds& ExactSeconds::operator+=(const ExactSeconds& other) {
  seconds_ += other.seconds_;
  attoseconds_ += other.attoseconds_;
  if (attoseconds_ >= kAtto) {
    attoseconds_ -= kAtto;
    ++seconds_;
  }
  return *this;
}

std::chrono::nanoseconds ExactSeconds::nanoseconds() const {
  constexpr std::uint64_t kMost = 9'000'000'000U;  // what 63 bits of nanoseconds hold
  return std::chrono::seconds(std::min(seconds_, kMost)) +
         std::chrono::nanoseconds((attoseconds_ + kAttoPerNano / 2) / kAttoPerNano);
}

double ExactSeconds::seconds() const { return parse_double(text()).value_or(0); }

std::string ExactSeconds::text() const {
  if (attoseconds_ == 0) return fmt::to_string(seconds_);
  std::string digits = fmt::format("{}.{:018}", seconds_, attoseconds_);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

ReportedTime parse_reported_time(std::string_view text) {
  if (const auto plain = parse_plain(text)) return {plain, false};
  text = trim(text);
  if (text.size() > kMaxText) return {};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int unit = take_unit(text);
  const auto exponent = take_exponent(text);
  Digits digits;
  if (!exponent || !read_mantissa(text, digits)) return {};
  const int point = digits.whole + *exponent + unit;
  // Anything but zero beyond the places of the largest value.
  for (int at = 0; at < std::min(point - kSecondDigits, digits.count); ++at)
    if (digits.digits[at] != '0') return {};
  const std::uint64_t seconds = places(digits, point - kSecondDigits, kSecondDigits);
  const std::uint64_t attoseconds = places(digits, point, kAttoDigits);
  if (seconds > kMaxSeconds) return {};
  if (negative) return {ExactSeconds(), seconds + attoseconds > 0};
  return {ExactSeconds(seconds, attoseconds), false};
}

}  // namespace rh::collectors
