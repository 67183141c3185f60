// Reader of libtest's text output, which is all that `cargo test --doc` gives on a stable toolchain.
// Several crates follow each other in one stream, and merged doctests print two blocks for a crate.
// The output of a failed test comes behind all results of its block, so failures wait for the end of
// the block; everything else is reported at once.
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "collectors/results/line_splitter.h"
#include "collectors/results/reader.h"
#include "collectors/results/rust_panic.h"
#include "collectors/results/test_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxWaitingFailures = 100'000;
constexpr std::string_view kNoUsage = "libtest's text output carries no usage of a single test";

struct TestLine {
  std::string_view name;  // without " - should panic" and the like
  std::string_view verdict;
};

// "test src/lib.rs - add (line 5) - compile fail ... ok". A test that prints between name and verdict
// (--nocapture) pushes the verdict to another line: such a line is no result.
std::optional<TestLine> parse_test_line(std::string_view line) {
  if (!line.starts_with("test ")) return std::nullopt;
  const std::size_t dots = line.rfind(" ... ");
  if (dots == std::string_view::npos || dots < 5) return std::nullopt;
  TestLine test{line.substr(5, dots - 5), trim(line.substr(dots + 5))};
  for (const std::string_view suffix : {" - should panic", " - compile fail", " - compile"})
    if (test.name.ends_with(suffix)) test.name.remove_suffix(suffix.size());
  return test;
}

// "3 passed" of "ok. 3 passed; 0 failed; 1 ignored; ...".
std::optional<std::uint64_t> count_before(std::string_view summary, std::string_view word) {
  const std::size_t at = summary.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t begin = at;
  while (begin > 0 && summary[begin - 1] >= '0' && summary[begin - 1] <= '9') --begin;
  return parse_u64(summary.substr(begin, at - begin));
}

// "src/lib.rs - add (line 5)": the name of a doctest holds its place.
void locate_doctest(model::TestCase& test) {
  const std::string_view name = test.name;
  const std::size_t dash = name.find(" - ");
  const std::size_t line = name.rfind("(line ");
  if (dash == std::string_view::npos || line == std::string_view::npos || !name.ends_with(')')) return;
  const auto number = parse_u64(name.substr(line + 6, name.size() - line - 7));
  if (!number || *number == 0 || *number > UINT32_MAX) return;
  test.file = test_file(name.substr(0, dash), {});
  test.line = static_cast<std::uint32_t>(*number);
}

class LibtestTextReader : public ResultReader {
 public:
  LibtestTextReader(const ResultReaderOptions& options, ResultSink sink) : options_(options), sink_(std::move(sink)) {}

  void feed(std::string_view bytes) override {
    lines_.feed(bytes, [this](const Line& line) { read(line.text); });
  }
  void finish() override;

 private:
  void read(std::string_view line);
  void begin_block(std::uint64_t tests);
  void end_block(std::string_view summary);
  void read_test(const TestLine& test);
  bool begin_section(std::string_view line);
  void end_section();
  void report_failures();
  void diagnose(Severity severity, std::string_view code, std::string message) {
    sink_(model::Diagnostic{severity, std::string(code), std::move(message), options_.subject, {}});
  }

  ResultReaderOptions options_;
  ResultSink sink_;
  LineSplitter lines_;
  std::vector<model::TestEnded> failures_;
  std::map<std::string, std::size_t, std::less<>> failure_index_;  // name -> place in failures_
  std::map<std::string, unsigned, std::less<>> seen_;              // name -> results of that name
  bool in_block_ = false;
  std::uint64_t expected_ = 0, ended_ = 0;  // of the block
  std::optional<std::size_t> section_;      // failure whose output is being read
  BoundedText section_text_;
};

void LibtestTextReader::read(std::string_view line) {
  constexpr std::string_view kResult = "test result: ";
  if (in_block_ && !section_ && line.starts_with(kResult)) return end_block(line.substr(kResult.size()));
  if (begin_section(line)) return;
  if (section_) {
    // The list of names behind the sections begins with this line.
    if (line == "failures:") return end_section();
    section_text_.append(line);
    return section_text_.append("\n");
  }
  if (line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test"))) {
    const std::string_view count = line.substr(8, line.find(' ', 8) - 8);
    if (const auto tests = parse_u64(count)) return begin_block(*tests);
  }
  if (!in_block_) return;
  if (const auto test = parse_test_line(line)) read_test(*test);
}

