// JaCoCo XML, report DTD 1.0 and 1.1, of JaCoCo itself, Gradle, Kover, Pester and others: groups at any depth, several
// sessions, one or many packages. A line ran when it has covered instructions (ci > 0); how often is not known, nor
// which of its branches ran (mb missed, cb covered). Methods of DTD 1.0 do not say their source file: it is found
// by the class name or by the line. Instructions and complexity have no place in the model.
//
// gcovr's JaCoCo writer leaves `mi` and `ci` out (gcovr/formats/jacoco/write.py), which the DTD allows: then a line's
// branches or the counter of its file say whether it ran, or nothing does.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "collectors/coverage/numbered_branches.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

struct SourceFile {
  std::string name;
  FileBuilder file;
  std::set<std::uint32_t> lines;
};

struct Method {
  std::string class_name;   // "com/example/Foo$Bar"
  std::string source_file;  // as the class says it; empty in DTD 1.0
  std::string name;         // with its descriptor: overloads of one line stay apart
  std::uint32_t line = 0;
  bool ran = false;
};

// "Foo" of "com/example/Foo$Bar", or "Foo$Bar" with `nested`.
std::string_view short_name(std::string_view class_name, bool nested) {
  class_name.remove_prefix(class_name.rfind('/') + 1);  // npos + 1 is 0
  return nested ? class_name : class_name.substr(0, class_name.find('$'));
}

// What a package says, until its end: source files come after the classes that they belong to.
class Package {
 public:
  explicit Package(std::string name) : name_(std::move(name)) {}

  SourceFile& add_source(const std::string& name) {
    sources_.push_back({name, FileBuilder(source_path(name_.empty() ? name : name_ + "/" + name)), {}});
    return sources_.back();
  }
  void add_method(Method method) { methods_.push_back(std::move(method)); }

  // Returns how many methods belong to no source file that the package lists.
  std::size_t place_methods() {
    for (SourceFile& source : sources_) {
      by_name_.emplace(source.name, &source);
      by_stem_.emplace(source.name.substr(0, source.name.rfind('.')), &source);
      for (const std::uint32_t line : source.lines) ++owners_[line];
    }
    std::size_t lost = 0;
    for (Method& method : methods_) {
      SourceFile* source = source_of(method);
      if (source == nullptr) {
        ++lost;
        continue;
      }
      source->file.function(
          {fmt::format("{}.{}", short_name(method.class_name, true), method.name), method.line, method.ran ? 1U : 0U});
    }
    return lost;
  }

  [[nodiscard]] std::vector<SourceFile>& sources() { return sources_; }

 private:
  SourceFile* source_of(const Method& method) {
    if (!method.source_file.empty()) {
      const auto found = by_name_.find(method.source_file);
      return found == by_name_.end() ? nullptr : found->second;
    }
    if (const auto found = by_stem_.find(short_name(method.class_name, false)); found != by_stem_.end())
      return found->second;
    // A second class of a file, or Kotlin's FooKt: the only file with that line, if there is one.
    const auto owners = owners_.find(method.line);
    if (owners == owners_.end() || owners->second != 1) return nullptr;
    const auto owner = std::find_if(sources_.begin(), sources_.end(),
                                    [&](const SourceFile& source) { return source.lines.contains(method.line); });
    return owner == sources_.end() ? nullptr : &*owner;
  }

  std::string name_;
  std::vector<SourceFile> sources_;
  std::vector<Method> methods_;
  std::map<std::string, SourceFile*, std::less<>> by_name_, by_stem_;
  std::map<std::uint32_t, int> owners_;  // how many files have a line of this number
};

class JacocoReader {
 public:
  JacocoReader(std::string_view text, std::string_view subject) : report_(text, subject, "jacoco", "JaCoCo") {}

  Result<CoverageData> read() {
    RH_TRY(const XmlTag root, report_.root({"report"}));
    static_cast<void>(root);
    while (const auto tag = report_.next()) read_tag(*tag);
    end_package();
    CoverageData data;
    data.files = join_groups();
    note_totals(data.files);
    if (declared_.lines || declared_.branches || declared_.functions) data.declared = declared_;
    if (lost_methods_ > 0)
      report_.inform("methods",
                     fmt::format("{} methods are of classes without source file and were left out.", lost_methods_));
    data.diagnostics = report_.take(holds_no_line(data.files));
    return data;
  }

