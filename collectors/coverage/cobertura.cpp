// Cobertura XML of its many writers. A line listed under a method and under its class, or by several
// classes of one file, counts once. Branches are given as "50% (1/2)" only: which of the two ran is
// not known, so they become numbered branches of which the first ones ran.
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "collectors/coverage/xml_tags.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

// Of one line and of a whole report: a report that claims more would only fill memory.
constexpr std::uint64_t kMaxBranchesOfLine = 4096;
constexpr std::uint64_t kMaxBranches = 5'000'000;

// "75% (3/4)"; nullopt when the numbers are not there.
std::optional<model::Ratio> read_condition_coverage(std::string_view text) {
  const std::size_t open = text.find('('), slash = text.find('/'), close = text.rfind(')');
  if (open == std::string_view::npos || slash == std::string_view::npos || close == std::string_view::npos)
    return std::nullopt;
  if (slash < open || close < slash) return std::nullopt;
  const auto hit = parse_u64(trim(text.substr(open + 1, slash - open - 1)));
  const auto found = parse_u64(trim(text.substr(slash + 1, close - slash - 1)));
  if (!hit || !found) return std::nullopt;
  return model::Ratio{*found, *hit};
}

struct LineRecord {
  std::uint64_t hits = 0;
  model::Ratio branches;
};

struct FileRecord {
  std::map<std::uint32_t, LineRecord> lines;
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> functions;
};

class CoberturaReader {
 public:
  explicit CoberturaReader(std::string_view subject) : subject_(subject), damage_(subject) {}

  Result<CoverageData> read(std::string_view document) {
    XmlTags tags(document);
    const auto root = tags.next();
    if (!root) return refuse("it holds no XML element");
    if (root->name != "coverage") return refuse(fmt::format("its root is <{}>, not <coverage>", excerpt(root->name)));
    if (root->attribute("clover")) return refuse("it is a Clover report");
    declare(*root);
    bool complete = root->kind == XmlTag::Kind::empty;
    while (const auto tag = tags.next()) {
      read_tag(*tag);
      complete = complete || (tag->kind == XmlTag::Kind::close && tag->name == "coverage");
    }
    note_misnesting(damage_, "cobertura", tags, document);
    if (!complete || tags.truncated())
      damage_.add(Severity::error, "cobertura-truncated",
                  fmt::format("The file ends inside its data, at byte {}.", tags.offset()));
    return take();
  }

 private:
  void declare(const XmlTag& root) {
    const auto ratio = [&](const char* found, const char* hit) -> std::optional<model::Ratio> {
      const auto all = parse_u64(root.raw_attribute(found).value_or("")),
                 some = parse_u64(root.raw_attribute(hit).value_or(""));
      return all && some ? std::optional(model::Ratio{*all, *some}) : std::nullopt;
    };
    model::CoverageTotals totals;
    totals.lines = ratio("lines-valid", "lines-covered");
    totals.branches = ratio("branches-valid", "branches-covered");
    if (totals.lines || totals.branches) declared_ = totals;
  }

  void read_tag(const XmlTag& tag) {
    const bool opens = tag.kind != XmlTag::Kind::close;
    if (tag.name == "line" && opens) return read_line(tag);
    if (tag.name == "source" && !opens) return add_source(tag.text_before);
    if (tag.name == "class") file_ = opens ? begin_class(tag) : nullptr;
    if (tag.name == "method") method_ = opens ? tag.attribute("name") : std::nullopt;
    if (tag.kind != XmlTag::Kind::empty) return;
    if (tag.name == "class") file_ = nullptr;
    if (tag.name == "method") method_.reset();
  }

  // Very old writers put the option "--source" there.
  void add_source(std::string_view text) {
    std::string source = source_path(decode_entities(trim(text)));
    while (source.size() > 1 && source.ends_with('/')) source.pop_back();
    if (!source.empty() && !source.starts_with("--")) sources_.push_back(std::move(source));
  }

  FileRecord* begin_class(const XmlTag& tag) {
    const auto name = tag.attribute("filename");
    if (name && !name->empty()) return &files_[source_path(*name)];
    damage_.add(Severity::warning, "cobertura-class",
                fmt::format("A class without filename was skipped: {}.", excerpt(tag.attributes)));
    return nullptr;
  }

