#include "collectors/results/timestamp.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

// `count` digits at `at`, which moves behind them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool skip(std::string_view text, std::size_t& at, std::string_view one_of) {
  if (at >= text.size() || one_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

// ".123456789": more than nine digits are read and ignored.
std::optional<std::int64_t> fraction(std::string_view text, std::size_t& at) {
  if (!skip(text, at, ".,")) return 0;
  std::int64_t nanoseconds = 0, unit = 100'000'000;
  const std::size_t begin = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    nanoseconds += unit * (text[at] - '0');
    unit /= 10;
  }
  if (at == begin) return std::nullopt;
  return nanoseconds;
}

std::optional<std::chrono::minutes> offset(std::string_view text, std::size_t& at) {
  if (skip(text, at, "Zz")) return std::chrono::minutes(0);
  const bool west = at < text.size() && text[at] == '-';
  if (!skip(text, at, "+-")) return std::nullopt;
  const auto hours = digits(text, at, 2);
  if (!hours || !skip(text, at, ":")) return std::nullopt;
  const auto minutes = digits(text, at, 2);
  if (!minutes) return std::nullopt;
  const std::chrono::minutes total(*hours * 60 + *minutes);
  return west ? -total : total;
}

// The same as reports have it: " UTC", "+0100", "+01" as well.
std::optional<std::chrono::minutes> loose_offset(std::string_view text) {
  text = trim(text);
  if (is_one_of(text, {"Z", "z", "UTC", "GMT", "UT"})) return std::chrono::minutes(0);
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::size_t at = 1;
  const auto hours = digits(text, at, 2);
  (void)skip(text, at, ":");
  const auto minutes = at == text.size() ? std::optional(0) : digits(text, at, 2);
  if (!hours || !minutes || at != text.size() || *hours > 14 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes total(*hours * 60 + *minutes);
  return text[0] == '-' ? -total : total;
}

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t nanoseconds = 0;

  // Without zone.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> value() const {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1970 || year > 2260 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + std::chrono::nanoseconds(nanoseconds);
  }
};

// "12:34:56.5" at `at`.
bool read_clock(std::string_view text, std::size_t& at, Moment& moment) {
  const auto hour = digits(text, at, 2);
  if (!hour || !skip(text, at, ":")) return false;
  const auto minute = digits(text, at, 2);
  if (!minute || !skip(text, at, ":")) return false;
  const auto second = digits(text, at, 2);
  if (!second) return false;
  const auto rest = fraction(text, at);
  if (!rest) return false;
  moment.hour = *hour, moment.minute = *minute, moment.second = *second, moment.nanoseconds = *rest;
  return true;
}

// "2026-03-01" at `at`.
bool read_date(std::string_view text, std::size_t& at, Moment& moment) {
  const auto year = digits(text, at, 4);
  if (!year || !skip(text, at, "-")) return false;
  const auto month = digits(text, at, 2);
  if (!month || !skip(text, at, "-")) return false;
  const auto day = digits(text, at, 2);
  if (!day) return false;
  moment.year = *year, moment.month = *month, moment.day = *day;
  return true;
}

// "Sun, 01 Mar 2026" at `at`.
bool read_mail_date(std::string_view text, std::size_t& at, Moment& moment) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t comma = text.find(", ");
  if (comma == std::string_view::npos || comma > 9) return false;
  at = comma + 2;
  const std::size_t length = at + 1 < text.size() && text[at + 1] == ' ' ? 1 : 2;
  const auto day = digits(text, at, length);
  if (!day || !skip(text, at, " ") || text.size() < at + 3) return false;
  const std::size_t month = kMonths.find(text.substr(at, 3));
  at += 3;
  if (month == std::string_view::npos || month % 3 != 0 || !skip(text, at, " ")) return false;
  const auto year = digits(text, at, 4);
  if (!year) return false;
  moment.year = *year, moment.month = static_cast<int>(month / 3) + 1, moment.day = *day;
  return true;
}

// "1772368496", "1772368496.25", "1772368496123"
std::optional<std::chrono::nanoseconds> epoch_time(std::string_view text) {
  constexpr std::uint64_t kFirstMilliseconds = 100'000'000'000;  // as seconds this would be the year 5138
  const std::size_t point = text.find('.');
  const auto whole = parse_u64(text.substr(0, point));
  if (!whole || *whole < 100'000'000) return std::nullopt;
  if (point == std::string_view::npos && *whole >= kFirstMilliseconds)
    return *whole < kFirstMilliseconds * 100 ? std::optional(std::chrono::milliseconds(*whole)) : std::nullopt;
  std::size_t at = std::min(point, text.size());
  const auto rest = fraction(text, at);
  if (!rest || at != text.size() || *whole >= 9'000'000'000U) return std::nullopt;
  return std::chrono::seconds(*whole) + std::chrono::nanoseconds(*rest);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_rfc3339(std::string_view text) {
  Moment moment;
  std::size_t at = 0;
  if (!read_date(text, at, moment) || !skip(text, at, "Tt ") || !read_clock(text, at, moment)) return std::nullopt;
  const auto zone = offset(text, at);
  const auto value = moment.value();
  if (!zone || !value || at != text.size()) return std::nullopt;
  return *value - *zone;
}

std::optional<std::chrono::nanoseconds> parse_report_time(std::string_view text) {
  text = trim(text);
  if (const auto since_epoch = epoch_time(text)) return since_epoch;
  Moment moment;
  std::size_t at = 0;
  if (!read_date(text, at, moment)) {
    at = 0;
    if (!read_mail_date(text, at, moment)) return std::nullopt;
  }
  (void)skip(text, at, "Tt");
  while (skip(text, at, " ")) {
  }
  if (!read_clock(text, at, moment)) return std::nullopt;
  const auto zone = loose_offset(text.substr(at));
  const auto value = moment.value();
  if (!zone || !value) return std::nullopt;
  return *value - *zone;
}

}  // namespace rh::collectors
