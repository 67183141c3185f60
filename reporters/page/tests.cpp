// The tests of all suites as columns: what their table, the timeline and the filter look at. What has the same
// value for most tests is a sparse column.
#include "reporters/json/encoder.h"
#include "reporters/page/columns.h"
#include "reporters/page/section.h"

#include <fmt/core.h>

namespace rh::reporters {
namespace {

constexpr std::int64_t kStartUnit = 1000;  // no timeline shows less than a microsecond

char letter_of(model::Outcome outcome) {
  constexpr std::string_view kLetters = "pfesxXctn";  // in the order of the enumeration
  return kLetters[static_cast<std::size_t>(outcome)];
}

// Scope, source and reason of a figure: a few combinations serve all tests.
template <class T>
std::string kind_of(const model::Figure<T>& figure) {
  JsonWriter writer(0);
  writer.open('[');
  writer.string(model::name_of(figure.scope));
  writer.string(figure.source);
  writer.string(figure.reason);
  writer.close(']');
  return writer.take();
}

class TestColumns {
 public:
  TestColumns(const model::RunReport& report, const std::vector<TestPlace>& tests)
      : report_(report), tests_(tests), encoder_(writer_, Density::full, report.run.started) {}

  std::string take() {
    for (const TestPlace& place : tests_) add(*place.record);
    writer_.open('{');
    suites();
    texts();
    numbers();
    sparse();
    writer_.close('}');
    return writer_.take();
  }

 private:
  void add(const model::TestRecord& record) {
    const model::Attempt& attempt = record.attempts.back();
    files_.add(record.test.file);
    classes_.add(record.test.classname);
    lines_.add(record.test.line ? std::optional<std::int64_t>(*record.test.line) : std::nullopt);
    outcomes_ += letter_of(attempt.outcome);
    starts_.add(attempt.start ? std::optional<std::int64_t>((*attempt.start - report_.run.started).count() /
                                                            kStartUnit * kStartUnit)
                              : std::nullopt);
    durations_.add(attempt.duration ? std::optional<std::int64_t>(attempt.duration->count()) : std::nullopt);
    cpu_.add(attempt.usage.cpu.value ? std::optional<std::int64_t>(attempt.usage.cpu.value->count()) : std::nullopt);
    cpu_kinds_.add(kind_of(attempt.usage.cpu));
    const auto memory = attempt.usage.peak_memory.value;
    memory_.add(memory ? std::optional(static_cast<std::int64_t>(*memory)) : std::nullopt);
    memory_kinds_.add(kind_of(attempt.usage.peak_memory));
    pids_.add(attempt.pid);
  }

  void suites() {
    writer_.key("suites");
    writer_.open('[');
    for (const model::SuiteReport& suite : report_.suites) writer_.number(std::uint64_t{suite.tests.size()});
    writer_.close(']');
  }

  void texts() {
    writer_.key("names");
    writer_.open('[');
    for (const TestPlace& place : tests_) writer_.string(place.record->test.name);
    writer_.close(']');
    column("files", files_);
    column("classes", classes_);
    writer_.key("outcomes");
    writer_.string(outcomes_);
  }

  void numbers() {
    column("lines", lines_);
    column("starts", starts_);
    column("durations", durations_);
    column("cpu", cpu_);
    column("cpu_kinds", cpu_kinds_);
    column("memory", memory_);
    column("memory_kinds", memory_kinds_);
    column("pids", pids_);
  }

  void sparse() {
    ids();
    rows("subtests", [](const model::TestRecord& record) { return record.test.kind == model::TestKind::subtest; });
    rows("flaky", [](const model::TestRecord& record) { return record.flaky(); });
    rows("evidence", has_evidence);
    values(
        "parents", [](const auto& record) { return !record.test.parent.empty(); },
        [this](const auto& record) { writer_.string(record.test.parent); });
    values(
        "attempts", [](const auto& record) { return record.attempts.size() != 1; },
        [this](const auto& record) { writer_.number(std::uint64_t{record.attempts.size()}); });
    values(
        "messages", [](const auto& record) { return !record.attempts.back().message.empty(); },
        [this](const auto& record) { writer_.string(prefix_of(record.attempts.back().message, kMaxRowMessage)); });
    values(
        "duration_reasons", [](const auto& record) { return !record.attempts.back().duration_reason.empty(); },
        [this](const auto& record) { writer_.string(record.attempts.back().duration_reason); });
    values(
        "quarantine", [](const auto& record) { return record.quarantine.has_value(); },
        [this](const auto& record) { encoder_.value(*record.quarantine); });
    values(
        "flake_rates", [](const auto& record) { return record.flake_rate && record.flake_rate->flips > 0; },
        [this](const auto& record) { encoder_.value(*record.flake_rate); });
    reruns();
  }

  // 0: suite::file::name, 1: suite::class::name, else the id itself.
  void ids() {
    writer_.key("ids");
    writer_.open('{');
    for (std::size_t row = 0; row < tests_.size(); ++row) {
      const model::TestCase& test = tests_[row].record->test;
      const std::string& suite = tests_[row].suite->suite.id.value;
      if (test.id.value == fmt::format("{}::{}::{}", suite, test.file, test.name)) continue;
      writer_.key(std::to_string(row));
      if (test.id.value == fmt::format("{}::{}::{}", suite, test.classname, test.name))
        writer_.number(std::uint64_t{1});
      else
        writer_.string(test.id.value);
    }
    writer_.close('}');
  }

  void reruns() {
    const std::map<std::string, std::string> commands(report_.rerun_commands.begin(), report_.rerun_commands.end());
    const auto of = [&](const model::TestRecord& record) { return commands.find(record.test.id.value); };
    values(
        "reruns", [&](const auto& record) { return of(record) != commands.end(); },
        [&](const auto& record) { writer_.string(of(record)->second); });
  }

  template <class Column>
  void column(std::string_view name, const Column& column) {
    writer_.key(name);
    column.write(writer_);
  }

  template <class Predicate>
  void rows(std::string_view name, Predicate wanted) {
    std::vector<std::uint64_t> found;
    for (std::size_t row = 0; row < tests_.size(); ++row)
      if (wanted(*tests_[row].record)) found.push_back(row);
    writer_.key(name);
    write_rows(writer_, found);
  }

  template <class Predicate, class Write>
  void values(std::string_view name, Predicate wanted, Write write) {
    writer_.key(name);
    writer_.open('{');
    for (std::size_t row = 0; row < tests_.size(); ++row) {
      if (!wanted(*tests_[row].record)) continue;
      writer_.key(std::to_string(row));
      write(*tests_[row].record);
    }
    writer_.close('}');
  }

  const model::RunReport& report_;
  const std::vector<TestPlace>& tests_;
  JsonWriter writer_{0};
  Encoder encoder_;
  std::string outcomes_;
  DictionaryColumn files_, classes_, cpu_kinds_, memory_kinds_;
  NumberColumn lines_{true}, starts_{true}, durations_, cpu_, memory_, pids_{true};
};

}  // namespace

std::string page_tests(const model::RunReport& report, const std::vector<TestPlace>& tests) {
  return TestColumns(report, tests).take();
}

}  // namespace rh::reporters
