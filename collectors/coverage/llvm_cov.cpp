// JSON of llvm-cov export, versions 2.0.x and 3.x, also as cargo-llvm-cov writes it. Lines are not in it: a file has
// segments, places from which on a count holds, and a line counts as llvm-cov itself makes it from them
// (LineCoverageStats): the most that a region entered on it ran, or the region that it lies in.
// Instances of a generic function are one function, and their regions and branches are added up. llvm-cov's own totals
// count a line once for each function around it; they are in `declared`. MC/DC has no place in the model.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/llvm_lines.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace {
  kRoot,
  kType,
  kData,
  kExport,
  kFiles,
  kFile,
  kFileName,
  kSegments,
  kBranches,
  kRow,
  kField,
  kFunctions,
  kFunction,
  kFunctionName,
  kFunctionCount,
  kFunctionFiles,
  kFunctionFile,
  kRegions,
  kTotals,
  kTotal,
  kTotalCount,
};

constexpr JsonStep kSteps[] = {
    {kRoot, "data", kData},
    {kRoot, "type", kType},
    {kData, kElement, kExport},
    {kExport, "files", kFiles},
    {kFiles, kElement, kFile},
    {kFile, "filename", kFileName},
    {kFile, "segments", kSegments},
    {kFile, "branches", kBranches},
    {kSegments, kElement, kRow},
    {kBranches, kElement, kRow},
    {kRegions, kElement, kRow},
    {kRow, kElement, kField},
    {kExport, "functions", kFunctions},
    {kFunctions, kElement, kFunction},
    {kFunction, "name", kFunctionName},
    {kFunction, "count", kFunctionCount},
    {kFunction, "filenames", kFunctionFiles},
    {kFunctionFiles, kElement, kFunctionFile},
    {kFunction, "regions", kRegions},
    {kExport, "totals", kTotals},
    {kTotals, kAnyMember, kTotal},
    {kTotal, kAnyMember, kTotalCount},
};

constexpr std::uint64_t kCodeRegion = 0;  // the kind of regions that count

struct FunctionRecord {
  std::string name;
  std::uint64_t hits = 0;
};

struct FileRecord {
  std::vector<LlvmSegment> segments;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, model::Ratio>
      branches;                                                                 // true, false
  std::map<std::pair<std::uint32_t, std::uint32_t>, FunctionRecord> functions;  // by where they begin
  std::vector<model::BlockHits> regions;
};

class LlvmHandler : public JsonHandler {
 public:
  void enter(JsonPlace place, std::string_view key, bool) override {
    if (place == kFiles) has_files_ = true;
    if (place == kFile) name_.clear(), segments_.clear(), branch_rows_.clear();
    if (place == kFunction) name_.clear(), count_ = 0, regions_.clear(), function_files_.clear();
    if (place == kSegments || place == kBranches || place == kRegions) rows_of_ = place;
    if (place == kRow) fields_ = 0, row_.fill(0), row_is_good_ = true;
    if (place == kTotal) total_ = std::string(key);
  }

  void leave(JsonPlace place) override {
    if (place == kRow) end_row();
    if (place == kFile) end_file();
    if (place == kFunction) end_function();
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    if (place == kField) return add_field(value);
    if (place == kType) llvm_ = value.as_text() == "llvm.coverage.json.export";
    if (place == kFileName || place == kFunctionName) name_ = value.as_text().value_or("");
    if (place == kFunctionCount) count_ = count_of(value);
    if (place == kFunctionFile) function_files_.emplace_back(value.as_text().value_or(""));
    if (place == kTotalCount) add_total(key, value);
  }

