// The merged coverage as Cobertura XML, for GitLab's and Azure's merge request views and for Jenkins. Follows
// coverage-04.dtd; a package is a folder, a class a file, and file names are relative to the repository.
#include <map>

#include <fmt/core.h>

#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "reporters/xml_writer.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxName = 4096;

// Four decimals, rounded down; 1 stands for nothing to cover, as Cobertura itself has it.
std::string rate(const std::optional<model::Ratio>& ratio) {
  if (!ratio || ratio->found == 0 || ratio->hit >= ratio->found) return "1";
  __extension__ typedef unsigned __int128 Wide;
  return fmt::format("0.{:04}", static_cast<std::uint64_t>(Wide{ratio->hit} * 10000U / ratio->found));
}

std::string number(std::uint64_t value) { return fmt::format("{}", value); }

void add(std::optional<model::Ratio>& into, const std::optional<model::Ratio>& more) {
  if (!more) return;
  if (!into) into.emplace();
  into->found += more->found;
  into->hit += more->hit;
}

struct Package {
  std::vector<const model::CoverageFile*> files;
  std::optional<model::Ratio> lines, branches;
};

class Document {
 public:
  explicit Document(const model::RunReport& report) : report_(report) {
    for (const model::CoverageFile& file : report.coverage.files) {
      const std::size_t slash = file.path.rfind('/');
      Package& package = packages_[slash == std::string::npos ? std::string(".") : file.path.substr(0, slash)];
      const model::CoverageTotals totals = totals_of(file);
      package.files.push_back(&file);
      add(package.lines, totals.lines);
      add(package.branches, totals.branches);
    }
  }

  std::string write() {
    const model::CoverageTotals& totals = report_.coverage.totals;
    const model::Ratio lines = totals.lines.value_or(model::Ratio{}),
                       branches = totals.branches.value_or(model::Ratio{});
    xml_.open("coverage");
    rates(totals.lines, totals.branches);
    xml_.attribute("lines-covered", number(lines.hit));
    xml_.attribute("lines-valid", number(lines.found));
    xml_.attribute("branches-covered", number(branches.hit));
    xml_.attribute("branches-valid", number(branches.found));
    xml_.attribute("complexity", "0");
    const auto started = report_.run.started_at.time_since_epoch();
    xml_.attribute(
        "timestamp",
        number(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(started).count())));
    xml_.attribute("version", "runharness " + clean_line(report_.run.runharness_version));
    xml_.open("sources");
    xml_.open("source");
    xml_.text(".");
    xml_.close();
    xml_.close();
    xml_.open("packages");
    for (const auto& [name, package] : packages_) write_package(name, package);
    xml_.close();
    xml_.close();
    return xml_.take() + "\n";
  }

 private:
  void rates(const std::optional<model::Ratio>& lines, const std::optional<model::Ratio>& branches) {
    xml_.attribute("line-rate", rate(lines));
    xml_.attribute("branch-rate", rate(branches));
  }

  void write_package(const std::string& name, const Package& package) {
    xml_.open("package");
    xml_.attribute("name", clean_line(name, kMaxName));
    rates(package.lines, package.branches);
    xml_.attribute("complexity", "0");
    xml_.open("classes");
    for (const model::CoverageFile* file : package.files) write_class(*file);
    xml_.close();
    xml_.close();
  }

  void write_class(const model::CoverageFile& file) {
    const model::CoverageTotals totals = totals_of(file);
    xml_.open("class");
    xml_.attribute("name", clean_line(file.path.substr(file.path.rfind('/') + 1), kMaxName));
    xml_.attribute("filename", clean_line(file.path, kMaxName));
    rates(totals.lines, totals.branches);
    xml_.attribute("complexity", "0");
    xml_.open("methods");
    for (const model::FunctionHits& function : file.functions) write_method(function);
    xml_.close();
    write_lines(file);
    xml_.close();
  }

  // Its first line only: where a function ends few formats say.
  void write_method(const model::FunctionHits& function) {
    xml_.open("method");
    xml_.attribute("name", clean_line(function.name, kMaxName));
    xml_.attribute("signature", "");
    xml_.attribute("line-rate", function.hits > 0 ? "1" : "0");
    xml_.attribute("branch-rate", "1");
    xml_.attribute("complexity", "0");
    xml_.open("lines");
    if (function.line > 0) {
      xml_.open("line");
      xml_.attribute("number", number(function.line));
      xml_.attribute("hits", number(function.hits));
      xml_.close();
    }
    xml_.close();
    xml_.close();
  }

  void write_lines(const model::CoverageFile& file) {
    std::map<std::uint32_t, model::Ratio> branches;
    for (const model::BranchHits& branch : file.branches) {
      model::Ratio& ratio = branches[branch.line];
      ++ratio.found;
      ratio.hit += branch.taken.value_or(0) > 0;
    }
    xml_.open("lines");
    for (const model::LineHits& line : file.lines) {
      xml_.open("line");
      xml_.attribute("number", number(line.line));
      xml_.attribute("hits", number(line.hits));
      const auto branch = branches.find(line.line);
      xml_.attribute("branch", branch == branches.end() ? "false" : "true");
      if (branch != branches.end()) {
        const model::Ratio& ratio = branch->second;
        xml_.attribute("condition-coverage",
                       fmt::format("{}% ({}/{})", ratio.hit * 100 / ratio.found, ratio.hit, ratio.found));
      }
      xml_.close();
    }
    xml_.close();
  }

  const model::RunReport& report_;
  std::map<std::string, Package> packages_;
  XmlWriter xml_;
};

}  // namespace

Result<std::string> render_cobertura(const model::RunReport& report) { return Document(report).write(); }

}  // namespace rh::reporters
