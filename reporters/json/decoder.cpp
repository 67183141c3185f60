#include "reporters/json/decoder.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::reporters {

void Decoder::stop(std::string problem) {
  if (problem_) return;
  std::string place;
  for (const Place& step : places_) {
    if (step.name.empty())
      place += fmt::format("[{}]", step.index);
    else
      place += fmt::format("{}{}", place.empty() ? "" : ".", step.name);
  }
  problem_ = place.empty() ? std::move(problem) : fmt::format("{}: {}", place, problem);
}

bool Decoder::expect(bool right, std::string_view expected) {
  if (!right) stop(fmt::format("expected {}", expected));
  return right;
}

std::int64_t Decoder::integer(const nlohmann::json& json, std::int64_t min, std::int64_t max) {
  if (!expect(json.is_number_integer(), "an integer")) return 0;
  const bool too_large = json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<std::uint64_t>(max);
  if (!expect(!too_large && json.get<std::int64_t>() >= min, fmt::format("an integer from {} to {}", min, max)))
    return 0;
  return json.get<std::int64_t>();
}

std::uint64_t Decoder::unsigned_integer(const nlohmann::json& json, std::uint64_t max) {
  const bool right = json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
  if (!expect(right, "an integer that is not negative")) return 0;
  const auto number = json.get<std::uint64_t>();
  return expect(number <= max, fmt::format("an integer up to {}", max)) ? number : 0;
}

void Decoder::text(const nlohmann::json& json, std::string& out) {
  if (expect(json.is_string(), "a text")) out = json.get_ref<const std::string&>();
}

// "2026-03-01T12:34:56.789Z", as to_rfc3339 writes it; the fraction may be absent.
void Decoder::time(const nlohmann::json& json, std::chrono::system_clock::time_point& out) {
  std::string written;
  text(json, written);
  if (problem_) return;
  const std::string_view stamp = written;
  const auto number = [&](std::size_t begin, std::size_t length) -> std::uint64_t {
    return stamp.size() < begin + length ? 99999 : parse_u64(stamp.substr(begin, length)).value_or(99999);
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const std::uint64_t hours = number(11, 2), minutes = number(14, 2), seconds = number(17, 2);
  const std::uint64_t milliseconds = stamp.size() > 20 ? number(20, 3) : 0;
  const bool right =
      day.ok() && hours < 24 && minutes < 60 && seconds < 61 && milliseconds < 1000 && stamp.ends_with('Z');
  if (!expect(right, "a time such as 2026-03-01T12:34:56.789Z")) return;
  out = std::chrono::sys_days(day) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
        std::chrono::seconds(seconds) + std::chrono::milliseconds(milliseconds);
}

void Decoder::text_map(const nlohmann::json& json, TextMap& out) {
  if (!is_map(json)) return;
  out.clear();
  for (const auto& [key, member] : json.items()) {
    places_.push_back({key, 0});
    text(member, out[key]);
    places_.pop_back();
    if (problem_) return;
  }
}

void Decoder::check(const model::TestRecord& record) { expect(!record.attempts.empty(), "at least one attempt"); }

void Decoder::check(const model::SampleSeries& series) {
  const std::size_t length = series.t_ns.size();
  expect(series.cpu_ns.size() == length && series.rss_bytes.size() == length && series.processes.size() == length &&
             series.threads.size() == length,
         "columns of equal length");
}

}  // namespace rh::reporters