 private:
  struct Placed {
    std::string group;
    std::set<std::uint32_t> lines;
    model::CoverageFile file;
  };
  // A line that tells neither missed nor covered instructions.
  struct SilentLine {
    std::uint32_t number = 0;
    model::Ratio branches;
  };

  void read_tag(const XmlTag& tag) {
    if (tag.kind == XmlTag::Kind::close) return close(tag.name);
    const bool open = tag.kind == XmlTag::Kind::open;
    if (tag.name == "line") return read_line(tag);
    if (tag.name == "counter") return read_counter(tag);
    if (tag.name == "method") return begin_method(tag, open);
    if (tag.name == "class") {
      class_ = tag.attribute("name").value_or("");
      class_source_ = tag.attribute("sourcefilename").value_or("");
    } else if (tag.name == "sourcefile") {
      begin_source(tag);
    } else if (tag.name == "package") {
      end_package();
      package_.emplace(tag.attribute("name").value_or(""));
    } else if (tag.name == "group" && open) {
      groups_.push_back(tag.attribute("name").value_or(""));
    }
    if (!open) close(tag.name);
  }

  void close(std::string_view name) {
    if (name == "method" && method_) {
      if (package_) package_->add_method(*std::move(method_));
      method_.reset();
    } else if (name == "class") {
      class_.clear();
    } else if (name == "sourcefile") {
      end_source();
    } else if (name == "package") {
      end_package();
    } else if (name == "group" && !groups_.empty()) {
      groups_.pop_back();
    }
  }

  void begin_method(const XmlTag& tag, bool open) {
    method_.emplace(Method{class_, class_source_,
                           tag.attribute("name").value_or("") + tag.attribute("desc").value_or(""),
                           line_of(tag, "line").value_or(0), false});
    if (!open) close("method");
  }

  void begin_source(const XmlTag& tag) {
    const std::string name = tag.attribute("name").value_or("");
    source_ = package_ && !name.empty() ? &package_->add_source(name) : nullptr;
    if (source_ == nullptr) report_.skipped("sourcefile", tag);
  }

  void read_line(const XmlTag& tag) {
    const auto line = line_of(tag, "nr");
    const bool damaged = tag.raw_attribute("ci") && !number_of(tag, "ci");
    if (source_ == nullptr || !line || damaged) return report_.skipped("line", tag);
    const std::uint64_t hit = number_of(tag, "cb").value_or(0);
    const model::Ratio branches{saturating_add(hit, number_of(tag, "mb").value_or(0)), hit};
    const std::uint64_t covered = saturating_add(number_of(tag, "ci").value_or(0), hit);
    if (covered == 0 && !tag.raw_attribute("ci") && !tag.raw_attribute("mi"))
      return silent_.push_back({*line, branches});
    add_line(*line, covered > 0, branches);
  }

  void add_line(std::uint32_t line, bool ran, const model::Ratio& branches) {
    source_->file.line(line, ran ? 1 : 0);
    source_->lines.insert(source_->lines.end(), line);
    ran_ += ran ? 1 : 0;
    if (branches.found > 0 && !branches_.add(source_->file, line, branches, ran))
      report_.warn("branch", fmt::format("The branches of line {} were skipped.", line));
  }

  // Where the counter of the file leaves no choice, its silent lines are known after all.
  void end_source() {
    const bool complete =
        source_ != nullptr && source_lines_ && source_lines_->found == source_->lines.size() + silent_.size();
    const bool all_ran = complete && source_lines_->hit == source_lines_->found;
    const bool none_ran = complete && source_lines_->hit == ran_;
    if (all_ran || none_ran)
      for (const SilentLine& line : silent_) add_line(line.number, all_ran, line.branches);
    else if (!silent_.empty() && silent_files_++ == 0)
      report_.lose(
          "lines",
          "The lines of this file and maybe of others tell no instructions (mi, ci), so which of them ran is not "
          "known. gcovr writes such files: take its JSON, LCOV or Cobertura report.");
    silent_.clear();
    source_lines_.reset();
    ran_ = 0;
    source_ = nullptr;
  }

