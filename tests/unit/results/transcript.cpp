#include "tests/unit/results/transcript.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "runner/model/names.h"

namespace rh::collectors {

namespace {

std::string number(const std::optional<std::uint64_t>& value) { return value ? std::to_string(*value) : "-"; }

struct Describe {
  std::string operator()(const model::TestBegan& e) const {
    return fmt::format("began {} | {} {} {} pid={} at={}", e.key, e.test.classname, e.test.name, e.test.file, e.pid,
                       e.at ? e.at->count() : -1);
  }
  std::string operator()(const model::TestEnded& e) const {
    const model::Attempt& a = e.attempt;
    return fmt::format("ended {} | {} {} {}:{} {} {} #{} dur={} cpu={} peak={} | {} | {} | {}", e.key, e.test.classname,
                       e.test.name, e.test.file, e.test.line.value_or(0), model::name_of(e.test.kind),
                       model::name_of(a.outcome), a.number, a.duration ? a.duration->count() : -1,
                       a.usage.cpu.value ? a.usage.cpu.value->count() : -1, number(a.usage.peak_memory.value),
                       a.message, a.details, a.standard_output);
  }
  std::string operator()(const model::TestsExpected& e) const { return fmt::format("expected {}", e.count); }
  std::string operator()(const model::RunnerFinished& e) const {
    return fmt::format("finished tests={} passed={} failed={} skipped={} errors={} | {}", number(e.tests),
                       number(e.passed), number(e.failed), number(e.skipped), number(e.errors), e.text);
  }
  std::string operator()(const model::Diagnostic& e) const {
    return fmt::format("{} {}: {}", model::name_of(e.severity), e.code, e.message);
  }
};

}  // namespace

std::vector<std::string> Transcript::lines() const {
  std::vector<std::string> lines;
  for (const model::ResultEvent& event : events) lines.push_back(std::visit(Describe{}, event));
  return lines;
}

const model::TestEnded* Transcript::ended(std::string_view name) const {
  const model::TestEnded* found = nullptr;
  for (const model::ResultEvent& event : events)
    if (const auto* ended = std::get_if<model::TestEnded>(&event); ended && ended->test.name == name) found = ended;
  return found;
}

std::vector<model::Diagnostic> Transcript::diagnostics(std::string_view code) const {
  std::vector<model::Diagnostic> found;
  for (const model::ResultEvent& event : events)
    if (const auto* diagnostic = std::get_if<model::Diagnostic>(&event);
        diagnostic && (code.empty() || diagnostic->code == code))
      found.push_back(*diagnostic);
  return found;
}

std::size_t Transcript::count_ended() const {
  return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const model::ResultEvent& event) {
    return std::holds_alternative<model::TestEnded>(event);
  }));
}

std::vector<std::string> Transcript::open() const {
  std::vector<std::pair<std::string, std::string>> began;
  for (const model::ResultEvent& event : events) {
    if (const auto* begin = std::get_if<model::TestBegan>(&event)) began.emplace_back(begin->key, begin->test.name);
    if (const auto* end = std::get_if<model::TestEnded>(&event))
      std::erase_if(began, [&](const auto& each) { return each.first == end->key; });
  }
  std::vector<std::string> names;
  for (auto& [key, name] : began) names.push_back(name);
  return names;
}

std::vector<model::RunnerFinished> Transcript::finished() const {
  std::vector<model::RunnerFinished> found;
  for (const model::ResultEvent& event : events)
    if (const auto* finished = std::get_if<model::RunnerFinished>(&event)) found.push_back(*finished);
  return found;
}

Transcript transcribe(MakeReader make, std::string_view text, const ResultReaderOptions& options, std::size_t piece) {
  Transcript transcript;
  const auto reader = make(options, [&](model::ResultEvent event) { transcript.events.push_back(std::move(event)); });
  if (piece == 0) piece = std::max<std::size_t>(text.size(), 1);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    // A copy of its own, so that a sanitizer sees a view that outlives its piece.
    const std::string bytes(text.substr(at, piece));
    reader->feed(bytes);
  }
  reader->finish();
  return transcript;
}

Transcript transcribe_every_way(MakeReader make, std::string_view text, const ResultReaderOptions& options) {
  Transcript whole = transcribe(make, text, options);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U})
    EXPECT_EQ(transcribe(make, text, options, piece).lines(), whole.lines()) << "in pieces of " << piece;
  return whole;
}

void survive_mutations(MakeReader make, std::string_view text, int rounds) {
  std::mt19937 random(20240229);
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  using namespace std::string_view_literals;
  constexpr std::string_view kInteresting = "\0\n\r<>&\"'{}[],:\\/\x1b\xff\xc3 0-;!?="sv;
  for (int round = 0; round < rounds; ++round) {
    std::string damaged(text);
    for (std::size_t edits = 1 + below(6); edits > 0 && !damaged.empty(); --edits) {
      const std::size_t at = below(damaged.size());
      const std::size_t length = std::min(below(40), damaged.size() - at);
      switch (below(5)) {
        case 0:
          damaged[at] = static_cast<char>(below(256));
          break;
        case 1:
          damaged[at] = kInteresting[below(kInteresting.size())];
          break;
        case 2:
          damaged.erase(at, length);
          break;
        case 3:
          damaged.insert(below(damaged.size()), damaged.substr(at, length));
          break;
        default:
          damaged.resize(at);
          break;
      }
    }
    const Transcript whole = transcribe(make, damaged);
    ASSERT_EQ(transcribe(make, damaged, {}, 1 + below(9)).lines(), whole.lines()) << "round " << round;
  }
}

std::string read_data(std::string_view name) {
  const std::string path = fmt::format("{}/tests/unit/results/data/{}", RUNHARNESS_SOURCE_DIR, name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rh::collectors
