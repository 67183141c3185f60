// Reader of the Test Anything Protocol, versions 12 to 14, as Test::More, node:test, node-tap, bats,
// pg_prove and many others write it. Subtests are indented streams of their own: their points are the
// tests, and the point that sums them up is none, unless it failed for another reason than they did.
// Whatever the plan does not agree with is an error: a process that died in the middle leaves only that.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "collectors/results/line_splitter.h"
#include "collectors/results/reader.h"
#include "collectors/results/tap_diagnostic.h"
#include "collectors/results/tap_line.h"
#include "collectors/results/test_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxComplaints = 20;
constexpr std::string_view kNoUsage = "TAP carries no usage of a single test";

class TapReader : public ResultReader {
 public:
  TapReader(const ResultReaderOptions& options, ResultSink sink) : options_(options), sink_(std::move(sink)) {
    levels_.emplace_back();
  }

  void feed(std::string_view bytes) override {
    lines_.feed(bytes, [this](const Line& line) { read(line); });
  }
  void finish() override;

 private:
  // A stream of points: the outermost one, or that of a subtest.
  struct Level {
    std::string name;  // of the subtest
    std::optional<std::uint64_t> planned;
    std::string skip_reason;          // of a plan that skips all
    std::vector<std::uint64_t> todo;  // points that the plan expects to fail
    std::uint64_t points = 0, failed = 0;
  };

  void read(const Line& line);
  void take(const TapLine& line);
  void take_point(const TapLine& line);
  void take_plan(const TapLine& line);
  void open_levels(std::size_t depth);
  void close_level();
  void flush();
  bool take_diagnostic(const Line& line);
  [[nodiscard]] std::string path() const;
  void diagnose(Severity severity, std::string code, std::string message) {
    sink_(model::Diagnostic{severity, std::move(code), std::move(message), options_.subject, {}});
  }
  void complain(std::string message) {
    if (complaints_++ < kMaxComplaints) diagnose(Severity::error, "tap-plan", std::move(message));
  }

  ResultReaderOptions options_;
  ResultSink sink_;
  LineSplitter lines_;
  std::uint64_t line_ = 0;
  std::vector<Level> levels_;
  std::array<std::string, kMaxDepth + 1> names_;  // of "# Subtest: name", by its depth

  // The last point waits for what is written about it.
  std::optional<model::TestEnded> waiting_;
  std::size_t waiting_depth_ = 0;
  TapDiagnostic about_;
  bool in_yaml_ = false;
  // What the subtests that have just ended amount to: the next point of the level above sums them up.
  struct Closed {
    bool any = false;
    std::size_t depth = 0;
    std::uint64_t points = 0, failed = 0;
    std::string name;
  } closed_;

  std::uint64_t ordinal_ = 0, complaints_ = 0, misnumbered_ = 0;
  bool bailed_ = false, seen_any_ = false, cut_ = false;
};

void TapReader::read(const Line& raw) {
  ++line_;
  cut_ = !raw.ended;
  if (bailed_ || take_diagnostic(raw)) return;
  std::string_view text = raw.text;
  if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  take(read_tap_line(text));
}

// A YAML block, two blanks deeper than its point, or comments behind a point.
bool TapReader::take_diagnostic(const Line& raw) {
  if (!waiting_) return false;
  const std::string indent(waiting_depth_ * 4 + 2, ' ');
  const std::string_view text = raw.text;
  if (in_yaml_) {
    if (!text.starts_with(indent) && !trim(text).empty()) {
      in_yaml_ = false;  // never closed
      return false;
    }
    const std::string_view line = text.substr(std::min(indent.size(), text.size()));
    in_yaml_ = trim(line) != "...";
    if (in_yaml_) about_.add_yaml(line);
    return true;
  }
  if (text.starts_with(indent) && text.substr(indent.size()).starts_with("---")) {
    in_yaml_ = true;
    return true;
  }
  return false;
}