  [[nodiscard]] bool recognised() const { return has_files_ || llvm_; }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }
  [[nodiscard]] std::map<std::string, FileRecord>& files() { return files_; }
  [[nodiscard]] std::optional<model::CoverageTotals> declared() const {
    return declared_.lines ? std::optional(declared_) : std::nullopt;
  }

 private:
  static constexpr std::size_t kFields = 9;

  // Counts saturate at 2^64 - 1, and older versions write that as -1 or as a real number.
  static std::uint64_t count_of(const JsonScalar& value) {
    if (value.kind == JsonScalar::Kind::integer) return value.negative ? UINT64_MAX : value.magnitude;
    if (value.kind == JsonScalar::Kind::real && value.real >= 1) return UINT64_MAX;
    return 0;
  }

  void add_field(const JsonScalar& value) {
    const bool number = value.kind != JsonScalar::Kind::null && value.kind != JsonScalar::Kind::text;
    if (!number) row_is_good_ = false;
    if (fields_ < kFields) row_[fields_++] = value.kind == JsonScalar::Kind::boolean ? value.truth : count_of(value);
  }

  // Line and column of a row at `at`.
  [[nodiscard]] bool is_place(std::size_t at) const {
    return row_[at] > 0 && row_[at] < UINT32_MAX && row_[at + 1] < UINT32_MAX;
  }
  [[nodiscard]] std::uint32_t narrow(std::size_t at) const { return static_cast<std::uint32_t>(row_[at]); }

  void end_row() {
    const std::size_t wanted = rows_of_ == kSegments ? 5 : rows_of_ == kBranches ? 6 : 8;
    if (!row_is_good_ || fields_ < wanted || !is_place(0) || (rows_of_ != kSegments && !is_place(2)))
      return void(++damaged_);
    if (rows_of_ == kSegments)
      segments_.push_back({narrow(0), narrow(1), row_[2], row_[3] != 0, row_[4] != 0, row_[5] != 0});
    else
      (rows_of_ == kBranches ? branch_rows_ : regions_).push_back(row_);
  }

  void end_file() {
    if (name_.empty()) return void(++damaged_);
    FileRecord& file = files_[source_path(name_)];
    file.segments = std::move(segments_);
    for (const Row& row : branch_rows_) {
      row_ = row;
      model::Ratio& counts = file.branches[{narrow(0), narrow(1), narrow(2), narrow(3)}];
      counts.found = saturating_add(counts.found, row[4]);
      counts.hit = saturating_add(counts.hit, row[5]);
    }
    segments_ = {};
    branch_rows_ = {};
  }

  // Only of files that are listed: a filter on file names leaves the functions of the others here.
  void end_function() {
    for (const Row& row : regions_) {
      row_ = row;
      if (row[7] != kCodeRegion || row[5] >= function_files_.size()) continue;
      const auto file = files_.find(source_path(function_files_[row[5]]));
      if (file == files_.end()) continue;
      file->second.regions.push_back({narrow(0), narrow(1), narrow(2), narrow(3), 1, row[4]});
    }
    if (regions_.empty() || function_files_.empty() || name_.empty()) return;
    row_ = regions_.front();
    const auto file = files_.find(source_path(function_files_.front()));
    if (file == files_.end()) return;
    FunctionRecord& function = file->second.functions[{narrow(0), narrow(1)}];
    function.hits = saturating_add(function.hits, count_);
    std::string name = to_valid_utf8(name_);
    if (function.name.empty() || name < function.name) function.name = std::move(name);
  }

  void add_total(std::string_view key, const JsonScalar& value) {
    std::optional<model::Ratio>* ratio = total_ == "lines"       ? &declared_.lines
                                         : total_ == "branches"  ? &declared_.branches
                                         : total_ == "functions" ? &declared_.functions
                                         : total_ == "regions"   ? &declared_.regions
                                                                 : nullptr;
    if (ratio == nullptr || (key != "count" && key != "covered")) return;
    if (!*ratio) ratio->emplace();
    (key == "count" ? (*ratio)->found : (*ratio)->hit) = count_of(value);
  }

  using Row = std::array<std::uint64_t, kFields>;
  std::map<std::string, FileRecord> files_;
  model::CoverageTotals declared_;
  std::string name_, total_;
  std::uint64_t count_ = 0;
  std::vector<std::string> function_files_;
  std::vector<LlvmSegment> segments_;
  std::vector<Row> branch_rows_, regions_;
  JsonPlace rows_of_ = kSegments;
  Row row_{};
  std::size_t fields_ = 0, damaged_ = 0;
  bool row_is_good_ = true, has_files_ = false, llvm_ = false;
};

model::CoverageFile to_file(const std::string& path, const FileRecord& record, bool& cut) {
  FileBuilder file(path);
  cut = !llvm_lines(record.segments, [&](std::uint32_t line, std::uint64_t hits) { file.line(line, hits); });
  std::map<std::uint32_t, std::uint32_t> blocks;  // of a line, so far
  for (const auto& [place, counts] : record.branches) {
    const std::uint32_t line = std::get<0>(place), block = blocks[line]++;
    const bool evaluated = counts.found > 0 || counts.hit > 0;
    file.branch({line, block, "false", evaluated ? std::optional(counts.hit) : std::nullopt});
    file.branch({line, block, "true", evaluated ? std::optional(counts.found) : std::nullopt});
  }
  for (const auto& [place, function] : record.functions) file.function({function.name, place.first, function.hits});
  for (const model::BlockHits& region : record.regions) file.region(region);
  return std::move(file).finish();
}

}  // namespace

Result<CoverageData> read_llvm_cov(std::string_view text, const CoverageReadOptions& options) {
  LlvmHandler handler;
  const JsonEnd end = walk_json(text, kSteps, handler);
  if (!handler.recognised())
    return fail(ErrorKind::parse,
                fmt::format("read llvm-cov JSON: it has no files{}{}", end.complete ? "" : ": ", end.error),
                options.subject);
  DamageLog damage(options.subject);
  CoverageData data;
  std::size_t empty = 0;
  for (const auto& [path, record] : handler.files()) {
    bool cut = false;
    data.files.push_back(to_file(to_valid_utf8(path), record, cut));
    empty += record.segments.empty();
    if (cut)
      damage.add(Severity::error, "llvm-cov-lines",
                 fmt::format("{} claims more than {} lines; the rest was left out.", excerpt(path), kMaxLlvmLines));
  }
  if (empty > 0 && empty == data.files.size())
    damage.add(Severity::warning, "llvm-cov-summary",
               "No file has segments: it was exported with -summary-only, and its lines are not known.");
  if (handler.damaged() > 0)
    damage.add(Severity::warning, "llvm-cov-record",
               fmt::format("{} damaged segments, regions or files were skipped.", handler.damaged()));
  if (!end.complete)
    damage.add(Severity::error, "llvm-cov-truncated",
               fmt::format("The data ends at {}: {}. What stands before it is used.", json_position(text, end.offset),
                           end.error));
  data.files = gather_files(std::move(data.files));
  data.declared = handler.declared();
  data.diagnostics = damage.take();
  return data;
}

bool sniff_llvm_cov(std::string_view head) {
  const JsonHead json(head);
  if (!json.is_object() || !json.has(1, "data")) return false;
  if (head.find("llvm.coverage.json.export") != std::string_view::npos) return true;
  return json.has_any(3, {"files", "functions", "totals"}) &&
         (json.has_any(5, {"filename", "segments", "expansions", "branches", "summary", "regions", "mcdc_records"}) ||
          json.has(4, "lines"));
}

}  // namespace rh::collectors
