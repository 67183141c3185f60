#include "collectors/results/timestamp.h"

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

}  // namespace

std::optional<std::chrono::nanoseconds> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto year = digits(text, at, 4);
  if (!year || *year < 1970 || *year > 2260 || !skip(text, at, "-")) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !skip(text, at, "-")) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day || !skip(text, at, "Tt ")) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || !skip(text, at, ":")) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || !skip(text, at, ":")) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto nanoseconds = fraction(text, at);
  if (!nanoseconds) return std::nullopt;
  const auto zone = offset(text, at);
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!zone || at != text.size() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::nanoseconds(*nanoseconds) - *zone;
}

}  // namespace rh::collectors