void LibtestTextReader::begin_block(std::uint64_t tests) {
  if (in_block_)
    diagnose(Severity::error, "libtest-stream-stopped",
             fmt::format("a block of {} tests has no result line; {} of them were reported", expected_, ended_));
  report_failures();
  in_block_ = true;
  expected_ = tests;
  ended_ = 0;
  sink_(model::TestsExpected{tests});
}

void LibtestTextReader::read_test(const TestLine& test) {
  model::TestEnded ended;
  const bool ignored = test.verdict == "ignored" || test.verdict.starts_with("ignored, ");
  if (test.verdict == "ok" || test.verdict.starts_with("ok <") || test.verdict.starts_with("bench:"))
    ended.attempt.outcome = Outcome::passed;
  else if (test.verdict == "FAILED" || test.verdict.starts_with("FAILED"))
    ended.attempt.outcome = Outcome::failed;
  else if (ignored)
    ended.attempt.outcome = Outcome::skipped;
  else
    return;
  if (test.verdict.starts_with("ignored, ")) ended.attempt.message = one_line(test.verdict.substr(9));
  ended.test.classname = options_.scope;
  ended.test.name = to_valid_utf8(test.name);
  locate_doctest(ended.test);
  const unsigned count = ++seen_[ended.test.name];
  ended.key = count == 1 ? ended.test.name : fmt::format("{} #{}", ended.test.name, count);
  ended.attempt.duration_reason =
      "the text format of libtest has no times, and its JSON needs an unstable compiler for doctests";
  ended.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  ++ended_;
  if (ended.attempt.outcome != Outcome::failed || failures_.size() == kMaxWaitingFailures)
    return sink_(std::move(ended));
  failure_index_[ended.test.name] = failures_.size();
  failures_.push_back(std::move(ended));
}

// "---- src/lib.rs - add (line 5) stdout ----", only for a test that failed in this block.
bool LibtestTextReader::begin_section(std::string_view line) {
  constexpr std::string_view kEnd = " stdout ----";
  if (!line.starts_with("---- ") || !line.ends_with(kEnd) || line.size() < 5 + kEnd.size()) return false;
  const auto found = failure_index_.find(line.substr(5, line.size() - 5 - kEnd.size()));
  if (found == failure_index_.end()) return false;
  end_section();
  section_ = found->second;
  return true;
}

void LibtestTextReader::end_section() {
  if (!section_) return;
  model::TestEnded& ended = failures_[*section_];
  const std::string output = section_text_.text();
  ended.attempt.details = clean_details(trim(output));
  const RustFailure failure = find_rust_failure(output, ended.test.name);
  ended.attempt.message = failure.message.empty() ? one_line(output) : failure.message;
  if (ended.test.file.empty()) {
    ended.test.file = failure.file;
    ended.test.line = failure.line;
  }
  section_.reset();
  section_text_ = BoundedText();
}

void LibtestTextReader::report_failures() {
  end_section();
  for (model::TestEnded& failure : failures_) sink_(std::move(failure));
  failures_.clear();
  failure_index_.clear();
}

// "ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.49s"
void LibtestTextReader::end_block(std::string_view summary) {
  report_failures();
  in_block_ = false;
  model::RunnerFinished finished;
  finished.passed = count_before(summary, " passed");
  finished.failed = count_before(summary, " failed");
  finished.skipped = count_before(summary, " ignored");
  if (const auto measured = count_before(summary, " measured"); measured && finished.passed)
    finished.passed = *finished.passed + *measured;
  if (finished.passed && finished.failed && finished.skipped)
    finished.tests = *finished.passed + *finished.failed + *finished.skipped;
  finished.text = "test result: " + one_line(summary);
  if (finished.tests && *finished.tests != ended_)
    diagnose(Severity::warning, "libtest-count-mismatch",
             fmt::format("{} results were read, but the runner counted {}", ended_, *finished.tests));
  sink_(std::move(finished));
}

void LibtestTextReader::finish() {
  lines_.finish([this](const Line& line) { read(line.text); });
  report_failures();
  if (in_block_)
    diagnose(
        Severity::error, "libtest-stream-stopped",
        fmt::format("the test run ended without its result line; {} of {} tests were reported", ended_, expected_));
}

}  // namespace

std::unique_ptr<ResultReader> make_libtest_text_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<LibtestTextReader>(options, std::move(sink));
}

// What a test binary begins with: blank lines, then how many tests there are.
bool sniff_libtest_text(std::string_view head) {
  for (std::string_view line : split_lines(head)) {
    line = trim(line);
    if (line.empty()) continue;
    return line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")) &&
           parse_u64(line.substr(8, line.rfind(' ') - 8)).has_value();
  }
  return false;
}

}  // namespace rh::collectors
