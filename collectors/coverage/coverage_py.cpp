// The JSON report of coverage.py. It knows which lines and branches ran, not how often: hits are 0
// or 1. With branch measurement on, coverage.py's own percentage is lines and branches together, so
// that is the basis. Contexts (--show-contexts) say which test ran which line.
#include <algorithm>

#include <fmt/core.h>

#include "collectors/coverage/contexts.h"
#include "collectors/coverage/damage.h"
#include "collectors/coverage/encoding.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/merge.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace {
  kDocument = kJsonRoot,
  kMeta,
  kBranchCoverage,
  kTotals,
  kTotalLines,
  kTotalLinesHit,
  kTotalBranches,
  kTotalBranchesHit,
  kFiles,
  kFile,
  kExecuted,
  kExecutedLine,
  kMissing,
  kMissingLine,
  kExecutedBranches,
  kExecutedBranch,
  kExecutedEnd,
  kMissingBranches,
  kMissingBranch,
  kMissingEnd,
  kContexts,
  kContextsOfLine,
  kContext,
  kFunctions,
  kFunction,
  kStart,
  kFunctionExecuted,
  kFunctionExecutedLine,
  kFunctionMissing,
  kFunctionMissingLine,
};

constexpr JsonStep kSteps[] = {
    {kDocument, "meta", kMeta},
    {kDocument, "files", kFiles},
    {kDocument, "totals", kTotals},
    {kMeta, "branch_coverage", kBranchCoverage},
    {kTotals, "num_statements", kTotalLines},
    {kTotals, "covered_lines", kTotalLinesHit},
    {kTotals, "num_branches", kTotalBranches},
    {kTotals, "covered_branches", kTotalBranchesHit},
    {kFiles, kAnyMember, kFile},
    {kFile, "executed_lines", kExecuted},
    {kFile, "missing_lines", kMissing},
    {kFile, "executed_branches", kExecutedBranches},
    {kFile, "missing_branches", kMissingBranches},
    {kFile, "contexts", kContexts},
    {kFile, "functions", kFunctions},
    {kExecuted, kElement, kExecutedLine},
    {kMissing, kElement, kMissingLine},
    {kExecutedBranches, kElement, kExecutedBranch},
    {kExecutedBranch, kElement, kExecutedEnd},
    {kMissingBranches, kElement, kMissingBranch},
    {kMissingBranch, kElement, kMissingEnd},
    {kContexts, kAnyMember, kContextsOfLine},
    {kContextsOfLine, kElement, kContext},
    {kFunctions, kAnyMember, kFunction},
    {kFunction, "start_line", kStart},
    {kFunction, "executed_lines", kFunctionExecuted},
    {kFunction, "missing_lines", kFunctionMissing},
    {kFunctionExecuted, kElement, kFunctionExecutedLine},
    {kFunctionMissing, kElement, kFunctionMissingLine},
};

// Of a branch: [from, to]; a negative `to` leaves the code object.
struct Arc {
  std::optional<std::int64_t> ends[2];
  std::size_t size = 0;
  bool taken = false;
};

struct Function {
  std::string name;
  std::uint32_t start = 0;
  bool ran = false, missed = false;
};

