// What tests said, and what earlier runs of them did: read by the page when a test is opened.
#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "reporters/json/encoder.h"
#include "reporters/page/section.h"

namespace rh::reporters {
namespace {

// A browser lays out a line of this length in no time; what is longer than both parts loses its middle.
constexpr std::size_t kMaxTextHead = 96 * 1024;
constexpr std::size_t kMaxTextTail = 32 * 1024;

void shorten(std::string& text) {
  if (text.size() <= kMaxTextHead + kMaxTextTail) return;
  const std::string_view head = prefix_of(text, kMaxTextHead);
  std::size_t tail = text.size() - kMaxTextTail;
  while (tail < text.size() && (static_cast<unsigned char>(text[tail]) & 0xC0U) == 0x80U) ++tail;
  text = fmt::format("{}\n[{} bytes are left out here; report.json has them]\n{}", head, tail - head.size(),
                     text.substr(tail));
}

std::string evidence_of(const model::TestRecord& record, std::chrono::nanoseconds zero) {
  std::vector<model::Attempt> attempts = record.attempts;
  for (model::Attempt& attempt : attempts)
    for (std::string* text : {&attempt.message, &attempt.details, &attempt.standard_output, &attempt.standard_error})
      shorten(*text);
  JsonWriter writer(0);
  Encoder(writer, Density::full, zero).value(attempts);
  return writer.take();
}

int rank_of(const model::TestRecord& record) {
  return model::is_failure(record.outcome()) ? 0 : record.flaky() ? 1 : 2;
}

// One letter: outcomes in the order of the enumeration, and `k` for a pass after a failed attempt.
char letter_of(const model::PastResult& past) {
  constexpr std::string_view kLetters = "pfesxXctn";
  return past.flaky ? 'k' : kLetters[static_cast<std::size_t>(past.outcome)];
}

// One character for a duration, in steps of 12 %: U+0100 + 6 log2(ns); '-' when it is not known.
constexpr double kStepsPerOctave = 6;

std::string scale_of(const model::PastResult& past) {
  if (!past.duration || past.duration->count() < 0) return "-";
  const double ns = static_cast<double>(std::max<std::int64_t>(1, past.duration->count()));
  const auto point = 0x100U + static_cast<unsigned>(std::lround(kStepsPerOctave * std::log2(ns)));
  return {static_cast<char>(0xC0U | point >> 6), static_cast<char>(0x80U | (point & 0x3FU))};  // below U+0800
}

// Rows by rank, and in order of the report within one.
std::vector<std::size_t> rows_by_rank(const std::vector<TestPlace>& tests, bool (*wanted)(const model::TestRecord&)) {
  std::vector<std::size_t> rows;
  for (int rank = 0; rank <= 2; ++rank)
    for (std::size_t row = 0; row < tests.size(); ++row)
      if (rank_of(*tests[row].record) == rank && wanted(*tests[row].record)) rows.push_back(row);
  return rows;
}

// {"items": {"row": value, ...}, "left_out": n}
template <class Value>
void feed_rows(PageSection& section, const std::vector<std::size_t>& rows, Value value_of) {
  section.feed("{\"items\":{");
  std::size_t written = 0;
  for (; written < rows.size() && !section.full(); ++written)
    section.feed(fmt::format("{}\"{}\":{}", written == 0 ? "" : ",", rows[written], value_of(rows[written])));
  section.feed(fmt::format("}},\"left_out\":{}}}", rows.size() - written));
}

}  // namespace

void feed_evidence(PageSection& section, const model::RunReport& report, const std::vector<TestPlace>& tests) {
  feed_rows(section, rows_by_rank(tests, has_evidence),
            [&](std::size_t row) { return evidence_of(*tests[row].record, report.run.started); });
}

void feed_profiles(PageSection& section, const std::vector<TestPlace>& tests) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < tests.size(); ++row)
    if (tests[row].record->profile) rows.push_back(row);
  const auto duration = [&](std::size_t row) {
    return tests[row].record->attempts.back().duration.value_or(std::chrono::nanoseconds{});
  };
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return duration(a) > duration(b); });
  feed_rows(section, rows, [&](std::size_t row) {
    JsonWriter writer(0);
    Encoder(writer, Density::full, {}).value(*tests[row].record->profile);
    return writer.take();
  });
}

void feed_past(PageSection& section, const std::vector<TestPlace>& tests) {
  const auto rows = rows_by_rank(tests, [](const model::TestRecord& record) { return !record.past.empty(); });
  feed_rows(section, rows, [&](std::size_t row) {
    std::string outcomes, durations;
    for (const model::PastResult& past : tests[row].record->past) {
      outcomes += letter_of(past);
      durations += scale_of(past);
    }
    return fmt::format("[\"{}\",\"{}\"]", outcomes, durations);
  });
}

}  // namespace rh::reporters
