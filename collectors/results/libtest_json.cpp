// Reader of what a libtest binary writes with `--format json`, one binary to a stream. Tests that
// write to file descriptor 1 themselves put raw bytes between the events, and in front of an event
// on the same line: an event is looked for at the end of a line that does not begin with one.
#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "collectors/results/flat_json.h"
#include "collectors/results/line_splitter.h"
#include "collectors/results/reader.h"
#include "collectors/results/rust_panic.h"
#include "collectors/results/test_text.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr double kMaxSeconds = 1e9;
constexpr std::string_view kNoUsage =
    "libtest runs its tests as threads of one process, and its events carry no usage of a single test";

// The last place of `text` where an event begins.
std::size_t find_event(std::string_view text) {
  const std::size_t spaced = text.rfind("{ \"type\":");
  const std::size_t dense = text.rfind("{\"type\":");
  if (spaced == std::string_view::npos) return dense;
  if (dense == std::string_view::npos) return spaced;
  return std::max(spaced, dense);
}

std::optional<Nanoseconds> seconds(std::optional<double> value) {
  if (!value || *value < 0 || *value > kMaxSeconds) return std::nullopt;
  return Nanoseconds(static_cast<std::int64_t>(*value * 1e9 + 0.5));
}

class LibtestJsonReader : public ResultReader {
 public:
  LibtestJsonReader(const ResultReaderOptions& options, ResultSink sink) : options_(options), sink_(std::move(sink)) {}

  void feed(std::string_view bytes) override {
    lines_.feed(bytes, [this](const Line& line) { read(line); });
  }
  void finish() override;

 private:
  void read(const Line& line);
  bool read_object(std::string_view text, bool may_be_cut);
  void read_suite(std::string_view event);
  void read_test(std::string_view event);
  void end_test(std::string_view name, Outcome outcome);
  void explain(model::TestEnded& ended) const;
  [[nodiscard]] model::TestCase test_case(std::string_view name) const;
  void diagnose(Severity severity, std::string_view code, std::string message) {
    sink_(model::Diagnostic{severity, std::string(code), std::move(message), options_.subject, {}});
  }

  ResultReaderOptions options_;
  ResultSink sink_;
  LineSplitter lines_;
  FlatObject event_;
  std::unordered_map<std::string, std::optional<Outcome>> tests_;  // without outcome: running
  bool suite_open_ = false;
};

void LibtestJsonReader::read(const Line& line) {
  // The fields come before the captured output, so the head of an overlong event is worth reading;
  // an event at the end of overlong raw output is in the tail.
  if (line.text.starts_with('{') && read_object(line.text, line.cut)) return;
  const std::string_view last = line.cut ? line.tail : line.text;
  if (const std::size_t at = find_event(last); at != std::string_view::npos && read_object(last.substr(at), false))
    return;
  // A line that stops inside of an event is the mark of a death that the missing suite event tells.
}

bool LibtestJsonReader::read_object(std::string_view text, bool may_be_cut) {
  const FlatObject::Parse parsed = event_.parse(text);
  if (parsed == FlatObject::Parse::invalid || (parsed == FlatObject::Parse::cut && !may_be_cut)) return false;
  const std::string_view type = event_.text("type");
  if (type == "suite")
    read_suite(event_.text("event"));
  else if (type == "test" && !event_.text("name").empty())
    read_test(event_.text("event"));
  else if (type == "bench" && !event_.text("name").empty())
    end_test(event_.text("name"), Outcome::passed);
  else
    return !type.empty();
  return true;
}

void LibtestJsonReader::read_suite(std::string_view event) {
  if (event == "started") {
    suite_open_ = true;
    if (const auto count = event_.count("test_count")) sink_(model::TestsExpected{*count});
    return;
  }
  if (event != "ok" && event != "failed") return;
  suite_open_ = false;
  model::RunnerFinished finished;
  finished.passed = event_.count("passed");
  finished.failed = event_.count("failed");
  finished.skipped = event_.count("ignored");
  const auto measured = event_.count("measured");
  if (finished.passed && measured) finished.passed = *finished.passed + *measured;
  if (finished.passed && finished.failed && finished.skipped)
    finished.tests = *finished.passed + *finished.failed + *finished.skipped;
  finished.text = fmt::format("test result: {}. {} passed; {} failed; {} ignored", event, finished.passed.value_or(0),
                              finished.failed.value_or(0), finished.skipped.value_or(0));
  sink_(std::move(finished));
}

