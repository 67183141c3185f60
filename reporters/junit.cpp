// junit.xml of the whole run: what CI systems show. Well-formed XML 1.0 for any bytes, at most the
// 30 MB that GitLab accepts, and never green when a suite could not run: what has no failed test of
// its own gets a test case that carries the error.
#include "reporters/junit.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "reporters/findings.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "reporters/xml_writer.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

using model::Attempt;
using model::Outcome;
using model::SuiteStatus;

constexpr std::size_t kMaxFile = 30'000'000;
constexpr std::size_t kMaxElements = 250'000;  // GitLab refuses documents of more

// Which test cases a document holds.
enum class Keep { all, all_but_passed, failed };

// How much a document says. The next row is tried when a document is too large: texts go first, then the
// test cases that are least missed.
struct Detail {
  std::size_t failed_text;
  std::size_t passed_text;
  Keep keep = Keep::all;
  std::size_t max_failed = SIZE_MAX;  // of a suite
  const char* note = nullptr;         // what is missing, for the reader of the document
};
constexpr const char* kAllElsewhere = "; report.json holds everything";
constexpr Detail kDetails[] = {
    {64U << 10, 64U << 10},
    {64U << 10, 0, Keep::all, SIZE_MAX, "the output of passed tests is left out"},
    {8U << 10, 0, Keep::all, SIZE_MAX, "the output of passed tests is left out, that of others cut at 8 KiB"},
    {1U << 10, 0, Keep::all, SIZE_MAX, "the output of passed tests is left out, that of others cut at 1 KiB"},
    {0, 0, Keep::all, SIZE_MAX, "all output is left out"},
    {8U << 10, 0, Keep::all_but_passed, SIZE_MAX, "passed tests are left out, output is cut at 8 KiB"},
    {1U << 10, 0, Keep::failed, SIZE_MAX, "all but failed tests are left out, output is cut at 1 KiB"},
    {0, 0, Keep::failed, SIZE_MAX, "all but failed tests are left out, and all output"},
    {0, 0, Keep::failed, 10'000, "all but the first 10,000 failed tests of each suite are left out, and all output"},
    {0, 0, Keep::failed, 100, "all but the first 100 failed tests of each suite are left out, and all output"},
};

enum class Mark { none, failure, error, skipped };

Mark mark_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::failed:
    case Outcome::timed_out:
      return Mark::failure;
    case Outcome::errored:
    case Outcome::crashed:
    case Outcome::not_run:
      return Mark::error;
    case Outcome::skipped:
    case Outcome::expected_failure:
      return Mark::skipped;
    case Outcome::passed:
    case Outcome::unexpected_pass:
      break;
  }
  return Mark::none;
}

struct Counts {
  std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0;
  void add(Mark mark) {
    ++tests;
    failures += mark == Mark::failure;
    errors += mark == Mark::error;
    skipped += mark == Mark::skipped;
  }
  void add(const Counts& other) {
    tests += other.tests, failures += other.failures, errors += other.errors, skipped += other.skipped;
  }
};

// What stands for a suite, or for the whole run, that failed without a failed test.
struct OwnProblem {
  Mark mark = Mark::none;
  std::string type, message, text;
};

OwnProblem problem_of(const model::RunReport& report, const model::SuiteReport& suite, const Counts& counts) {
  if (suite.status == SuiteStatus::passed || counts.failures + counts.errors > 0) return {};
  const bool tolerated = suite.status == SuiteStatus::no_tests && report.exit_code != 4;
  OwnProblem problem{
      tolerated ? Mark::skipped : Mark::error, std::string(model::name_of(suite.status)), suite.status_reason, {}};
  if (const model::StepReport* step = decisive_step(suite)) problem.text = step->output_tail;
  return problem;
}

std::string seconds(std::chrono::nanoseconds span) {
  return fmt::format("{:.6f}", static_cast<double>(std::max<std::int64_t>(span.count(), 0)) / 1e9);
}

class Document {
 public:
  Document(const model::RunReport& report, const Detail& detail, std::size_t max_bytes)
      : report_(report), detail_(detail), max_bytes_(max_bytes), failed_(failed_tests(report)) {
    for (const FailedTest& test : failed_) reruns_[test.record] = test.rerun;
  }

