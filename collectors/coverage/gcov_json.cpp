// The JSON of gcov (--json-format, one document for each data file, mostly as .gcov.json.gz) and of gcovr (--json),
// which was modelled on it. A line stands there once for each function that the compiler made of it (templates,
// constructors): its counts add up, and branches that lead from the same block to the same block are one. gcovr's
// counts are equal to these. What its user has excluded is left out.
#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/encoding.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace {
  kDocument = kJsonRoot,
  kFolder,
  kFiles,
  kFile,
  kPath,
  kLines,
  kLine,
  kLineNumber,
  kCount,
  kExcluded,
  kChecksum,
  kBranches,
  kBranch,
  kBranchNumber,
  kBranchCount,
  kBranchFrom,
  kBranchTo,
  kBranchExcluded,
  kFunctions,
  kFunction,
  kName,
  kDemangled,
  kStart,
  kExecutions,
  kFunctionExcluded,
};

constexpr JsonStep kSteps[] = {
    {kDocument, "files", kFiles},
    {kDocument, "current_working_directory", kFolder},
    {kFiles, kElement, kFile},
    {kFile, "file", kPath},
    {kFile, "lines", kLines},
    {kFile, "functions", kFunctions},
    {kLines, kElement, kLine},
    {kLine, "line_number", kLineNumber},
    {kLine, "count", kCount},
    {kLine, "branches", kBranches},
    {kLine, "gcovr/md5", kChecksum},
    {kLine, "gcovr/excluded", kExcluded},
    {kLine, "gcovr/noncode", kExcluded},
    {kBranches, kElement, kBranch},
    {kBranch, "count", kBranchCount},
    {kBranch, "branchno", kBranchNumber},
    {kBranch, "source_block_id", kBranchFrom},
    {kBranch, "destination_block_id", kBranchTo},
    {kBranch, "gcovr/excluded", kBranchExcluded},
    {kFunctions, kElement, kFunction},
    {kFunction, "name", kName},
    {kFunction, "demangled_name", kDemangled},
    {kFunction, "start_line", kStart},
    {kFunction, "lineno", kStart},
    {kFunction, "execution_count", kExecutions},
    {kFunction, "gcovr/excluded", kFunctionExcluded},
};

struct Branch {
  std::optional<std::uint64_t> number, from, to, count;
  bool excluded = false;
};

struct Line {
  std::optional<std::uint32_t> number;
  std::optional<std::uint64_t> count;
  bool excluded = false;
  std::string checksum;
  std::vector<Branch> branches;
};

struct Function {
  std::string name, demangled;
  std::uint32_t start = 0;
  std::optional<std::uint64_t> count;
  bool excluded = false;
};

class GcovHandler final : public JsonHandler {
 public:
  explicit GcovHandler(std::string_view subject) : damage_(subject) {}

  void enter(JsonPlace place, std::string_view, bool) override {
    if (place == kDocument) folder_.clear(), first_of_document_ = files_.size();
    if (place == kFile) path_.clear();
    if (place == kLine) {
      line_.number.reset(), line_.count.reset();
      line_.excluded = false;
      line_.checksum.clear(), line_.branches.clear();
    }
    if (place == kBranch) line_.branches.emplace_back();
    if (place == kFunction) function_ = {};
  }

  void leave(JsonPlace place) override {
    if (place == kLine) add_line();
    if (place == kFunction) add_function();
    if (place == kFile) end_file();
    if (place == kDocument) end_document();
  }

  void value(JsonPlace place, std::string_view, const JsonScalar& value) override {
    if (place == kFolder) folder_ = source_path(value.as_text().value_or(""));
    if (place == kPath) path_ = source_path(value.as_text().value_or(""));
    if (place == kLineNumber) line_.number = value.as_line();
    if (place == kCount) line_.count = count(value);
    if (place == kExcluded) line_.excluded = line_.excluded || value.as_bool().value_or(false);
    if (place == kChecksum) line_.checksum = value.as_text().value_or("");
    if (place >= kBranchNumber && place <= kBranchExcluded && !line_.branches.empty()) read_branch(place, value);
    if (place >= kName && place <= kFunctionExcluded) read_function(place, value);
  }

  // What stands before a damage is kept.
  CoverageData take(const JsonEnd& end, std::string_view text) {
    if (!end.complete) {
      damage_.add(Severity::error, "gcov-truncated",
                  fmt::format("The JSON cannot be read beyond {}: {}. What precedes it was kept.",
                              json_position(text, end.offset), end.error));
      if (!path_.empty()) end_file();
      end_document();
    }
    CoverageData data;
    data.files = gather_files(std::move(files_));
    data.declared = instances_;
    data.diagnostics = damage_.take();
    return data;
  }

  DamageLog& damage() { return damage_; }

 private:
  void read_branch(JsonPlace place, const JsonScalar& value) {
    Branch& branch = line_.branches.back();
    const auto number = value.as_count();
    if (place == kBranchCount) branch.count = count(value);
    if (place == kBranchNumber && number) branch.number = number->value;
    if (place == kBranchFrom && number) branch.from = number->value;
    if (place == kBranchTo && number) branch.to = number->value;
    if (place == kBranchExcluded) branch.excluded = value.as_bool().value_or(false);
  }