void TapReader::take(const TapLine& line) {
  switch (line.kind) {
    case TapLine::Kind::point:
      return take_point(line);
    case TapLine::Kind::plan:
      return take_plan(line);
    case TapLine::Kind::version:
      seen_any_ = true;
      return;
    case TapLine::Kind::bail_out:
      flush();
      bailed_ = seen_any_ = true;
      diagnose(Severity::error, "tap-bail-out",
               fmt::format("the run gave up at line {}: {}", line_,
                           line.description.empty() ? "no reason given" : one_line(line.description)));
      return;
    case TapLine::Kind::subtest:
      flush();
      if (line.depth < kMaxDepth) names_[line.depth] = to_valid_utf8(line.description);
      return;
    case TapLine::Kind::comment:
      // node:test and Test::More end with figures and advice that belong to no test.
      if (waiting_ && line.depth == waiting_depth_) about_.add_comment(line.description);
      return;
    case TapLine::Kind::pragma:
    case TapLine::Kind::other:
      return;
  }
}

std::string TapReader::path() const {
  std::string path;
  for (const Level& level : levels_) {
    if (level.name.empty()) continue;
    path += (path.empty() ? "" : " > ") + level.name;
  }
  return path;
}

// "# Subtest: name" stands beside the point that sums the subtest up (TAP 14) or inside of it (older
// writers), so a level takes the name of the level around it first.
void TapReader::open_levels(std::size_t depth) {
  while (levels_.size() < depth + 1 && levels_.size() < kMaxDepth) {
    const std::size_t level = levels_.size();
    levels_.emplace_back();
    for (const std::size_t place : {level - 1, level})
      if (levels_.back().name.empty()) levels_.back().name = std::exchange(names_[place], {});
  }
  if (depth < kMaxDepth) names_[depth].clear();
}

// The subtest is over: its plan is judged, and its parent knows.
void TapReader::close_level() {
  const Level level = std::move(levels_.back());
  levels_.pop_back();
  const std::string who = level.name.empty() ? "a subtest" : fmt::format("subtest \"{}\"", one_line(level.name));
  if (level.planned && *level.planned != level.points)
    complain(
        fmt::format("{} that ends at line {} planned {} tests and ran {}", who, line_, *level.planned, level.points));
  if (!closed_.any || closed_.depth != levels_.size()) closed_ = {true, levels_.size(), 0, 0, {}};
  closed_.points += level.points;
  closed_.failed += level.failed;
  closed_.name = level.name;
}

void TapReader::take_plan(const TapLine& line) {
  flush();
  seen_any_ = true;
  if (line.depth + 1 < levels_.size())
    while (levels_.size() > line.depth + 1) close_level();
  open_levels(line.depth);
  Level& level = levels_.back();
  if (level.planned) return complain(fmt::format("there is a second plan at line {}", line_));
  level.planned = line.number;
  level.skip_reason = line.reason;
  level.todo = line.todo;
  std::sort(level.todo.begin(), level.todo.end());
}

void TapReader::take_point(const TapLine& line) {
  flush();
  seen_any_ = true;
  while (levels_.size() > line.depth + 1) close_level();
  const bool sums_up = closed_.any && closed_.depth == line.depth + 1;
  const Closed inner = closed_;
  closed_ = {};
  open_levels(line.depth);
  Level& level = levels_.back();
  ++level.points;
  if (line.number && *line.number != level.points) ++misnumbered_;

  const bool listed = std::binary_search(level.todo.begin(), level.todo.end(), line.number.value_or(level.points));
  const bool expected = line.directive == TapLine::Directive::todo || listed;
  const bool skipped = line.directive == TapLine::Directive::skip;
  const Outcome outcome = skipped    ? Outcome::skipped
                          : expected ? (line.ok ? Outcome::unexpected_pass : Outcome::expected_failure)
                          : line.ok  ? Outcome::passed
                                     : Outcome::failed;
  level.failed += model::is_failure(outcome) ? 1 : 0;
  if (sums_up && inner.points > 0 && (!model::is_failure(outcome) || inner.failed > 0)) return;

  model::TestEnded ended;
  ended.key = fmt::format("point {}", ++ordinal_);
  ended.test.name = line.description.empty() ? fmt::format("test {}", line.number.value_or(level.points))
                                             : to_valid_utf8(line.description);
  ended.test.classname = path();
  ended.attempt.outcome = outcome;
  if (line.time) ended.attempt.duration = line.time->nanoseconds();
  ended.attempt.message = one_line(line.reason);
  ended.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  waiting_ = std::move(ended);
  waiting_depth_ = line.depth;
}

