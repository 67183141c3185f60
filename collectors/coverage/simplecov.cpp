// SimpleCov: .resultset.json, with the results of several commands (test suites, parallel workers), which are added up,
// in its old form (an array of lines for each file) and the new one (lines, branches, methods); and coverage.json of
// its JSON formatter. Lines between "# :nocov:" comments count nowhere in SimpleCov, but only the second form says so:
// the first is asked from the source, where that can be had.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/ruby_keys.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace {
  kRoot,
  kCommand,
  kCoverage,
  kFile,
  kOldLine,
  kLines,
  kLine,
  kBranches,
  kCondition,
  kBranch,
  kListedBranch,
  kListedField,
  kMethods,
  kMethod,
};

constexpr JsonStep kSteps[] = {
    {kRoot, "coverage", kCoverage},    {kRoot, kAnyMember, kCommand},        {kCommand, "coverage", kCoverage},
    {kCoverage, kAnyMember, kFile},    {kFile, kElement, kOldLine},          {kFile, "lines", kLines},
    {kLines, kElement, kLine},         {kFile, "branches", kBranches},       {kBranches, kAnyMember, kCondition},
    {kCondition, kAnyMember, kBranch}, {kBranches, kElement, kListedBranch}, {kListedBranch, kAnyMember, kListedField},
    {kFile, "methods", kMethods},      {kMethods, kAnyMember, kMethod},
};

// A branch of the JSON formatter's list.
struct ListedBranch {
  std::string type;
  std::optional<std::uint32_t> start_line, report_line;
  std::optional<std::uint64_t> hits;  // "ignored" has none
};

