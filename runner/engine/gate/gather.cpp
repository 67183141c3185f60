#include "runner/engine/gate/gather.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/core.h>

#include "collectors/coverage/merge.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/coverage_collect.h"
#include "runner/engine/fold.h"
#include "runner/engine/gate/coverage_paths.h"
#include "runner/engine/gate/input_paths.h"
#include "runner/engine/gate/join_runs.h"
#include "runner/engine/gate/test_records.h"
#include "runner/engine/machine.h"
#include "runner/engine/run_directory.h"

namespace rh::engine {

using namespace rh::model;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHeadBytes = 64U << 10;
constexpr std::chrono::milliseconds kCovdataPatience{60'000};

// An opened input: its first bytes tell what it is. What cannot be read twice is kept whole.
struct OpenInput {
  InputPath input;
  std::string head;
  std::optional<std::string> whole;
  const collectors::CoverageFormat* coverage = nullptr;  // null: results, or neither
  std::vector<OpenInput> together{};                     // other files of a format that is read as a whole
};

Result<std::string> read_bytes(BorrowedFd fd, std::size_t most, const std::string& subject) {
  std::string bytes;
  constexpr std::size_t kStep = 1U << 20;
  while (bytes.size() < most) {
    const std::size_t before = bytes.size();
    bytes.resize(std::min(most, before + kStep));
    const ssize_t got = ::read(fd.fd, bytes.data() + before, bytes.size() - before);
    if (got < 0 && errno == EINTR) {
      bytes.resize(before);
      continue;
    }
    if (got < 0) return fail_errno("read the file", subject);
    bytes.resize(before + static_cast<std::size_t>(got));
    if (got == 0) break;
  }
  return bytes;
}

Result<OpenInput> open_input(const InputPath& input, const Registry& registry) {
  OpenInput opened{input, {}, {}, nullptr};
  const UniqueFd fd(::open(input.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", input.shown);
  std::error_code code;
  if (fs::is_regular_file(input.path, code)) {
    RH_TRY(opened.head, read_bytes(fd, kHeadBytes, input.shown));
  } else {
    RH_TRY(opened.whole, read_bytes(fd, kMaxInputBytes, input.shown));
    if (opened.whole->size() == kMaxInputBytes)
      return fail(ErrorKind::limit, fmt::format("read more than {}", format_size(kMaxInputBytes)), input.shown);
    opened.head = opened.whole->substr(0, kHeadBytes);
  }
  for (const collectors::CoverageFormat& format : registry.coverage_formats)
    if (opened.coverage == nullptr && format.sniff(opened.head)) opened.coverage = &format;
  return opened;
}

// Two sources over the same bytes: one pass counts, another makes records.
template <class Use>
auto with_source(const OpenInput& opened, Use use) -> decltype(use(std::declval<collectors::ByteSource&>())) {
  if (opened.whole) {
    collectors::TextSource source(*opened.whole);
    return use(source);
  }
  RH_TRY(auto source, collectors::FileSource::open(opened.input.path));
  return use(source);
}

class Gatherer {
 public:
  explicit Gatherer(const GatherRequest& request) : request_(request) {}

  Result<Gathered> gather() {
    RH_TRY(const InputPaths paths, find_inputs(request_.words, request_.here));
    for (const std::string& word : paths.missing)
      blame(ExitCode::usage, "input-missing", "there is no such file", word);
    for (const std::string& word : paths.unmatched)
      blame(ExitCode::no_tests, "input-empty", "no file was found here", word);
    for (const InputPath& input : paths.inputs) take(input);
    read_coverage();
    finish();
    return std::move(gathered_);
  }

 private:
  // The first of the order of docs/exit-codes.md wins.
  static int urgency(ExitCode code) {
    constexpr ExitCode kOrder[] = {ExitCode::usage, ExitCode::unusable, ExitCode::no_tests};
    return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), code) - std::begin(kOrder));
  }

  void blame(ExitCode code, std::string diagnostic, std::string message, const std::string& subject) {
    note(code, message + " (" + subject + ")");
    gathered_.report.diagnostics.push_back(
        {Severity::error, std::move(diagnostic), std::move(message), subject, SuiteId{}});
  }

  void note(ExitCode code, std::string reason) {
    if (gathered_.problem && urgency(*gathered_.problem) <= urgency(code)) return;
    gathered_.problem = code;
    gathered_.problem_reason = std::move(reason);
  }

  void take(const InputPath& input) {
    if (input.kind == InputKind::run_directory) return take_run(input);
    if (input.kind == InputKind::go_coverage) return take_go_coverage(input);
    auto opened = open_input(input, request_.registry);
    if (!opened) return blame(ExitCode::unusable, "input-unreadable", opened.error().message(), input.shown);
    if (opened->coverage != nullptr)
      take_coverage(*std::move(opened));
    else
      take_results(*opened);
  }

  void take_coverage(OpenInput opened) {
    if (opened.coverage->read_together != nullptr)
      for (OpenInput& first : coverage_)
        if (first.coverage == opened.coverage) return first.together.push_back(std::move(opened));
    coverage_.push_back(std::move(opened));
  }

  void take_run(const InputPath& input) {
    auto run = load_run(input.path);
    if (!run) return blame(ExitCode::unusable, "run-unreadable", run.error().message(), input.shown);
    if (!run->complete)
      blame(ExitCode::unusable, "run-incomplete", "the run did not finish: this is what its event log holds",
            input.shown);
    ++gathered_.results_files;
    runs_.push_back(*std::move(run));
  }

  // The toolchain's own program reads its binary format; nothing of the repository runs.
  void take_go_coverage(const InputPath& input) {
    const std::string where = "the folder of GOCOVERDIR";
    const auto go = request_.host.find_tool("go");
    if (!go)
      return blame(ExitCode::unusable, "coverage-tool-missing",
                   where + " is read by `go tool covdata`, and there is no go in PATH", input.shown);
    auto temporary = TempDir::make("runharness-covdata-");
    if (!temporary) return blame(ExitCode::internal, "input-unreadable", temporary.error().message(), input.shown);
    const fs::path profile = temporary->path() / "profile";
    const auto answer = request_.host.run_helper(
        {{go->string(), "tool", "covdata", "textfmt", "-i=" + input.path.string(), "-o=" + profile.string()},
         "/",
         {{"GOTOOLCHAIN", "local"}, {"GOFLAGS", ""}}},
        kCovdataPatience);
    if (!answer || answer->exit_code != 0)
      return blame(ExitCode::unusable, "coverage-unreadable",
                   fmt::format("`go tool covdata` could not read {}: {}", where,
                               answer ? std::string(trim(answer->standard_error)) : answer.error().message()),
                   input.shown);
    auto opened = open_input({profile, input.shown, InputKind::file, true}, request_.registry);
    auto text = read_file(profile, kMaxInputBytes);
    if (!opened || !text || opened->coverage == nullptr)
      return blame(ExitCode::unusable, "coverage-unreadable", where + " holds no counters", input.shown);
    opened->whole = *std::move(text);
    coverage_.push_back(*std::move(opened));
  }

  void take_results(const OpenInput& opened) {
    const std::string& shown = opened.input.shown;
    collectors::ResultsQuery query;
    query.names = request_.names;
    if (request_.repository != nullptr) query.suite_root = request_.repository->root.string();
    auto read = with_source(opened, [&](collectors::ByteSource& source) {
      return collectors::summarise_results(source, shown, request_.registry.result_formats, query);
    });
    if (!read) return blame(ExitCode::unusable, "input-unreadable", read.error().message(), shown);
    const bool foreign = read->state == collectors::ResultsState::unknown;
    if (foreign && !opened.input.named) return;  // a folder may hold anything
    ++gathered_.results_files;
    add_summary(*std::move(read), opened);
  }

  void add_summary(collectors::ResultsSummary read, const OpenInput& opened) {
    const std::string& shown = opened.input.shown;
    SuiteReport suite = suite_of(read, shown);
    if (request_.keep_tests) {
      auto records = with_source(opened, [&](collectors::ByteSource& source) {
        return read_records(source, shown, suite.suite.id, opened.head, request_.registry);
      });
      if (records) suite.tests = *std::move(records);
      if (!suite.tests.empty()) suite.counts = count_tests(suite.tests);
    }
    if (read.trouble())
      note(ExitCode::unusable, fmt::format("results are not usable: {}: {}", shown, suite.status_reason));
    for (Diagnostic& diagnostic : read.diagnostics) {
      diagnostic.suite = suite.suite.id;
      gathered_.report.diagnostics.push_back(std::move(diagnostic));
    }
    if (read.totals.time) {
      if (!gathered_.time) gathered_.time.emplace();
      *gathered_.time += *read.totals.time;
    }
    for (const collectors::ReportedCase& each : read.cases) gathered_.names.push_back(each.id());
    gathered_.report.suites.push_back(std::move(suite));
  }

  void read_coverage() {
    std::vector<std::optional<Result<collectors::CoverageData>>> read(coverage_.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < coverage_.size(); i = next++) read[i].emplace(read_one(coverage_[i]));
    };
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::min<std::size_t>(usable_cores(), coverage_.size()); ++i) workers.emplace_back(work);
    work();
    workers.clear();
    std::vector<ReadCoverage> good;
    for (std::size_t i = 0; i < read.size(); ++i) {
      const std::string& shown = coverage_[i].input.shown;
      const std::uint64_t files = 1 + coverage_[i].together.size();
      coverage_[i].whole.reset();
      coverage_[i].together.clear();
      if (!*read[i]) {
        blame(ExitCode::unusable, "coverage-unreadable", read[i]->error().message(), shown);
        continue;
      }
      collectors::CoverageData& data = **read[i];
      gathered_.coverage_files += files;
      for (Diagnostic& diagnostic : data.diagnostics) {
        if (diagnostic.severity == Severity::error)
          note(ExitCode::unusable, fmt::format("coverage is not usable: {}: {}", shown, diagnostic.message));
        gathered_.report.diagnostics.push_back(std::move(diagnostic));
      }
      good.push_back({std::move(data), coverage_[i].input.path});
    }
    if (!good.empty())
      gathered_.report.coverage = join_coverage(std::move(good), request_.repository, request_.here, request_.path_map);
  }

  Result<collectors::CoverageData> read_one(const OpenInput& opened) const {
    collectors::CoverageReadOptions options{opened.input.shown};
    options.source = source_reader(request_.repository, request_.here, opened.input.path.parent_path());
    RH_TRY(const std::string text, text_of(opened));
    if (opened.together.empty()) return opened.coverage->read(text, options);
    std::vector<std::string> others;
    for (const OpenInput& other : opened.together) {
      RH_TRY(std::string read, text_of(other));
      others.push_back(std::move(read));
    }
    std::vector<collectors::CoverageText> texts = {{text, opened.input.shown}};
    for (std::size_t i = 0; i < others.size(); ++i) texts.push_back({others[i], opened.together[i].input.shown});
    return opened.coverage->read_together(texts, options);
  }

  static Result<std::string> text_of(const OpenInput& opened) {
    if (opened.whole) return *opened.whole;
    return read_file(opened.input.path, kMaxInputBytes);
  }

  void finish() {
    RunReport& report = gathered_.report;
    const bool of_runs = !runs_.empty();
    if (of_runs) {
      const CoverageReport loose = std::move(report.coverage);
      join_runs(report, std::move(runs_));
      if (!loose.files.empty()) {
        collectors::merge_into(report.coverage.files, loose.files);
        collectors::settle_texts(report.coverage.files);
        report.coverage.totals = collectors::totals_of(report.coverage.files);
        report.coverage.reason.clear();
      }
    }
    report.counts = {};
    for (const SuiteReport& suite : report.suites) report.counts = report.counts + suite.counts;
    if (!of_runs && gathered_.time) report.wall = gathered_.time->nanoseconds();
    if (report.coverage.files.empty() && report.coverage.reason.empty())
      report.coverage.reason =
          gathered_.coverage_files == 0 ? "no coverage file was given" : "the coverage files name no source file";
    if (!report.coverage.unresolved.empty()) {
      report.diagnostics.push_back(unresolved_paths(report.coverage.unresolved, request_.strict_paths));
      if (request_.strict_paths) note(ExitCode::unusable, report.diagnostics.back().message);
    }
    report.complete = true;
  }

  const GatherRequest& request_;
  Gathered gathered_;
  std::vector<OpenInput> coverage_;
  std::vector<RunReport> runs_;
};

}  // namespace

Result<Gathered> gather(const GatherRequest& request) { return Gatherer(request).gather(); }

Result<CoverageReport> gather_coverage(const GatherRequest& request) {
  RH_TRY(Gathered gathered, gather(request));
  if (gathered.problem && gathered.results_files == 0)
    return fail(ErrorKind::parse, "read coverage of the base: " + gathered.problem_reason);
  if (gathered.report.coverage.files.empty())
    return fail(ErrorKind::parse, "read coverage of the base: " + gathered.report.coverage.reason);
  return std::move(gathered.report.coverage);
}

}  // namespace rh::engine
