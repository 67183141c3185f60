// OpenCover XML, also of coverlet and AltCover. A sequence point is a statement with its lines and columns, and all its
// lines are lines of code; a branch point is a branch. Files are numbered within a module; two modules
// that hold the same file (two target frameworks) are joined. `declared` is the report's own summary.
#include <fmt/core.h>

#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "collectors/coverage/code_lines.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

struct BranchPoint {
  std::uint32_t line = 0;
  std::uint64_t method = 0, offset = 0, path = 0;  // branches of one jump share method and offset
  std::uint64_t hits = 0;
};

struct FileRecord {
  CodeLines lines;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, std::uint64_t> statements;
  std::vector<BranchPoint> branches;
  std::vector<model::FunctionHits> functions;
};

model::CoverageFile to_file(std::string path, FileRecord record) {
  FileBuilder builder(std::move(path));
  std::map<std::uint32_t, std::uint32_t> blocks_of_line;
  std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, std::uint32_t> blocks;
  for (const BranchPoint& point : record.branches) {
    const auto [block, fresh] = blocks.try_emplace({point.line, point.method, point.offset}, 0);
    if (fresh) block->second = blocks_of_line[point.line]++;
    model::BranchHits branch{point.line, block->second, std::to_string(point.path), point.hits};
    if (point.hits == 0 && record.lines.hits(point.line) == 0) branch.taken.reset();
    builder.branch(std::move(branch));
  }
  for (model::FunctionHits& function : record.functions) builder.function(std::move(function));
  record.lines.move_to(builder);
  for (const auto& [place, hits] : record.statements) {
    const auto [start_line, start_column, end_line, end_column] = place;
    builder.block({start_line, start_column, end_line, end_column, 1, hits});
  }
  return std::move(builder).finish();
}

class OpenCoverReader {
 public:
  OpenCoverReader(std::string_view text, std::string_view subject) : report_(text, subject, "opencover", "OpenCover") {}

  Result<CoverageData> read() {
    RH_TRY(const XmlTag root, report_.root({"CoverageSession"}));
    static_cast<void>(root);
    while (const auto tag = report_.next()) read_tag(*tag);
    end_module();
    CoverageData data;
    data.files = gather_files(std::move(files_));
    if (declared_.statements || declared_.branches) data.declared = declared_;
    data.diagnostics = report_.take(holds_no_line(data.files));
    return data;
  }

 private:
  void read_tag(const XmlTag& tag) {
    const bool opens = tag.kind != XmlTag::Kind::close;
    if (tag.name == "SequencePoint" && opens) return read_sequence_point(tag);
    if (tag.name == "BranchPoint" && opens) return read_branch_point(tag);
    if (tag.name == "File" && opens) return add_file(tag);
    if (tag.name == "FileRef" && opens) method_file_ = number_of(tag, "uid");
    if (tag.name == "Name" && !opens && in_method_)
      method_name_ = to_valid_utf8(decode_entities(trim(tag.text_before)));
    if (tag.name == "Method") return opens ? begin_method(tag) : end_method();
    if (tag.name == "Module") end_module();
    if (tag.name == "Summary" && opens && !declared_.statements) read_summary(tag);  // the first is the session's
  }

  void read_summary(const XmlTag& tag) {
    const auto ratio = [&](std::string_view found, std::string_view hit) -> std::optional<model::Ratio> {
      const auto all = number_of(tag, found), some = number_of(tag, hit);
      return all && some ? std::optional(model::Ratio{*all, *some}) : std::nullopt;
    };
    declared_.statements = ratio("numSequencePoints", "visitedSequencePoints");
    declared_.branches = ratio("numBranchPoints", "visitedBranchPoints");
    declared_.functions = ratio("numMethods", "visitedMethods");
  }

  void add_file(const XmlTag& tag) {
    const auto uid = number_of(tag, "uid");
    const auto path = tag.attribute("fullPath");
    if (!uid || !path || path->empty()) return report_.skipped("file", tag);
    const auto at = files_of_module_.insert_or_assign(*uid, source_path(*path)).first;
    records_.try_emplace(at->second);
  }