  // Nothing when it would be too large; the last row of kDetails is given in any case.
  std::optional<std::string> render() {
    Counts all;
    std::vector<Counts> counts;
    for (const model::SuiteReport& suite : report_.suites) {
      counts.push_back(count(suite));
      all.add(counts.back());
    }
    // Exit code 3 is a failed gate: the tests themselves are fine.
    const bool run_failed = report_.exit_code != 0 && report_.exit_code != 3 && all.failures + all.errors == 0;
    if (run_failed) all.add(Mark::error);
    open("testsuites");
    attribute("name", "runharness");
    totals(all, report_.wall);
    attribute("timestamp", stamp({}));
    for (std::size_t i = 0; i < counts.size(); ++i) {
      add_suite(i, counts[i]);
      if (too_large()) return std::nullopt;
    }
    if (run_failed) add_run_problem();
    xml_.close();
    return xml_.take();
  }

 private:
  [[nodiscard]] bool too_large() const {
    return &detail_ != &kDetails[std::size(kDetails) - 1] && (xml_.size() > max_bytes_ || elements_ > kMaxElements);
  }
  // Whether the document holds the test; `failed` counts those of its suite so far.
  [[nodiscard]] bool keeps(const model::TestRecord& record, std::size_t& failed) const {
    const Mark mark = mark_of(record.outcome());
    if (mark == Mark::failure || mark == Mark::error) return failed++ < detail_.max_failed;
    return detail_.keep == Keep::all || (detail_.keep == Keep::all_but_passed && mark == Mark::skipped);
  }
  void open(const char* element) {
    xml_.open(element);
    ++elements_;
  }
  void attribute(const char* name, std::string_view value) { xml_.attribute(name, clean_line(value, 4000)); }
  void property(const char* name, std::string_view value) {
    if (value.empty()) return;
    open("property");
    attribute("name", name);
    attribute("value", value);
    xml_.close();
  }
  void text(std::string_view bytes, std::size_t bound) {
    xml_.text(clean_text(bytes.substr(0, bound)));
    if (bytes.size() > bound) xml_.text(fmt::format("\n... ({} bytes cut)\n", bytes.size() - bound));
  }
  void block(const char* element, std::string_view bytes, std::size_t bound) {
    if (bytes.empty() || bound == 0) return;
    open(element);
    text(bytes, bound);
    xml_.close();
  }
  void finding(const char* element, std::string_view type, std::string_view message, std::string_view details) {
    open(element);
    attribute("message", message);
    attribute("type", type);
    if (!details.empty() && detail_.failed_text > 0) text(details, detail_.failed_text);
    xml_.close();
  }
  void totals(const Counts& counts, std::chrono::nanoseconds wall) {
    attribute("tests", fmt::to_string(counts.tests));
    attribute("failures", fmt::to_string(counts.failures));
    attribute("errors", fmt::to_string(counts.errors));
    attribute("skipped", fmt::to_string(counts.skipped));
    attribute("time", seconds(wall));
  }
  // Whole seconds: the form that every consumer reads.
  [[nodiscard]] std::string stamp(std::chrono::nanoseconds offset) const {
    using std::chrono::system_clock;
    return to_rfc3339(report_.run.started_at + std::chrono::duration_cast<system_clock::duration>(offset))
               .substr(0, 19) +
           "Z";
  }

  Counts count(const model::SuiteReport& suite) const {
    Counts counts;
    std::size_t failed = 0;
    for (const model::TestRecord& record : suite.tests)
      if (keeps(record, failed)) counts.add(mark_of(record.outcome()));
    if (const OwnProblem problem = problem_of(report_, suite, counts); problem.mark != Mark::none)
      counts.add(problem.mark);
    return counts;
  }

  void add_suite(std::size_t index, const Counts& counts) {
    const model::SuiteReport& suite = report_.suites[index];
    const auto start =
        suite.steps.empty() ? std::chrono::nanoseconds{} : suite.steps.front().started - report_.run.started;
    open("testsuite");
    attribute("id", fmt::to_string(index));
    attribute("name", suite.suite.id.value);
    totals(counts, suite.wall);
    attribute("timestamp", stamp(start));
    attribute("hostname", report_.run.machine.hostname);
    add_properties(suite);
    Counts of_tests;
    std::size_t failed = 0;
    for (const model::TestRecord& record : suite.tests) {
      if (too_large()) break;
      if (!keeps(record, failed)) continue;
      add_test(suite, record);
      of_tests.add(mark_of(record.outcome()));
    }
    if (const OwnProblem problem = problem_of(report_, suite, of_tests); problem.mark != Mark::none)
      add_own_problem(suite.suite.id.value, problem);
    xml_.close();
  }

