// Coverage XML of Visual Studio and dotnet-coverage, in both dialects:
//   results          modules with functions and ranges in attributes; sources are numbered within their module
//   CoverageDSPriv   a .NET data set: everything is the text of an element, source names stand at the end; mostly
//   UTF-16
// A range that ran in part ("partial", 1) ran. Every line of a range counts, as in the tool's own line counts; how
// often it ran is not known.
#include <map>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "collectors/coverage/code_lines.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

struct Range {
  std::uint32_t first = 0, last = 0;
  bool ran = false;
};

// Lines and functions by the number of their source, until the name of that number is known.
class Sources {
 public:
  void name(std::string number, std::string path) { names_[std::move(number)] = std::move(path); }

  [[nodiscard]] bool add(const std::string& number, const Range& range) {
    return records_[number].lines.add(range.first, range.last, range.ran ? 1 : 0);
  }
  void add_function(const std::string& number, model::FunctionHits function) {
    records_[number].functions.push_back(std::move(function));
  }

  // Returns how many sources have no name.
  std::size_t move_to(std::vector<model::CoverageFile>& files) {
    std::size_t nameless = 0;
    for (auto& [number, record] : records_) {
      const auto name = names_.find(number);
      if (name == names_.end() || name->second.empty()) {
        ++nameless;
        continue;
      }
      FileBuilder file(source_path(name->second));
      record.lines.move_to(file);
      for (model::FunctionHits& function : record.functions) file.function(std::move(function));
      files.push_back(std::move(file).finish());
    }
    *this = {};
    return nameless;
  }

 private:
  struct Record {
    CodeLines lines;
    std::vector<model::FunctionHits> functions;
  };
  std::map<std::string, std::string> names_;
  std::map<std::string, Record> records_;
};

class VisualStudioReader {
 public:
  VisualStudioReader(std::string_view text, std::string_view subject)
      : report_(text, subject, "visual-studio", "Visual Studio coverage") {}

  Result<CoverageData> read() {
    RH_TRY(const XmlTag root, report_.root({"results", "CoverageDSPriv"}));
    const bool data_set = root.name == "CoverageDSPriv";
    while (const auto tag = report_.next()) data_set ? read_data_set(*tag) : read_results(*tag);
    end_function();
    end_sources();
    CoverageData data;
    data.files = gather_files(std::move(files_));
    data.diagnostics = report_.take(holds_no_line(data.files));
    return data;
  }

 private:
  void read_results(const XmlTag& tag) {
    const bool opens = tag.kind != XmlTag::Kind::close;
    if (tag.name == "range" && opens) {
      const std::string_view covered = tag.raw_attribute("covered").value_or("");
      const auto first = line_of(tag, "start_line"), last = line_of(tag, "end_line");
      if (!first || !last || !is_one_of(covered, {"yes", "no", "partial"})) return report_.skipped("range", tag);
      add_range(tag.attribute("source_id").value_or(""), {*first, *last, covered != "no"});
    } else if (tag.name == "function") {
      end_function();
      if (!opens) return;
      const std::string type = tag.attribute("type_name").value_or("");
      function_ = type + (type.empty() ? "" : ".") + tag.attribute("name").value_or("");
    } else if (tag.name == "source_file" && opens) {
      sources_.name(tag.attribute("id").value_or(""), tag.attribute("path").value_or(""));
    } else if (tag.name == "module") {
      end_function();
      end_sources();
    }
  }

  void read_data_set(const XmlTag& tag) {
    if (tag.kind == XmlTag::Kind::open && tag.name == "Method") end_function();
    if (tag.kind == XmlTag::Kind::open && tag.name == "Lines") fields_.clear();
    if (tag.kind == XmlTag::Kind::open && tag.name == "SourceFileNames") fields_.clear();
    if (tag.kind != XmlTag::Kind::close) return;
    if (tag.name == "Lines") return end_lines();
    if (tag.name == "SourceFileNames") return sources_.name(fields_["SourceFileID"], fields_["SourceFileName"]);
    if (tag.name == "Method") return end_function();
    if (tag.name == "CoverageDSPriv") return end_function(), end_sources();
    const auto text = [&] { return to_valid_utf8(decode_entities(trim(tag.text_before))); };
    if (tag.name == "ClassName") class_ = text();
    if (tag.name == "MethodName") function_ = class_ + (class_.empty() ? "" : ".") + text();
    if (is_one_of(tag.name, {"LnStart", "LnEnd", "Coverage", "SourceFileID", "SourceFileName"}))
      fields_[std::string(tag.name)] = text();
  }

  void end_lines() {
    const auto first = read_line_number(fields_["LnStart"]), last = read_line_number(fields_["LnEnd"]);
    const std::string& coverage = fields_["Coverage"];  // 0: ran, 1: in part, 2: did not
    if (!first || !last || !is_one_of(coverage, {"0", "1", "2"}))
      return report_.warn(
          "range", fmt::format("This range was skipped: lines {} to {}, coverage {}.", excerpt(fields_["LnStart"]),
                               excerpt(fields_["LnEnd"]), excerpt(coverage)));
    add_range(fields_["SourceFileID"], {*first, *last, coverage != "2"});
  }

  void add_range(const std::string& source, const Range& range) {
    if (range.first >= kHiddenLine) return;
    if (!sources_.add(source, range))
      return report_.warn("range", fmt::format("This range was skipped: lines {} to {}.", range.first, range.last));
    ranges_.emplace_back(source, range);
  }

  // A function belongs to the source of its first range, and its line is its first there.
  void end_function() {
    if (!function_.empty() && !ranges_.empty()) {
      const std::string source = ranges_.front().first;
      model::FunctionHits function{function_, ranges_.front().second.first, 0};
      for (const auto& [of, range] : ranges_) {
        if (range.ran) function.hits = 1;
        if (of == source) function.line = std::min(function.line, range.first);
      }
      sources_.add_function(source, std::move(function));
    }
    function_.clear();
    ranges_.clear();
  }

  void end_sources() {
    if (const std::size_t nameless = sources_.move_to(files_); nameless > 0)
      report_.warn("source", fmt::format("{} sources have no name: their lines were left out.", nameless));
  }

  XmlReport report_;
  Sources sources_;
  std::map<std::string, std::string> fields_;  // of the record of the data set that is being read
  std::string class_, function_;
  std::vector<std::pair<std::string, Range>> ranges_;  // of the function, with their source
  std::vector<model::CoverageFile> files_;
};

}  // namespace

Result<CoverageData> read_visual_studio(std::string_view text, const CoverageReadOptions& options) {
  return VisualStudioReader(text, options.subject).read();
}

bool sniff_visual_studio(std::string_view head) {
  const XmlHead xml(head);
  if (xml.is("CoverageDSPriv")) return true;
  return xml.is("results") && xml.text.find("<module") != std::string_view::npos;
}

}  // namespace rh::collectors
