// JSON of Xcode's xccov in its two forms. "xccov view --archive --json" has the lines of each file with their counts;
// "xccov view --report --json" has functions and how many of their lines ran, but no lines: they stay unknown.
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace {
  kRoot,
  kTargets,
  kTarget,
  kFiles,
  kFile,
  kPath,
  kFunctions,
  kFunction,
  kFunctionField,
  kCovered,
  kExecutable,
  kLines,
  kLine,
  kLineField,
};

constexpr JsonStep kSteps[] = {
    {kRoot, "targets", kTargets},
    {kRoot, "coveredLines", kCovered},
    {kRoot, "executableLines", kExecutable},
    {kTargets, kElement, kTarget},
    {kTarget, "files", kFiles},
    {kFiles, kElement, kFile},
    {kFile, "path", kPath},
    {kFile, "functions", kFunctions},
    {kFunctions, kElement, kFunction},
    {kFunction, kAnyMember, kFunctionField},
    {kRoot, kAnyMember, kLines},
    {kLines, kElement, kLine},
    {kLine, kAnyMember, kLineField},
};

class XccovHandler : public JsonHandler {
 public:
  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    if (place == kTargets) is_report_ = true;
    if (place == kLines && is_array) file_.emplace(source_path(key));
    if (place == kFile) path_.clear(), functions_.clear();
    if (place == kFunction || place == kLine) number_.reset(), count_.reset(), name_.clear(), executable_ = false;
  }

  void leave(JsonPlace place) override {
    if (place == kLine) end_line();
    if (place == kFunction) functions_.push_back({name_, number_.value_or(0), count_.value_or(0)});
    if (place == kLines) end_archived_file();
    if (place == kFile) end_reported_file();
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    const bool count = value.kind == JsonScalar::Kind::integer && !value.negative;
    if (place == kPath) path_ = value.as_text().value_or("");
    if (place == kCovered && count) declared_.hit = value.magnitude;
    if (place == kExecutable && count) declared_.found = value.magnitude;
    if (place != kLineField && place != kFunctionField) return;
    if (key == "line" || key == "lineNumber") number_ = value.as_line();
    if (key == "executionCount" && count) count_ = value.magnitude;
    if (key == "isExecutable") executable_ = value.as_bool().value_or(false);
    if (key == "name") name_ = to_valid_utf8(value.as_text().value_or(""));
  }

  void end_archived_file() {
    if (file_ && saw_line_) files_.push_back(std::move(*file_).finish());
    file_.reset();
    saw_line_ = false;
  }

  [[nodiscard]] bool is_report() const { return is_report_; }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }
  [[nodiscard]] std::vector<model::CoverageFile>& files() { return files_; }
  [[nodiscard]] model::Ratio declared() const { return declared_; }

 private:
  void end_line() {
    if (!file_ || !number_) return void(++damaged_);
    saw_line_ = true;
    if (executable_) file_->line(*number_, count_.value_or(0));
  }

  void end_reported_file() {
    if (path_.empty()) return void(++damaged_);
    FileBuilder file{source_path(path_)};
    for (model::FunctionHits& function : functions_) file.function(std::move(function));
    files_.push_back(std::move(file).finish());
    functions_.clear();
  }

  std::optional<FileBuilder> file_;
  std::string path_, name_;
  std::optional<std::uint32_t> number_;
  std::optional<std::uint64_t> count_;
  bool executable_ = false, saw_line_ = false, is_report_ = false;
  std::vector<model::FunctionHits> functions_;
  std::vector<model::CoverageFile> files_;
  model::Ratio declared_;
  std::size_t damaged_ = 0;
};

}  // namespace

Result<CoverageData> read_xccov(std::string_view text, const CoverageReadOptions& options) {
  XccovHandler handler;
  const JsonEnd end = walk_json(text, kSteps, handler);
  handler.end_archived_file();
  if (!handler.is_report() && handler.files().empty())
    return fail(ErrorKind::parse,
                fmt::format("read xccov JSON: it has no files with lines{}{}", end.complete ? "" : ": ", end.error),
                options.subject);
  DamageLog damage(options.subject);
  CoverageData data;
  if (handler.is_report()) {
    data.declared.emplace();
    data.declared->lines = handler.declared();
    damage.add(Severity::warning, "xccov-no-lines",
               "A report of xccov has no lines, only how many of each function ran: use 'xcrun xccov view --archive "
               "--json' for them.");
  }
  if (handler.damaged() > 0)
    damage.add(Severity::warning, "xccov-record",
               fmt::format("{} lines or files were damaged and skipped.", handler.damaged()));
  if (!end.complete)
    damage.add(Severity::error, "xccov-truncated",
               fmt::format("The data ends at {}: {}. What stands before it is used.", json_position(text, end.offset),
                           end.error));
  data.files = gather_files(std::move(handler.files()));
  data.diagnostics = damage.take();
  return data;
}

bool sniff_xccov(std::string_view head) {
  const JsonHead json(head);
  if (!json.is_object()) return false;
  if (json.has(3, "isExecutable")) return true;
  return json.has_any(1, {"coveredLines", "executableLines"}) && json.has_any(1, {"lineCoverage", "targets"});
}

}  // namespace rh::collectors