void LibtestJsonReader::read_test(std::string_view event) {
  const std::string_view name = event_.text("name");
  if (event == "started") {
    if (!tests_.emplace(std::string(name), std::nullopt).second)
      return diagnose(Severity::warning, "duplicate-begin", fmt::format("test {} began twice", one_line(name)));
    return sink_(model::TestBegan{std::string(name), test_case(name), std::nullopt, 0});
  }
  if (event == "ok")
    end_test(name, Outcome::passed);
  else if (event == "failed")
    end_test(name, event_.text("reason") == "time limit exceeded" ? Outcome::timed_out : Outcome::failed);
  else if (event == "ignored")
    end_test(name, Outcome::skipped);
  // "timeout" only says that a test has been running for a minute.
}

model::TestCase LibtestJsonReader::test_case(std::string_view name) const {
  model::TestCase test;
  test.classname = options_.scope;
  test.name = name;
  return test;
}

void LibtestJsonReader::end_test(std::string_view name, Outcome outcome) {
  std::optional<Outcome>& earlier = tests_[std::string(name)];
  if (earlier) {
    // A test can forge events on file descriptor 1; a failure is never taken back.
    const bool same = *earlier == outcome;
    diagnose(same ? Severity::warning : Severity::error, same ? "duplicate-result" : "contradictory-result",
             fmt::format("test {} was reported {} and then {}", one_line(name), model::name_of(*earlier),
                         model::name_of(outcome)));
    if (same || !model::is_failure(outcome)) return;
  }
  earlier = outcome;
  model::TestEnded ended;
  ended.key = name;
  ended.test = test_case(name);
  ended.attempt.outcome = outcome;
  ended.attempt.duration = seconds(event_.number("exec_time"));
  ended.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  explain(ended);
  sink_(std::move(ended));
}

void LibtestJsonReader::explain(model::TestEnded& ended) const {
  const std::string_view output = event_.text("stdout");
  const std::string_view note = event_.text("message");
  ended.attempt.message = one_line(note);
  ended.attempt.standard_output = bounded_output(output);
  if (!model::is_failure(ended.attempt.outcome)) return;
  RustFailure failure = find_rust_failure(output, ended.test.name);
  locate_rust_note(failure, note);
  ended.test.file = failure.file;
  ended.test.line = failure.line;
  if (ended.attempt.message.empty())
    ended.attempt.message = failure.message.empty() ? one_line(output) : failure.message;
  ended.attempt.details = clean_details(note.empty() ? std::string(output) : fmt::format("{}\n{}", note, output));
}

void LibtestJsonReader::finish() {
  lines_.finish([this](const Line& line) { read(line); });
  if (!suite_open_) return;
  std::size_t running = 0;
  for (const auto& [name, outcome] : tests_) running += outcome ? 0 : 1;
  diagnose(Severity::error, "libtest-stream-stopped",
           fmt::format("the test binary {} ended without its suite result; {} of its tests had begun and not ended",
                       options_.scope, running));
}

}  // namespace

std::unique_ptr<ResultReader> make_libtest_json_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<LibtestJsonReader>(options, std::move(sink));
}

bool sniff_libtest_json(std::string_view head) {
  for (const std::string_view line : split_lines(head)) {
    if (trim(line).empty()) continue;
    FlatObject event;
    if (event.parse(line) == FlatObject::Parse::invalid) return false;
    return is_one_of(event.text("type"), {"suite", "test", "bench", "report"}) && !event.text("event").empty();
  }
  return false;
}

}  // namespace rh::collectors