  void begin_method(const XmlTag& tag) {
    end_method();
    ++method_;
    in_method_ = tag.kind == XmlTag::Kind::open;
    method_visited_ = tag.raw_attribute("visited") == "true";
    method_file_.reset();
    method_name_.clear();
    points_.clear();
    method_line_ = 0;
    method_hits_ = 0;
  }

  void end_method() {
    FileRecord* file = in_method_ && method_file_ ? record(*method_file_) : nullptr;
    if (file != nullptr && !method_name_.empty() && method_line_ > 0) {
      const std::uint64_t hits = method_hits_ > 0 ? method_hits_ : method_visited_ ? 1U : 0U;
      file->functions.push_back({method_name_, method_line_, hits});
    }
    in_method_ = false;
  }

  FileRecord* record(std::uint64_t uid) {
    const auto path = files_of_module_.find(uid);
    return path == files_of_module_.end() ? nullptr : &records_[path->second];
  }

  // fileid is there since OpenCover 4.6; a method has one file before.
  FileRecord* record_of(const XmlTag& tag) {
    const auto uid = number_of(tag, "fileid");
    if (uid && *uid != 0 && !method_file_) method_file_ = uid;
    return uid && *uid != 0 ? record(*uid) : method_file_ ? record(*method_file_) : nullptr;
  }

  void read_sequence_point(const XmlTag& tag) {
    const auto hits = number_of(tag, "vc");
    const auto first = line_of(tag, "sl");
    const std::uint32_t last = line_of(tag, "el").value_or(first.value_or(0));
    if (first && *first >= kHiddenLine) return;
    FileRecord* file = record_of(tag);
    if (file == nullptr || !first || !hits || !file->lines.add(*first, last, *hits))
      return report_.skipped("sequence point", tag);
    points_[number_of(tag, "offset").value_or(0)] = *first;
    if (method_line_ == 0 || *first < method_line_) method_line_ = *first;
    if (method_hits_ < *hits) method_hits_ = *hits;
    std::uint64_t& count =
        file->statements[{*first, line_of(tag, "sc").value_or(0), last, line_of(tag, "ec").value_or(0)}];
    count = saturating_add(count, *hits);
  }

  void read_branch_point(const XmlTag& tag) {
    const auto hits = number_of(tag, "vc");
    const std::uint64_t offset = number_of(tag, "offset").value_or(0);
    const auto line = branch_line(tag, offset);
    if (line && *line >= kHiddenLine) return;
    FileRecord* file = record_of(tag);
    if (file == nullptr || !line || !hits) return report_.skipped("branch point", tag);
    file->branches.push_back({*line, method_, offset, number_of(tag, "path").value_or(0), *hits});
  }

  // Before OpenCover 4.5 a branch point has no line: it is that of the sequence point that it belongs to.
  [[nodiscard]] std::optional<std::uint32_t> branch_line(const XmlTag& tag, std::uint64_t offset) const {
    if (const auto line = line_of(tag, "sl")) return line;
    const auto after = points_.upper_bound(offset);
    return after == points_.begin() ? std::nullopt : std::optional(std::prev(after)->second);
  }

  void end_module() {
    end_method();
    for (auto& [path, record] : records_) files_.push_back(to_file(path, std::move(record)));
    records_.clear();
    files_of_module_.clear();
  }

  XmlReport report_;
  model::CoverageTotals declared_;
  std::map<std::uint64_t, std::string> files_of_module_;
  std::map<std::string, FileRecord> records_;
  std::vector<model::CoverageFile> files_;
  bool in_method_ = false, method_visited_ = false;
  std::optional<std::uint64_t> method_file_;
  std::string method_name_;
  std::map<std::uint64_t, std::uint32_t> points_;  // of the method: offset in its code and line
  std::uint32_t method_line_ = 0;
  std::uint64_t method_ = 0, method_hits_ = 0;
};

}  // namespace

Result<CoverageData> read_opencover(std::string_view text, const CoverageReadOptions& options) {
  return OpenCoverReader(text, options.subject).read();
}

bool sniff_opencover(std::string_view head) { return XmlHead(head).is("CoverageSession"); }

}  // namespace rh::collectors
