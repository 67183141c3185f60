// Fuzz target of a reader of test results; RH_FUZZ_MAKE is its factory. Promises: the events do not
// depend on how the input was cut into pieces, all text is valid UTF-8, and input that holds
// something never ends in silence.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/results/reader.h"
#include "runner/model/names.h"
#include "tests/fuzz/require.h"

namespace rh::fuzz {
namespace {

struct Heard {
  std::string text;  // everything, in order
  std::uint64_t events = 0;
};

std::string line_of(const model::ResultEvent& event) {
  std::string line;
  const auto add = [&](std::string_view part) {
    require_utf8(part, "text of an event is valid UTF-8");
    line += part;
    line += '\x1f';
  };
  const auto add_test = [&](const model::TestCase& test) {
    add(test.file), add(test.classname), add(test.name), add(test.parent);
    add(std::to_string(test.line.value_or(0)));
  };
  if (const auto* began = std::get_if<model::TestBegan>(&event)) {
    add(began->key), add_test(began->test);
  } else if (const auto* ended = std::get_if<model::TestEnded>(&event)) {
    const model::Attempt& attempt = ended->attempt;
    require(!attempt.duration || attempt.duration->count() >= 0, "a duration is not negative");
    add(ended->key), add_test(ended->test), add(model::name_of(attempt.outcome)), add(attempt.message);
    add(attempt.details), add(attempt.standard_output), add(attempt.standard_error);
    add(std::to_string(attempt.duration.value_or(std::chrono::nanoseconds(-1)).count()));
  } else if (const auto* finished = std::get_if<model::RunnerFinished>(&event)) {
    add(finished->text), add(std::to_string(finished->tests.value_or(0)));
  } else if (const auto* diagnostic = std::get_if<model::Diagnostic>(&event)) {
    add(diagnostic->code), add(diagnostic->message);
  }
  return line + '\n';
}

Heard hear(std::string_view input, std::size_t piece) {
  Heard heard;
  const auto reader =
      collectors::RH_FUZZ_MAKE({.subject = "input", .scope = "s", .suite_root = "/r"}, [&](model::ResultEvent event) {
        heard.text += line_of(event);
        ++heard.events;
      });
  for (std::size_t at = 0; at < input.size(); at += piece) {
    const std::string bytes(input.substr(at, piece));  // a view of it must not outlive the call
    reader->feed(bytes);
  }
  reader->finish();
  return heard;
}

}  // namespace
}  // namespace rh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const rh::fuzz::Heard whole = rh::fuzz::hear(input, size + 1);
  const std::size_t piece = 1 + (size > 0 ? data[size / 2] % 13 : 0);
  const rh::fuzz::Heard pieces = rh::fuzz::hear(input, piece);
  if (pieces.text != whole.text)
    std::fprintf(stderr, "whole:\n%s\nin pieces of %zu bytes:\n%s\n", whole.text.c_str(), piece, pieces.text.c_str());
  rh::fuzz::require(pieces.text == whole.text, "any split of the input gives the same events");
  return 0;
}