  void read_line(const XmlTag& tag) {
    const auto number = read_line_number(tag.raw_attribute("number").value_or(""));
    const auto hits = read_count(tag.raw_attribute("hits").value_or(""));
    if (file_ == nullptr || !number || !hits) {
      damage_.add(Severity::warning, "cobertura-line",
                  fmt::format("A line was skipped: {}.", excerpt(trim(tag.attributes))));
      return;
    }
    if (hits->clamped)
      damage_.add(Severity::warning, "cobertura-count",
                  fmt::format("A count was out of range and is clamped: {}.", excerpt(trim(tag.attributes))));
    if (method_) {  // its first line stands for the method
      file_->functions.try_emplace({*number, *method_}, hits->value);
      method_.reset();
    }
    LineRecord& line = file_->lines.try_emplace(file_->lines.end(), *number)->second;  // lines mostly come in order
    line.hits = std::max(line.hits, hits->value);
    if (const auto text = tag.raw_attribute("condition-coverage")) add_branches(line, *text);
  }

  void add_branches(LineRecord& line, std::string_view text) {
    const auto ratio = read_condition_coverage(text);
    if (!ratio || ratio->found > kMaxBranchesOfLine || ratio->hit > ratio->found) {
      damage_.add(Severity::warning, "cobertura-branch",
                  fmt::format("condition-coverage '{}' was skipped.", excerpt(text)));
      return;
    }
    line.branches.found = std::max(line.branches.found, ratio->found);
    line.branches.hit = std::max(line.branches.hit, ratio->hit);
  }

  // One source says where files are; of several, the one that has the file. Without an answer the
  // name stays relative.
  [[nodiscard]] std::string full_path(const std::string& name) const {
    if (name.starts_with('/') || (name.size() > 1 && name[1] == ':') || sources_.empty()) return name;
    if (sources_.size() == 1) return sources_[0] == "." ? name : sources_[0] + "/" + name;
    for (const std::string& source : sources_) {
      std::error_code ignored;
      if (std::filesystem::is_regular_file(std::filesystem::path(source) / name, ignored)) return source + "/" + name;
    }
    return name;
  }

  Result<CoverageData> take() {
    CoverageData data;
    std::uint64_t branches = 0;
    for (const auto& [name, record] : files_) {
      FileBuilder file(full_path(name));
      for (const auto& [number, line] : record.lines) {
        file.line(number, line.hits);
        if ((branches += line.branches.found) > kMaxBranches)
          return fail(ErrorKind::limit, fmt::format("read Cobertura: more than {} branches", kMaxBranches), subject_);
        const bool evaluated = line.hits > 0 || line.branches.hit > 0;
        for (std::uint64_t i = 0; i < line.branches.found; ++i) {
          model::BranchHits branch{number, 0, std::to_string(i), std::nullopt};
          if (evaluated) branch.taken = i < line.branches.hit ? 1 : 0;
          file.branch(std::move(branch));
        }
      }
      for (const auto& [key, hits] : record.functions) file.function({key.second, key.first, hits});
      data.files.push_back(std::move(file).finish());
    }
    data.files = gather_files(std::move(data.files));
    data.declared = declared_;
    note_totals(data.files);
    data.diagnostics = damage_.take(holds_no_line(data.files));
    return data;
  }

  // Writers count a line once for each class or function that has it, or all of a file that they list in part.
  void note_totals(const std::vector<model::CoverageFile>& files) {
    if (!declared_ || !declared_->lines) return;
    std::uint64_t found = 0;
    for (const model::CoverageFile& file : files) found += file.lines.size();
    if (found != declared_->lines->found)
      damage_.add(Severity::info, "coverage-totals",
                  fmt::format("The report counts {} lines, and its data holds {}, which were counted again.",
                              declared_->lines->found, found));
  }

  Failure refuse(std::string_view why) const {
    return fail(ErrorKind::parse, fmt::format("read Cobertura: {}", why), subject_);
  }

  std::string subject_;
  DamageLog damage_;
  std::optional<model::CoverageTotals> declared_;
  std::vector<std::string> sources_;
  std::map<std::string, FileRecord> files_;
  FileRecord* file_ = nullptr;
  std::optional<std::string> method_;
};

}  // namespace

Result<CoverageData> read_cobertura(std::string_view text, const CoverageReadOptions& options) {
  CoberturaReader reader(options.subject);
  if (const auto utf8 = transcoded(text)) return reader.read(*utf8);
  return reader.read(text);
}

bool sniff_cobertura(std::string_view head) {
  const XmlHead xml(head);
  if (!xml.is("coverage") || xml.root->raw_attribute("clover")) return false;
  if (xml.root->raw_attribute("line-rate") || xml.root->raw_attribute("lines-valid")) return true;
  return xml.text.find("<packages") != std::string_view::npos || xml.text.find("<sources") != std::string_view::npos;
}

}  // namespace rh::collectors
