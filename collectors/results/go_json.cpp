// Reader of `go test -json`. The verdict of a package decides about its tests; see go_package.h.
//
// A test's start is known only when the stream is read while it is written: the time stamps are wall
// clock, and the offset to the monotonic clock is the one at the construction of the reader.
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "collectors/results/flat_json.h"
#include "collectors/results/go_package.h"
#include "collectors/results/go_reruns.h"
#include "collectors/results/line_splitter.h"
#include "collectors/results/timestamp.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxPlainBytes = 8U << 10;
// A stream whose first event is older than the reader by more than this was stored before.
constexpr std::chrono::nanoseconds kLiveTolerance = std::chrono::seconds(2);

class GoJsonReader : public ResultReader {
 public:
  GoJsonReader(const ResultReaderOptions& options, ResultSink sink)
      : options_(options),
        sink_(std::move(sink)),
        constructed_(wall_now().time_since_epoch()),
        to_monotonic_(monotonic_now() - constructed_) {}

  void feed(std::string_view bytes) override {
    lines_.feed(bytes, [this](const Line& line) { read(line); });
  }
  void finish() override;

 private:
  void read(const Line& line);
  void read_event();
  void read_build_event(std::string_view action);
  void read_package_event(std::string_view action, GoPackage& package);
  void read_plain_line(std::string_view line);
  GoPackage& package(std::string_view name);
  void close(std::string_view name);
  GoStamp stamp();

  ResultReaderOptions options_;
  ResultSink sink_;
  Nanoseconds constructed_, to_monotonic_;
  std::optional<bool> live_;
  LineSplitter lines_;
  FlatObject event_;
  struct OpenPackage {
    ResultSink sink;
    std::unique_ptr<GoPackage> tests;
  };
  GoReruns reruns_{sink_};
  std::map<std::string, OpenPackage, std::less<>> packages_;      // without a verdict yet
  std::map<std::string, BoundedText, std::less<>> build_output_;  // by import path
  BoundedText plain_{kMaxPlainBytes};
  bool plain_means_failure_ = false;
};

void GoJsonReader::read(const Line& line) {
  const FlatObject::Parse parsed = event_.parse(line.text);
  // Of a line that is cut because it is too long only the end of a test's output is missing.
  const bool usable = parsed == FlatObject::Parse::whole || (parsed == FlatObject::Parse::cut && line.cut);
  if (usable && !event_.text("Action").empty()) return read_event();
  if (parsed == FlatObject::Parse::cut && !line.ended)
    return sink_(model::Diagnostic{Severity::error,
                                   "go-stream-truncated",
                                   fmt::format("the stream of go test ends inside of an event at byte {}", line.offset),
                                   options_.subject,
                                   {}});
  read_plain_line(line.text);
}

// go writes some of its own complaints beside the events.
void GoJsonReader::read_plain_line(std::string_view line) {
  if (trim(line).empty()) return;
  plain_.append(line);
  plain_.append("\n");
  if (line.starts_with("FAIL") || line.starts_with("# ") || line.starts_with("go: ") || line.starts_with("panic: ") ||
      line.find("[setup failed]") != std::string_view::npos || line.find("[build failed]") != std::string_view::npos)
    plain_means_failure_ = true;
}

GoStamp GoJsonReader::stamp() {
  GoStamp at;
  at.wall = parse_rfc3339(event_.text("Time"));
  if (!at.wall) return at;
  if (!live_) live_ = *at.wall >= constructed_ - kLiveTolerance;
  if (*live_) at.monotonic = *at.wall + to_monotonic_;
  return at;
}

GoPackage& GoJsonReader::package(std::string_view name) {
  if (const auto found = packages_.find(name); found != packages_.end()) return *found->second.tests;
  const auto added = packages_.emplace(name, OpenPackage{}).first;
  const std::string& key = added->first;
  added->second.sink = [this, &key](model::ResultEvent event) { reruns_.take(key, std::move(event)); };
  added->second.tests = std::make_unique<GoPackage>(key, options_, added->second.sink);
  return *added->second.tests;
}

void GoJsonReader::close(std::string_view name) {
  reruns_.settle(name);
  packages_.erase(packages_.find(name));
}

void GoJsonReader::read_event() {
  const std::string_view action = event_.text("Action");
  if (action == "build-output" || action == "build-fail") return read_build_event(action);
  const std::string_view name = event_.text("Package");
  const std::string_view test = event_.text("Test");
  // `go tool test2json` without -p names no package: all of it is one.
  if (name.empty() && test.empty() && action == "output" && !packages_.contains(name))
    return read_plain_line(event_.text("Output"));
  GoPackage& current = package(name);
  if (test.empty()) return read_package_event(action, current);
  if (action == "run")
    current.run(test, stamp());
  else if (action == "pause")
    current.pause(test, stamp());
  else if (action == "cont")
    current.resume(test, stamp());
  else if (action == "output")
    current.output(test, event_.text("Output"));
  else if (action == "pass" || action == "bench")
    current.end(test, Outcome::passed, event_.number("Elapsed"), stamp());
  else if (action == "fail")
    current.end(test, Outcome::failed, event_.number("Elapsed"), stamp());
  else if (action == "skip")
    current.end(test, Outcome::skipped, event_.number("Elapsed"), stamp());
  if (current.exited()) close(name);
}

void GoJsonReader::read_build_event(std::string_view action) {
  const std::string path(event_.text("ImportPath"));
  if (action == "build-output")
    build_output_[path].append(event_.text("Output"));
  else
    build_output_.try_emplace(path);
}

void GoJsonReader::read_package_event(std::string_view action, GoPackage& current) {
  if (action == "output") return current.output({}, event_.text("Output"));
  if (action == "pass") {
    current.passed();
  } else if (action == "skip") {
    current.skipped();
  } else if (action == "fail") {
    const std::string_view culprit = event_.text("FailedBuild");
    const auto output = build_output_.find(culprit);
    current.failed(culprit, output == build_output_.end() ? std::string() : output->second.text(), stamp());
  } else {
    return;
  }
  close(event_.text("Package"));
}

void GoJsonReader::finish() {
  lines_.finish([this](const Line& line) { read(line); });
  for (const auto& [name, stopped] : packages_) {
    stopped.tests->stopped();
    reruns_.settle(name);
  }
  packages_.clear();
  if (reruns_.recovered() > 0)
    sink_(
        model::Diagnostic{Severity::info,
                          "go-retries",
                          fmt::format("{} tests failed at first and passed when the stream repeats their package: each "
                                      "counts once, as flaky",
                                      reruns_.recovered()),
                          options_.subject,
                          {}});
  if (plain_.empty()) return;
  sink_(model::Diagnostic{plain_means_failure_ ? Severity::error : Severity::warning,
                          "go-plain-output",
                          fmt::format("go test wrote beside its events:\n{}", trim(plain_.text())),
                          options_.subject,
                          {}});
}

}  // namespace

std::unique_ptr<ResultReader> make_go_json_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<GoJsonReader>(options, std::move(sink));
}

// What was written before the first event ("go: downloading ...") may stand before it, but nothing of another format.
bool sniff_go_json(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  for (const std::string_view line : split_lines(head)) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    FlatObject event;
    if (event.parse(line) == FlatObject::Parse::invalid) {
      if (is_one_of(text.substr(0, 1), {"<", "{", "["}) || text.starts_with("TAP version ") || text.starts_with("1.."))
        return false;
      continue;
    }
    return !event.text("Action").empty() &&
           (event.has("Package") || event.has("ImportPath") || event.has("Time") || event.has("Test"));
  }
  return false;
}

}  // namespace rh::collectors