class ReportHandler final : public JsonHandler {
 public:
  explicit ReportHandler(std::string_view subject) : damage_(subject) {}

  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    if (place == kFiles) saw_files_ = !is_array;
    if (place == kFile) begin_file(key);
    if (place == kExecuted) has_executed_ = is_array;
    if (place == kMissing) has_missing_ = is_array;
    if (place == kExecutedBranch || place == kMissingBranch) arcs_.push_back({{}, 0, place == kExecutedBranch});
    if (place == kContextsOfLine) context_line_ = read_line_number(key);
    if (place == kFunction) function_ = {std::string(key), 0, false, false};
    if (place == kExecutedLine || place == kMissingLine || place == kContext) bad(path_, "a number or name");
    if (place == kExecutedEnd || place == kMissingEnd) ++arcs_.back().size;
  }

  void leave(JsonPlace place) override {
    if (place == kFile) end_file();
    // "" is the module's own code, and a function without statements does not count.
    if (place == kFunction && !function_.name.empty() && (function_.ran || function_.missed))
      file_.function({source_text(function_.name), function_.start, function_.ran ? 1U : 0U});
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    if (place == kExecutedLine) return add_line(value, 1, "executed_lines");
    if (place == kMissingLine) return add_line(value, 0, "missing_lines");
    if (place == kExecutedEnd || place == kMissingEnd) return add_end(value);
    if (place == kContext) return add_context(value);
    if (place == kFunctionExecutedLine) function_.ran = true;
    if (place == kFunctionMissingLine) function_.missed = true;
    if (place == kStart) function_.start = value.as_line().value_or(0);
    if (place == kBranchCoverage) has_branches_ = value.as_bool().value_or(false);
    if (place >= kTotalLines && place <= kTotalBranchesHit) totals_[place - kTotalLines] = value.as_integer();
    if (place == kFile) bad(key, "its entry");
    if (place == kExecutedBranch || place == kMissingBranch) bad(path_, "a branch");
  }

  [[nodiscard]] bool saw_files() const { return saw_files_; }

  CoverageData take(const JsonEnd& end, std::string_view text) {
    if (!end.complete) {
      damage_.add(Severity::error, "coverage-py-truncated",
                  fmt::format("The JSON cannot be read beyond {}: {}. What precedes it was kept.",
                              json_position(text, end.offset), end.error));
      if (open_) end_file();
    }
    CoverageData data;
    data.files = gather_files(std::move(files_));
    if (has_branches_) data.basis = "lines+branches";
    declare(data);
    data.contexts = contexts_.take("test");
    data.diagnostics = damage_.take();
    return data;
  }

 private:
  void begin_file(std::string_view path) {
    path_ = source_path(path);
    open_ = true;
    has_executed_ = has_missing_ = false;
    missing_.clear(), arcs_.clear();
  }

  void end_file() {
    if (!has_executed_) bad(path_, "executed_lines");
    if (!has_missing_) bad(path_, "missing_lines");
    std::sort(missing_.begin(), missing_.end());
    for (const Arc& arc : arcs_) add_branch(arc);
    contexts_.end_file(path_);
    files_.push_back(file_.take());
    files_.back().path = path_;
    open_ = false;
  }

  void add_line(const JsonScalar& value, std::uint64_t hits, const char* list) {
    const auto line = value.as_line();
    if (!line) return bad(path_, list);
    file_.line(*line, hits);
    if (hits == 0) missing_.push_back(*line);
  }

  void add_end(const JsonScalar& value) {
    Arc& arc = arcs_.back();
    if (arc.size < 2) arc.ends[arc.size] = value.as_integer();
    ++arc.size;
  }

  // A branch of a line that never ran was never evaluated, which is not the same as evaluated and not taken.
  void add_branch(const Arc& arc) {
    const auto& [from, to] = arc.ends;
    if (arc.size != 2 || !from || !to || *from <= 0 || *from > UINT32_MAX)
      return bad(path_, arc.taken ? "executed_branches" : "missing_branches");
    const auto line = static_cast<std::uint32_t>(*from);
    model::BranchHits branch{line, 0, std::to_string(*to), arc.taken ? 1U : 0U};
    if (std::binary_search(missing_.begin(), missing_.end(), line)) branch.taken.reset();
    file_.branch(std::move(branch));
  }

  void add_context(const JsonScalar& value) {
    const auto name = value.as_text();
    if (!name || !context_line_) return bad(path_, "contexts");
    if (!name->empty()) contexts_.reach(contexts_.test(source_text(*name)), *context_line_);
  }

  // The file's own totals: right but for reports that someone edited.
  void declare(CoverageData& data) {
    const auto ratio = [&](std::size_t found, std::size_t hit) -> std::optional<model::Ratio> {
      if (totals_[found].value_or(-1) < 0 || totals_[hit].value_or(-1) < 0) return std::nullopt;
      return model::Ratio{static_cast<std::uint64_t>(*totals_[found]), static_cast<std::uint64_t>(*totals_[hit])};
    };
    model::CoverageTotals declared;
    declared.lines = ratio(0, 1);
    declared.branches = ratio(2, 3);
    if (!declared.lines && !declared.branches) return;
    if (declared.lines && declared.lines != totals_of(data.files).lines.value_or(model::Ratio{}))
      damage_.add(Severity::warning, "coverage-totals",
                  "The line totals of the file differ from its lines; they were counted again.");
    data.declared = declared;
  }

  void bad(std::string_view path, const char* name) {
    damage_.add(Severity::warning, "coverage-py-record",
                fmt::format("{}: {} is missing or not as expected.", excerpt(path), name));
  }

  DamageLog damage_;
  bool saw_files_ = false, has_branches_ = false, open_ = false;
  std::optional<std::int64_t> totals_[4];  // lines, those that ran, branches, those taken
  std::string path_;
  bool has_executed_ = false, has_missing_ = false;
  std::vector<std::uint32_t> missing_;
  std::vector<Arc> arcs_;
  Function function_;
  std::optional<std::uint32_t> context_line_;
  ContextBuilder contexts_;
  FileBuilder file_{std::string()};
  std::vector<model::CoverageFile> files_;
};

}  // namespace

Result<CoverageData> read_coverage_py_json(std::string_view bytes, const CoverageReadOptions& options) {
  RH_TRY(const PlainText text, plain_text(bytes, options.subject));
  ReportHandler handler(options.subject);
  const JsonEnd end = walk_json(text.view(), kSteps, handler);
  if (!handler.saw_files())
    return fail(ErrorKind::parse,
                fmt::format("read coverage.py JSON: {}", end.complete ? "it has no object \"files\"" : end.error),
                options.subject);
  return handler.take(end, text.view());
}

bool sniff_coverage_py_json(std::string_view head) {
  const PlainText text = plain_head(head);
  if (!trim(text.view()).starts_with('{')) return false;
  const JsonHead json(text.view());
  return json.has(2, "branch_coverage") || json.has(3, "executed_lines");
}

}  // namespace rh::collectors