class SimplecovHandler : public JsonHandler {
 public:
  explicit SimplecovHandler(const CoverageReadOptions& options) : options_(options) {}

  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    if (place == kCoverage && !is_array) recognised_ = true;
    if (place == kFile) begin_file(key);
    if (place == kLines) line_ = 0;
    if (place == kCondition) condition_ = read_ruby_key(key);
    if (place == kListedBranch) listed_ = {};
  }

  void leave(JsonPlace place) override {
    if (place == kFile) end_file();
    if (place == kListedBranch) end_listed_branch();
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    if (!file_) return;
    if (place == kLine || place == kOldLine) add_line(value);
    if (place == kBranch) add_branch(key, value);
    if (place == kListedField) add_listed_field(key, value);
    if (place == kMethod) add_method(key, value);
  }

  [[nodiscard]] bool recognised() const { return recognised_; }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }
  [[nodiscard]] std::vector<model::CoverageFile> take() {
    end_file();
    return gather_files(std::move(files_));
  }

 private:
  void begin_file(std::string_view path) {
    end_file();
    file_.emplace(source_path(path));
    nocov_ = path_ == path ? std::move(nocov_) : nocov_lines(path);
    path_ = std::string(path);
    line_ = 0;
    blocks_.clear();
  }

  void end_file() {
    if (file_) files_.push_back(std::move(*file_).finish());
    file_.reset();
  }

  // The lines that comments leave out; one without an end goes to the end of the file.
  [[nodiscard]] std::vector<bool> nocov_lines(std::string_view path) const {
    const auto source = options_.source ? options_.source(path) : std::nullopt;
    std::vector<bool> left_out;
    if (!source || source->find(":nocov:") == std::string::npos) return left_out;
    bool inside = false;
    for (const std::string_view line : split_lines(*source)) {
      std::string_view text = trim(line);
      const bool comment = text.starts_with('#');
      if (comment) text = trim(text.substr(1));
      const bool toggles = comment && text.starts_with(":nocov:");
      left_out.push_back(inside || toggles);
      if (toggles) inside = !inside;
    }
    return left_out;
  }
  [[nodiscard]] bool is_left_out(std::uint32_t line) const { return line <= nocov_.size() && nocov_[line - 1]; }

  static std::optional<std::uint64_t> count_of(const JsonScalar& value) {
    if (value.kind != JsonScalar::Kind::integer) return std::nullopt;
    return value.negative ? 0 : value.magnitude;
  }

  // null: no code; "ignored": left out by a comment.
  void add_line(const JsonScalar& value) {
    ++line_;
    const auto hits = count_of(value);
    if (hits && !is_left_out(line_)) file_->line(line_, *hits);
    if (!hits && value.kind != JsonScalar::Kind::null && value.as_text() != "ignored") ++damaged_;
  }

  void add_branch(std::string_view key, const JsonScalar& value) {
    const auto branch = read_ruby_key(key);
    const auto hits = count_of(value);
    if (!condition_ || !branch || !hits) return void(++damaged_);
    if (is_left_out(branch->start_line)) return;
    const auto place = std::pair(condition_->start_line, condition_->start_column);
    const auto [block, fresh] = blocks_.try_emplace(place, std::map<std::string, std::uint32_t>{});
    const auto number = block->second.try_emplace(condition_->name, next_block_[condition_->start_line]).first;
    if (number->second == next_block_[condition_->start_line]) ++next_block_[condition_->start_line];
    file_->branch({condition_->start_line, number->second,
                   fmt::format("{} {}:{}", branch->name, branch->start_line, branch->start_column), *hits});
  }

  void add_listed_field(std::string_view key, const JsonScalar& value) {
    if (key == "type") listed_.type = to_valid_utf8(value.as_text().value_or(""));
    if (key == "start_line") listed_.start_line = value.as_line();
    if (key == "report_line") listed_.report_line = value.as_line();
    if (key == "coverage") listed_.hits = count_of(value);
  }

  void end_listed_branch() {
    const auto line = listed_.report_line ? listed_.report_line : listed_.start_line;
    if (!file_ || !line || !listed_.hits) return;
    file_->branch({*line, next_block_[*line]++, listed_.type, *listed_.hits});
  }

  void add_method(std::string_view key, const JsonScalar& value) {
    const auto method = read_ruby_key(key);
    const auto hits = count_of(value);
    if (!method || !hits) return void(++damaged_);
    if (is_left_out(method->start_line)) return;
    const std::string name = method->owner.empty() ? method->name : method->owner + "#" + method->name;
    file_->function({name, method->start_line, *hits});
  }

  const CoverageReadOptions& options_;
  std::string path_;
  std::vector<bool> nocov_;
  std::optional<FileBuilder> file_;
  std::uint32_t line_ = 0;
  std::optional<RubyKey> condition_;
  ListedBranch listed_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::string, std::uint32_t>> blocks_;
  std::map<std::uint32_t, std::uint32_t> next_block_;  // of a line
  std::vector<model::CoverageFile> files_;
  std::size_t damaged_ = 0;
  bool recognised_ = false;
};

}  // namespace

Result<CoverageData> read_simplecov(std::string_view text, const CoverageReadOptions& options) {
  SimplecovHandler handler(options);
  const JsonEnd end = walk_json(text, kSteps, handler);
  if (!handler.recognised())
    return fail(ErrorKind::parse,
                fmt::format("read SimpleCov result: it has no coverage{}{}", end.complete ? "" : ": ", end.error),
                options.subject);
  DamageLog damage(options.subject);
  if (handler.damaged() > 0)
    damage.add(Severity::warning, "simplecov-record",
               fmt::format("{} lines, branches or methods were damaged and skipped.", handler.damaged()));
  if (!end.complete)
    damage.add(Severity::error, "simplecov-truncated",
               fmt::format("The data ends at {}: {}. What stands before it is used.", json_position(text, end.offset),
                           end.error));
  CoverageData data;
  data.files = handler.take();
  data.diagnostics = damage.take();
  return data;
}

bool sniff_simplecov(std::string_view head) {
  const JsonHead json(head);
  if (!json.is_object()) return false;
  if (json.has(2, "simplecov_version")) return true;
  if (json.has(1, "coverage")) return json.has(1, "meta") && json.has(3, "lines");
  return json.has(2, "coverage") && (json.has(4, "lines") || json.has(2, "timestamp") || json.has_array_at(3));
}

}  // namespace rh::collectors
