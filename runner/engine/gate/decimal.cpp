#include "runner/engine/gate/decimal.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t power_of_ten(unsigned exponent) {
  std::uint64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

Failure refuse(std::string_view text, std::string_view why) {
  return fail(ErrorKind::usage, fmt::format("read the percentage '{}': {}", text, why));
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `scaled` / 10^decimals, with all decimals written.
std::string written(Wide scaled, unsigned decimals) {
  const std::uint64_t scale = power_of_ten(decimals);
  return fmt::format("{}.{:0{}} %", static_cast<std::uint64_t>(scaled / scale),
                     static_cast<std::uint64_t>(scaled % scale), decimals);
}

unsigned decimals_for(const Decimal& target) { return std::max(2U, target.decimals); }

}  // namespace

Result<Decimal> parse_decimal_percent(std::string_view text, std::uint64_t most) {
  std::string_view rest = trim(text);
  if (!rest.empty() && rest.back() == '%') rest = trim(rest.substr(0, rest.size() - 1));
  if (rest.starts_with('-'))
    return refuse(text,
                  "it is negative; to allow a number of uncovered lines, use the rule "
                  "coverage.max_uncovered");
  const std::size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  std::string_view part = point == std::string_view::npos ? std::string_view() : rest.substr(point + 1);
  const std::string wanted = fmt::format("write 0 to {}, such as 80 or 79.95", most);
  if (!all_digits(whole) || (point != std::string_view::npos && !all_digits(part))) return refuse(text, wanted);
  while (part.ends_with('0')) part.remove_suffix(1);
  if (part.size() > kMaxDecimals) return refuse(text, fmt::format("more than {} decimals", kMaxDecimals));
  const auto units = parse_u64(whole);
  if (!units || *units > most || (*units == most && !part.empty())) return refuse(text, wanted);
  const auto decimals = static_cast<unsigned>(part.size());
  const std::uint64_t behind = part.empty() ? 0 : parse_u64(part).value_or(0);
  return Decimal{*units * power_of_ten(decimals) + behind, decimals};
}

std::string to_text(const Decimal& value) {
  const std::uint64_t scale = power_of_ten(value.decimals);
  if (value.decimals == 0) return fmt::format("{}", value.digits);
  return fmt::format("{}.{:0{}}", value.digits / scale, value.digits % scale, value.decimals);
}

std::string percent_of(const Decimal& value) { return to_text(value) + " %"; }

int compare(const Decimal& a, const Decimal& b) {
  const Wide left = Wide{a.digits} * power_of_ten(b.decimals), right = Wide{b.digits} * power_of_ten(a.decimals);
  return left < right ? -1 : left > right ? 1 : 0;
}

int compare_share(std::uint64_t part, std::uint64_t whole, const Decimal& percent) {
  const Wide left = Wide{part} * 100 * power_of_ten(percent.decimals), right = Wide{whole} * percent.digits;
  return left < right ? -1 : left > right ? 1 : 0;
}

bool reaches(const model::Ratio& ratio, const Decimal& percent) {
  return compare_share(ratio.hit, ratio.found, percent) >= 0;
}

// Rounding down to at least as many decimals as the target has settles both cases: a share below the target
// is below it in print as well, and one that reaches it does so in print.
std::string share_text(const model::Ratio& ratio, const Decimal& target) {
  const unsigned decimals = decimals_for(target);
  return written(Wide{ratio.hit} * 100 * power_of_ten(decimals) / ratio.found, decimals);
}

std::string share_text_up(const model::Ratio& ratio, const Decimal& target) {
  const unsigned decimals = decimals_for(target);
  const Wide scaled = Wide{ratio.hit} * 100 * power_of_ten(decimals);
  return written((scaled + ratio.found - 1) / ratio.found, decimals);
}

std::string share_text(const model::Ratio& ratio) { return share_text(ratio, Decimal{}); }

}  // namespace rh::engine
