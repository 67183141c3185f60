// Clover XML in its two layouts (files below packages, or straight below the project) and its dialects:
//   Clover, OpenClover   a condition is a line of its own with how often it was true and false, no count
//   istanbul             every line is a statement; one with branches has `count`, and truecount and falsecount are how
//                        many of its branches ran and did not
//   PHPUnit              statements and methods only
// A method's line is the method, not a line that ran. `declared` are the metrics of the project: istanbul counts
// branches there whose line has no statement, and which the report therefore does not list.
#include <cctype>
#include <map>

#include <fmt/core.h>

#include "collectors/coverage/numbered_branches.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

bool is_absolute(std::string_view path) {
  return path.starts_with('/') || (path.size() > 2 && path[1] == ':' && path[2] == '/');
}

class CloverReader {
 public:
  CloverReader(std::string_view text, std::string_view subject) : report_(text, subject, "clover", "Clover") {}

  Result<CoverageData> read() {
    RH_TRY(const XmlTag root, report_.root({"coverage"}));
    if (root.raw_attribute("line-rate")) return fail(ErrorKind::parse, "read Clover: it is a Cobertura report", {});
    while (const auto tag = report_.next()) read_tag(*tag);
    end_file();
    CoverageData data;
    data.files = gather_files(std::move(files_));
    if (declared_.statements || declared_.branches || declared_.functions) data.declared = declared_;
    if (test_files_ > 0)
      report_.inform("tests", fmt::format("{} files of tests (testproject) were left out.", test_files_));
    data.diagnostics = report_.take(holds_no_line(data.files));
    return data;
  }

 private:
  void read_tag(const XmlTag& tag) {
    const bool opens = tag.kind != XmlTag::Kind::close;
    if (tag.name == "testproject") in_tests_ = tag.kind == XmlTag::Kind::open;
    if (in_tests_) {
      if (tag.name == "file" && opens) ++test_files_;
      return;
    }
    if (tag.name == "line" && opens) return read_line(tag);
    if (tag.name == "package") {
      in_package_ = tag.kind == XmlTag::Kind::open;
      package_ = opens ? tag.attribute("name").value_or("") : "";
    } else if (tag.name == "file") {
      end_file();
      if (opens) begin_file(tag);
      if (tag.kind == XmlTag::Kind::empty) end_file();
    } else if (tag.name == "metrics" && opens && !file_ && !in_package_) {
      read_metrics(tag);
    }
  }

  // `path` where there is one. Clover 1 has the bare name of a Java file below its package.
  void begin_file(const XmlTag& tag) {
    std::string path = source_path(tag.attribute("path").value_or(""));
    if (path.empty()) {
      path = source_path(tag.attribute("name").value_or(""));
      const bool bare = path.find('/') == std::string::npos;
      if (bare && !is_absolute(path) && !package_.empty() && package_ != "default-pkg") {
        std::string folder = package_;
        for (char& c : folder)
          if (c == '.' || c == '\\') c = '/';
        path = folder + "/" + path;
      }
    }
    if (path.empty()) return report_.skipped("file", tag);
    file_.emplace(std::move(path));
  }

  void read_line(const XmlTag& tag) {
    const auto line = line_of(tag, "num");
    const std::string_view type = tag.raw_attribute("type").value_or("stmt");
    const auto count = number_of(tag, "count");
    if (!file_ || !line) return report_.skipped("line", tag);
    if (type == "cond") return read_condition(tag, *line, count);
    if (!count || !is_one_of(type, {"stmt", "method"})) return report_.skipped("line", tag);
    if (type == "stmt") return ran(*line, *count);
    auto name = tag.attribute("name");
    if (!name) name = tag.attribute("signature");
    file_->function({name.value_or(fmt::format("line {}", *line)), *line, *count});
  }

  void read_condition(const XmlTag& tag, std::uint32_t line, std::optional<std::uint64_t> count) {
    const auto yes = number_of(tag, "truecount"), no = number_of(tag, "falsecount");
    if (!yes || !no) return count ? ran(line, *count) : report_.skipped("line", tag);
    if (!count) {
      const std::uint64_t evaluated = saturating_add(*yes, *no);
      ran(line, evaluated);
      const std::uint32_t block = conditions_[line]++;
      file_->branch({line, block, "false", evaluated > 0 ? no : std::nullopt});
      file_->branch({line, block, "true", evaluated > 0 ? yes : std::nullopt});
      return;
    }
    ran(line, *count);
    if (!branches_.add(*file_, line, {saturating_add(*yes, *no), *yes}, *count > 0)) report_.skipped("branch", tag);
  }

  // A line may be listed as statement and as condition, or once for each of its statements.
  void ran(std::uint32_t line, std::uint64_t count) {
    std::uint64_t& hits = hits_[line];
    hits = std::max(hits, count);
  }

  void read_metrics(const XmlTag& tag) {
    const auto ratio = [&](std::string_view found, std::string_view hit) -> std::optional<model::Ratio> {
      const auto all = number_of(tag, found), some = number_of(tag, hit);
      return all && some ? std::optional(model::Ratio{*all, *some}) : std::nullopt;
    };
    if (declared_.statements) return;  // of the project, not of one of its parts
    declared_.statements = ratio("statements", "coveredstatements");
    declared_.branches = ratio("conditionals", "coveredconditionals");
    declared_.functions = ratio("methods", "coveredmethods");
  }

  void end_file() {
    if (!file_) return;
    for (const auto& [line, hits] : hits_) file_->line(line, hits);
    files_.push_back(std::move(*file_).finish());
    file_.reset();
    hits_.clear();
    conditions_.clear();
  }

  XmlReport report_;
  NumberedBranches branches_;
  std::string package_;
  std::optional<FileBuilder> file_;
  std::map<std::uint32_t, std::uint64_t> hits_;
  std::map<std::uint32_t, std::uint32_t> conditions_;  // how many a line has so far
  std::vector<model::CoverageFile> files_;
  model::CoverageTotals declared_;
  std::size_t test_files_ = 0;
  bool in_package_ = false, in_tests_ = false;
};

}  // namespace

Result<CoverageData> read_clover(std::string_view text, const CoverageReadOptions& options) {
  return CloverReader(text, options.subject).read();
}

bool sniff_clover(std::string_view head) {
  const XmlHead xml(head);
  if (!xml.is("coverage") || xml.root->raw_attribute("line-rate")) return false;
  return xml.root->raw_attribute("clover") || xml.text.find("<project") != std::string_view::npos ||
         xml.text.find("<testproject") != std::string_view::npos;
}

}  // namespace rh::collectors