  void add_properties(const model::SuiteReport& suite) {
    const model::CpuFigure cpu = total_cpu(suite.usage);
    open("properties");
    property("runharness.status", model::name_of(suite.status));
    property("runharness.status_reason", suite.status_reason);
    if (detail_.note != nullptr)
      property("runharness.left_out",
               fmt::format("to keep this file below {}, {}{}", format_size(max_bytes_), detail_.note, kAllElsewhere));
    property("runharness.tool", suite.suite.tool.version);
    property("runharness.isolation", model::name_of(suite.isolation.reached));
    property("runharness.cpu_seconds", cpu.value ? seconds(*cpu.value) : "");
    property("runharness.peak_memory_bytes",
             suite.usage.peak_memory.value ? fmt::to_string(*suite.usage.peak_memory.value) : "");
    property("runharness.coverage_percent", to_text(percent_of(ratio_of_basis(suite.coverage))));
    xml_.close();
  }

  void add_test(const model::SuiteReport& suite, const model::TestRecord& record) {
    const std::string file = file_of(suite, record.test);
    const Attempt& last = record.attempts.back();
    open("testcase");
    attribute("classname", !record.test.classname.empty() ? record.test.classname
                           : file.empty()                 ? suite.suite.id.value
                                                          : file);
    attribute("name", record.test.name);
    if (!file.empty()) attribute("file", file);
    if (record.test.line) attribute("line", fmt::to_string(*record.test.line));
    if (last.duration) attribute("time", seconds(*last.duration));
    const auto rerun = reruns_.find(&record);
    if (rerun != reruns_.end() && !rerun->second.empty()) {
      open("properties");
      property("runharness.rerun", rerun->second);
      xml_.close();
    }
    add_attempts(record);
    const std::size_t bound = model::is_failure(last.outcome) ? detail_.failed_text : detail_.passed_text;
    block("system-out", last.standard_output, bound);
    block("system-err", last.standard_error, bound);
    xml_.close();
  }

  // The form of Maven Surefire: the first failure counts, later ones of the same test are reruns; the
  // failed attempts of a test that passed in the end are flaky ones.
  void add_attempts(const model::TestRecord& record) {
    const bool passed = !model::is_failure(record.outcome());
    bool first = true;
    for (const Attempt& attempt : record.attempts) {
      if (!model::is_failure(attempt.outcome)) continue;
      const bool failure = mark_of(attempt.outcome) == Mark::failure;
      const bool main = !passed && std::exchange(first, false);
      const char* element = main     ? (failure ? "failure" : "error")
                            : passed ? (failure ? "flakyFailure" : "flakyError")
                                     : (failure ? "rerunFailure" : "rerunError");
      finding(element, model::name_of(attempt.outcome), attempt.message, attempt.details);
    }
    if (mark_of(record.outcome()) == Mark::skipped)
      finding("skipped", model::name_of(record.outcome()), record.attempts.back().message, {});
  }

  void add_own_problem(std::string_view name, const OwnProblem& problem) {
    open("testcase");
    attribute("classname", name);
    attribute("name", "[suite]");
    finding(problem.mark == Mark::skipped ? "skipped" : "error", problem.type, problem.message, problem.text);
    xml_.close();
  }

  void add_run_problem() {
    Counts one;
    one.add(Mark::error);
    open("testsuite");
    attribute("name", "runharness");
    totals(one, {});
    add_own_problem("runharness", {Mark::error, "run", report_.exit_reason, {}});
    xml_.close();
  }

  const model::RunReport& report_;
  const Detail& detail_;
  std::size_t max_bytes_;
  std::size_t elements_ = 0;
  std::vector<FailedTest> failed_;
  std::map<const model::TestRecord*, std::string_view> reruns_;
  XmlWriter xml_;
};

}  // namespace

std::string junit_within(const model::RunReport& report, std::size_t max_bytes) {
  for (const Detail& detail : kDetails)
    if (auto text = Document(report, detail, max_bytes).render(); text && text->size() <= max_bytes)
      return *std::move(text);
  return Document(report, kDetails[std::size(kDetails) - 1], max_bytes).render().value_or("");
}

Result<std::string> render_junit(const model::RunReport& report) { return junit_within(report, kMaxFile); }

}  // namespace rh::reporters