  // Those of a method say whether it ran, those of the report are its totals; the rest are sums.
  void read_counter(const XmlTag& tag) {
    const std::string_view type = tag.raw_attribute("type").value_or("");
    const auto missed = number_of(tag, "missed"), covered = number_of(tag, "covered");
    if (!missed || !covered) return report_.skipped("counter", tag);
    if (method_) {
      if (type == "METHOD" || type == "INSTRUCTION") method_->ran = method_->ran || *covered > 0;
      return;
    }
    const model::Ratio ratio{saturating_add(*missed, *covered), *covered};
    if (source_ != nullptr && type == "LINE") source_lines_ = ratio;
    if (package_ || !groups_.empty()) return;
    if (type == "LINE") declared_.lines = ratio;
    if (type == "BRANCH") declared_.branches = ratio;
    if (type == "METHOD") declared_.functions = ratio;
  }

  void end_package() {
    if (!package_) return;
    if (source_ != nullptr) end_source();
    lost_methods_ += package_->place_methods();
    const std::string group = join(groups_, "/");
    for (SourceFile& source : package_->sources())
      placed_.push_back({group, std::move(source.lines), std::move(source.file).finish()});
    package_.reset();
  }

  // The report's own counter counts a file twice that two groups list, so more is no wonder; less in the files is.
  void note_totals(const std::vector<model::CoverageFile>& files) {
    std::uint64_t found = 0;
    for (const model::CoverageFile& file : files) found += file.lines.size();
    if (declared_.lines && declared_.lines->found > found)
      report_.warn("totals", fmt::format("The report counts {} lines, and its source files hold {}.",
                                         declared_.lines->found, found));
  }

  // Groups are mostly modules, and two modules may have a file of the same package and name. The same lines:
  // it is one file that was listed twice; other lines: two files, told apart by the group before the path.
  std::vector<model::CoverageFile> join_groups() {
    std::map<std::string, std::vector<Placed*>> by_path;
    for (Placed& placed : placed_) by_path[placed.file.path].push_back(&placed);
    std::vector<model::CoverageFile> files;
    for (auto& [path, same] : by_path) {
      const bool one_file = std::all_of(same.begin(), same.end(), [&](const Placed* placed) {
        return placed->group == same.front()->group || placed->lines == same.front()->lines;
      });
      if (!one_file)
        report_.warn("same-path",
                     fmt::format("{} is of {} groups with other lines: their files are told apart by the group's name.",
                                 excerpt(path), same.size()));
      for (Placed* placed : same) {
        if (!one_file && !placed->group.empty()) placed->file.path = source_path(placed->group + "/" + path);
        files.push_back(std::move(placed->file));
      }
    }
    return gather_files(std::move(files));
  }

  XmlReport report_;
  NumberedBranches branches_;
  std::vector<std::string> groups_;
  std::optional<Package> package_;
  std::string class_, class_source_;
  std::optional<Method> method_;
  SourceFile* source_ = nullptr;              // in package_, valid until the next source file begins
  std::vector<SilentLine> silent_;            // of source_
  std::optional<model::Ratio> source_lines_;  // its counter
  std::uint64_t ran_ = 0;                     // of its lines
  std::size_t silent_files_ = 0;
  std::vector<Placed> placed_;
  model::CoverageTotals declared_;
  std::size_t lost_methods_ = 0;
};

}  // namespace

Result<CoverageData> read_jacoco(std::string_view text, const CoverageReadOptions& options) {
  return JacocoReader(text, options.subject).read();
}

bool sniff_jacoco(std::string_view head) {
  const XmlHead xml(head);
  if (!xml.is("report")) return false;
  for (const std::string_view mark : {"//JACOCO//", "<sessioninfo", "<sourcefile", "type=\"INSTRUCTION\"", "<package"})
    if (xml.text.find(mark) != std::string_view::npos) return true;
  return false;
}

}  // namespace rh::collectors