void TapReader::flush() {
  in_yaml_ = false;
  if (waiting_) {
    about_.explain(*waiting_, options_.suite_root);
    sink_(std::move(*waiting_));
  }
  waiting_.reset();
  about_ = TapDiagnostic();
}

void TapReader::finish() {
  lines_.finish([this](const Line& line) { read(line); });
  flush();
  while (levels_.size() > 1) close_level();
  const Level& top = levels_.front();
  if (!seen_any_) {
    diagnose(Severity::error, "not-tap", "this is no TAP stream: it holds neither a plan nor a test point");
  } else if (bailed_) {
    return;
  } else if (!top.planned) {
    complain(fmt::format("the stream ends after {} tests without a plan: its process may have died", top.points));
  } else if (*top.planned != top.points) {
    complain(
        fmt::format("{} tests were planned and {} ran: {}", *top.planned, top.points,
                    *top.planned > top.points ? "results are lost, the process may have died" : "the plan is wrong"));
  } else if (top.points == 0) {
    diagnose(Severity::warning, "tap-no-cases",
             fmt::format("the plan is 1..0: no test ran{}{}", top.skip_reason.empty() ? "" : ", ",
                         one_line(top.skip_reason)));
  }
  if (misnumbered_ > 0)
    diagnose(Severity::warning, "tap-numbers",
             fmt::format("{} test points have another number than their place in the stream", misnumbered_));
}

}  // namespace

std::unique_ptr<ResultReader> make_tap_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<TapReader>(options, std::move(sink));
}

namespace {

// "ok" begins sentences too.
bool is_certain_point(const TapLine& line) {
  return line.number.has_value() || line.text.starts_with("ok - ") || line.text.starts_with("not ok - ") ||
         is_one_of(trim(line.text), {"ok", "not ok"});
}

// What a package manager or a build writes before the stream ("> demo@1.0.0 test"): then a version says it, or a plan
// together with a point.
bool holds_stream(std::string_view head) {
  bool plan = false, point = false;
  for (const std::string_view line : split_lines(head)) {
    const TapLine read = read_tap_line(line);
    if (read.depth > 0) continue;
    if (read.kind == TapLine::Kind::version) return true;
    plan |= read.kind == TapLine::Kind::plan;
    point |= read.kind == TapLine::Kind::point && is_certain_point(read);
  }
  return plan && point;
}

}  // namespace

// The first line that is neither blank nor a comment is of the protocol, or text that is of no other format comes
// first.
bool sniff_tap(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  for (const std::string_view line : split_lines(head)) {
    const TapLine read = read_tap_line(line);
    if (trim(line).empty() || read.kind == TapLine::Kind::comment || read.kind == TapLine::Kind::subtest) continue;
    if (read.kind == TapLine::Kind::point && is_certain_point(read)) return true;
    if (read.kind == TapLine::Kind::version || read.kind == TapLine::Kind::plan || read.kind == TapLine::Kind::pragma ||
        read.kind == TapLine::Kind::bail_out)
      return true;
    break;
  }
  head = trim(head);
  return !head.empty() && !is_one_of(head.substr(0, 1), {"<", "{", "["}) && !head.starts_with("#!") &&
         head.find('\0') == std::string_view::npos && holds_stream(head);
}

}  // namespace rh::collectors
