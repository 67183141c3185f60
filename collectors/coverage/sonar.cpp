// Sonar's generic coverage XML, format version 1:
// <coverage version="1"><file path="a.cs"><lineToCover lineNumber="3" covered="true" branchesToCover="2"
// coveredBranches="1"/>. It knows whether a line ran, not how often.
// Described at docs.sonarsource.com, "Generic test data".
#include <fmt/core.h>

#include "collectors/coverage/numbered_branches.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

class SonarReader {
 public:
  SonarReader(std::string_view text, std::string_view subject) : report_(text, subject, "sonar", "Sonar coverage") {}

  Result<CoverageData> read() {
    RH_TRY(const XmlTag root, report_.root({"coverage"}));
    const bool known_version = root.raw_attribute("version").value_or("1") == "1";
    if (!known_version) report_.warn("version", "The report is not of format version 1; it is read as if it were.");
    while (const auto tag = report_.next()) read_tag(*tag);
    end_file();
    CoverageData data;
    data.files = gather_files(std::move(files_));
    data.diagnostics = report_.take(known_version && holds_no_line(data.files));
    return data;
  }

 private:
  void read_tag(const XmlTag& tag) {
    if (tag.name == "file") {
      end_file();
      if (tag.kind == XmlTag::Kind::close) return;
      if (const auto path = tag.attribute("path"); path && !path->empty())
        file_.emplace(source_path(*path));
      else
        report_.skipped("file", tag);
    } else if (tag.name == "lineToCover" && tag.kind != XmlTag::Kind::close) {
      read_line(tag);
    }
  }

  void read_line(const XmlTag& tag) {
    const auto line = line_of(tag, "lineNumber");
    const std::string_view covered = trim(tag.raw_attribute("covered").value_or(""));
    const bool ran = is_one_of(covered, {"true", "True", "TRUE", "1"});
    if (!file_ || !line || (!ran && !is_one_of(covered, {"false", "False", "FALSE", "0"})))
      return report_.skipped("line", tag);
    file_->line(*line, ran ? 1 : 0);
    const auto found = number_of(tag, "branchesToCover");
    if (!found) return;
    if (!branches_.add(*file_, *line, {*found, number_of(tag, "coveredBranches").value_or(0)}, ran))
      report_.skipped("branch", tag);
  }

  void end_file() {
    if (file_) files_.push_back(std::move(*file_).finish());
    file_.reset();
  }

  XmlReport report_;
  NumberedBranches branches_;
  std::optional<FileBuilder> file_;
  std::vector<model::CoverageFile> files_;
};

}  // namespace

Result<CoverageData> read_sonar(std::string_view text, const CoverageReadOptions& options) {
  return SonarReader(text, options.subject).read();
}

bool sniff_sonar(std::string_view head) {
  const XmlHead xml(head);
  if (!xml.is("coverage") || xml.root->raw_attribute("line-rate") || xml.root->raw_attribute("clover")) return false;
  if (xml.text.find("<lineToCover") != std::string_view::npos) return true;
  return xml.root->raw_attribute("version") == "1" && xml.text.find("<class") == std::string_view::npos &&
         xml.text.find("<project") == std::string_view::npos;
}

}  // namespace rh::collectors
