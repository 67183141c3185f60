// The document of `gate --json`: flat, because scripts read it, with the verdicts and the patch as report.json
// has them.
#include <algorithm>

#include "reporters/findings.h"
#include "reporters/gate.h"
#include "reporters/json/encoder.h"

namespace rh::reporters {
namespace {

constexpr std::string_view kSchema = "runharness.gate";
constexpr unsigned kSchemaVersion = 1;
constexpr std::size_t kMaxFailures = 1000;
constexpr unsigned kBrokenLevels = 2;

bool has_hits(const model::CoverageFile& file) {
  const auto hit = [](const auto& item) { return item.hits > 0; };
  return std::any_of(file.lines.begin(), file.lines.end(), hit) ||
         std::any_of(file.blocks.begin(), file.blocks.end(), hit) ||
         std::any_of(file.regions.begin(), file.regions.end(), hit) ||
         std::any_of(file.functions.begin(), file.functions.end(), hit);
}

class GateWriter {
 public:
  explicit GateWriter(const GateDocument& document) : document_(document), report_(document.report) {}

  std::string write() {
    writer_.open('{');
    text("schema", kSchema);
    member("schema_version", kSchemaVersion);
    text("verdict", report_.exit_code == 0 ? "passed" : "failed");
    member("exit_code", report_.exit_code);
    text("cause", document_.cause);
    text("reason", report_.exit_reason);
    write_tests();
    write_coverage();
    member("gates", report_.gates);
    member("base", report_.base);
    member("patch", report_.patch);
    write_suites();
    write_failures();
    write_diagnostics();
    if (document_.names != nullptr) member("names", *document_.names);
    writer_.close('}');
    return writer_.take() + '\n';
  }

 private:
  template <class T>
  void member(std::string_view name, const T& value) {
    writer_.key(name);
    Encoder(writer_, Density::full, {}).value(value);
  }
  void text(std::string_view name, std::string_view value) {
    writer_.key(name);
    writer_.string(value);
  }
  void open(std::string_view name, char bracket) {
    writer_.key(name);
    writer_.open(bracket);
  }

  // Without a percentage: whoever needs one rounds as they see fit.
  void count(std::string_view name, const std::optional<model::Ratio>& ratio) {
    writer_.key(name);
    if (!ratio) return writer_.null();
    writer_.open('{');
    member("found", ratio->found);
    member("hit", ratio->hit);
    writer_.close('}');
  }

  void counts(const model::TestCounts& counts) {
    member("total", counts.total);
    member("passed", counts.passed + counts.unexpected_passes);
    member("failed", counts.failed + counts.errored);
    member("skipped", counts.skipped + counts.expected_failures);
    member("flaky", counts.flaky);
  }

  void write_tests() {
    open("tests", '{');
    counts(report_.counts);
    writer_.key("time_s");
    document_.test_seconds ? writer_.literal(*document_.test_seconds) : writer_.null();
    writer_.close('}');
  }

  void write_coverage() {
    const auto& files = report_.coverage.files;
    const model::Ratio covered{files.size(),
                               static_cast<std::uint64_t>(std::count_if(files.begin(), files.end(), has_hits))};
    const model::CoverageTotals& totals = report_.coverage.totals;
    open("coverage", '{');
    count("files", covered);
    count("lines", totals.lines);
    count("branches", totals.branches);
    count("functions", totals.functions);
    count("statements", totals.statements);
    count("regions", totals.regions);
    member("unresolved", report_.coverage.unresolved);
    member("divergent", report_.coverage.divergent);
    writer_.close('}');
  }

  void write_suites() {
    open("suites", '[');
    for (const model::SuiteReport& suite : report_.suites) {
      writer_.open('{');
      member("id", suite.suite.id);
      text("format", suite.suite.runner);
      member("status", suite.status);
      text("reason", suite.status_reason);
      counts(suite.counts);
      writer_.close('}');
    }
    writer_.close(']');
  }

  void write_failures() {
    std::size_t written = 0;
    open("failures", '[');
    for (const FailedTest& failed : failed_tests(report_)) {
      if (written++ == kMaxFailures) break;
      const model::TestCase& test = failed.record->test;
      writer_.open('{');
      member("suite", failed.suite->suite.id);
      text("classname", test.classname);
      text("name", test.name);
      text("file", test.file);
      member("line", test.line);
      member("outcome", failed.record->outcome());
      text("message", failed.record->attempts.back().message);
      writer_.close('}');
    }
    writer_.close(']');
  }

  void write_diagnostics() {
    open("diagnostics", '[');
    for (const model::Diagnostic& diagnostic : report_.diagnostics) {
      writer_.open('{');
      member("severity", diagnostic.severity);
      text("code", diagnostic.code);
      text("message", diagnostic.message);
      text("file", diagnostic.subject);
      writer_.close('}');
    }
    writer_.close(']');
  }

  const GateDocument& document_;
  const model::RunReport& report_;
  JsonWriter writer_{kBrokenLevels};
};

}  // namespace

std::string gate_to_json(const GateDocument& document) { return GateWriter(document).write(); }

}  // namespace rh::reporters