  void read_function(JsonPlace place, const JsonScalar& value) {
    if (place == kName) function_.name = source_text(value.as_text().value_or(""));
    if (place == kDemangled) function_.demangled = source_text(value.as_text().value_or(""));
    if (place == kStart) function_.start = value.as_line().value_or(0);
    if (place == kExecutions) function_.count = count(value);
    if (place == kFunctionExcluded) function_.excluded = value.as_bool().value_or(false);
  }

  std::optional<std::uint64_t> count(const JsonScalar& value) {
    const auto number = value.as_count();
    if (number && number->clamped)
      damage_.add(Severity::warning, "gcov-count",
                  fmt::format("{}: a count of line {} is out of range; {} is used.", excerpt(path_),
                              line_.number.value_or(0), number->value));
    return number ? std::optional(number->value) : std::nullopt;
  }

  void add_line() {
    if (line_.excluded) return;
    if (!line_.number || !line_.count) {
      damage_.add(Severity::warning, "gcov-record",
                  fmt::format("{}: a line without {} was skipped.", excerpt(path_), line_.number ? "count" : "number"));
      return;
    }
    file_.line(*line_.number, *line_.count);
    count_instance(instances_.lines, *line_.count);
    if (!line_.checksum.empty()) file_.checksum(*line_.number, line_.checksum);
    for (std::size_t i = 0; i < line_.branches.size(); ++i) add_branch(line_.branches[i], i);
  }

  // GCC 14 and later name the blocks from and to which a branch leads; before that it only has a place in its line.
  void add_branch(const Branch& branch, std::size_t place) {
    if (branch.excluded) return;
    if (!branch.count || branch.from.value_or(0) > UINT32_MAX) {
      damage_.add(Severity::warning, "gcov-record",
                  fmt::format("{}: a branch of line {} without count was skipped.", excerpt(path_), *line_.number));
      return;
    }
    model::BranchHits& hits = file_.add_branch();
    hits.line = *line_.number;
    hits.block = static_cast<std::uint32_t>(branch.from.value_or(0));
    count_instance(instances_.branches, *branch.count);
    hits.branch = std::to_string(branch.to ? *branch.to : branch.number.value_or(place));
    if (*line_.count > 0 || *branch.count > 0) hits.taken = *branch.count;
  }

  void add_function() {
    const std::string& name = function_.demangled.empty() ? function_.name : function_.demangled;
    if (function_.excluded || name.empty()) return;
    file_.function({name, function_.start, function_.count.value_or(0)});
    count_instance(instances_.functions, function_.count.value_or(0));
  }

  static void count_instance(std::optional<model::Ratio>& ratio, std::uint64_t hits) {
    if (!ratio) ratio.emplace();
    ++ratio->found;
    if (hits > 0) ++ratio->hit;
  }

  void end_file() {
    if (path_.empty()) {
      damage_.add(Severity::warning, "gcov-record", "A file without name was skipped.");
      static_cast<void>(file_.take());
      return;
    }
    files_.push_back(file_.take());
    files_.back().path = std::exchange(path_, {});
  }

  // gcov gives paths relative to the folder in which the compiler ran.
  void end_document() {
    if (folder_.empty()) return;
    if (!folder_.ends_with('/')) folder_ += '/';
    for (std::size_t i = first_of_document_; i < files_.size(); ++i) {
      const std::string& path = files_[i].path;
      const bool absolute = path.starts_with('/') || (path.size() > 1 && path[1] == ':') || path.starts_with('<');
      if (!absolute) files_[i].path = folder_ + path;
    }
  }

  DamageLog damage_;
  std::string folder_, path_;
  std::size_t first_of_document_ = 0;
  Line line_;
  Function function_;
  model::CoverageTotals instances_;  // counted as gcovr does
  FileBuilder file_{std::string()};
  std::vector<model::CoverageFile> files_;
};

Result<CoverageData> read(std::string_view bytes, const CoverageReadOptions& options, std::string_view tool) {
  RH_TRY(const PlainText text, plain_text(bytes, options.subject));
  GcovHandler handler(options.subject);
  const JsonEnd end = walk_json(text.view(), kSteps, handler);
  if (end.offset == 0 || !trim(text.view()).starts_with('{'))
    return fail(ErrorKind::parse, fmt::format("read {} JSON: {}", tool, end.complete ? "it is no object" : end.error),
                options.subject);
  if (!text.problem().empty()) handler.damage().add(Severity::error, "gcov-truncated", text.problem() + ".");
  CoverageData data = handler.take(end, text.view());
  // gcov writes an empty list for a data file that it could not read.
  if (data.files.empty())
    data.diagnostics.push_back(
        {Severity::warning, "coverage-empty", "The file names no source file.", options.subject, {}});
  return data;
}

}  // namespace

Result<CoverageData> read_gcov_json(std::string_view bytes, const CoverageReadOptions& options) {
  return read(bytes, options, "gcov");
}

Result<CoverageData> read_gcovr_json(std::string_view bytes, const CoverageReadOptions& options) {
  return read(bytes, options, "gcovr");
}

bool sniff_gcov_json(std::string_view head) {
  const JsonHead json(plain_head(head).view());
  if (json.has(1, "gcovr/format_version")) return false;
  return json.has(1, "gcc_version") || (json.has(1, "current_working_directory") && json.has(1, "files")) ||
         (json.has(1, "files") && json.has(3, "lines") && json.has(5, "line_number"));
}

bool sniff_gcovr_json(std::string_view head) {
  return JsonHead(plain_head(head).view()).has(1, "gcovr/format_version");
}

}  // namespace rh::collectors
