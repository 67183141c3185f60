// The coverage of each file as a table: for a terminal or a log, and as Markdown. Least covered first would hide
// where a file stands in the tree, so the order is that of the paths; a total comes last.
#include <algorithm>

#include <fmt/core.h>

#include "reporters/json/encoder.h"
#include "reporters/markdown_text.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxRanges = 12;

std::string percent_text(const std::optional<model::Ratio>& ratio) {
  const std::string text = to_text(percent_of(ratio));
  return text.empty() ? "-" : text + " %";
}

std::string count_text(const std::optional<model::Ratio>& ratio) {
  return ratio ? fmt::format("{}/{}", ratio->hit, ratio->found) : "-";
}

// "12-14, 20": lines that are known and never hit.
std::string missing_lines(const model::CoverageFile& file) {
  std::string text;
  std::size_t ranges = 0, more = 0;
  for (std::size_t i = 0; i < file.lines.size();) {
    if (file.lines[i].hits > 0) {
      ++i;
      continue;
    }
    const std::uint32_t first = file.lines[i].line;
    std::uint32_t last = first;
    // Lines without code in between do not end a range.
    for (++i; i < file.lines.size() && file.lines[i].hits == 0; ++i) last = file.lines[i].line;
    if (++ranges > kMaxRanges) {
      ++more;
      continue;
    }
    text += fmt::format("{}{}", text.empty() ? "" : ", ", first);
    if (last > first) text += fmt::format("-{}", last);
  }
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

struct Row {
  std::string file, lines, percent, branches, missing;
};

std::vector<Row> rows_of(const model::RunReport& report) {
  std::vector<Row> rows;
  for (const model::CoverageFile& file : report.coverage.files) {
    const model::CoverageTotals totals = totals_of(file);
    rows.push_back({clean_line(file.path, 4096), count_text(totals.lines), percent_text(totals.lines),
                    count_text(totals.branches), missing_lines(file)});
  }
  return rows;
}

}  // namespace

Result<std::string> render_coverage_text(const model::RunReport& report) {
  if (report.coverage.files.empty()) return fmt::format("no coverage: {}\n", clean_line(report.coverage.reason));
  std::vector<Row> rows = rows_of(report);
  const model::CoverageTotals& totals = report.coverage.totals;
  rows.push_back({"total", count_text(totals.lines), percent_text(totals.lines), count_text(totals.branches), ""});
  std::size_t file = 4, lines = 5, branches = 8;
  for (const Row& row : rows) {
    file = std::max(file, width_of(row.file));
    lines = std::max(lines, row.lines.size());
    branches = std::max(branches, row.branches.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:>{}}  {:>8}  {:>{}}  missing\n", "file", file, "lines", lines, "", "branches", branches);
  for (const Row& row : rows) {
    std::string line = fmt::format("{}{:{}}  {:>{}}  {:>8}  {:>{}}  {}", row.file, "", file - width_of(row.file),
                                   row.lines, lines, row.percent, row.branches, branches, row.missing);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

Result<std::string> render_coverage_markdown(const model::RunReport& report) {
  if (report.coverage.files.empty()) return fmt::format("No coverage: {}\n", markdown::prose(report.coverage.reason));
  const model::CoverageTotals& totals = report.coverage.totals;
  markdown::Page page;
  page.add("| file | lines | | branches | missing |\n|---|--:|--:|--:|---|\n");
  page.add(fmt::format("| **total** | {} | **{}** | {} | |\n", count_text(totals.lines), percent_text(totals.lines),
                       count_text(totals.branches)));
  page.add_each(rows_of(report), markdown::kMaxBytes, "files", [](const Row& row) {
    return fmt::format("| {} | {} | {} | {} | {} |\n", markdown::code_cell(row.file), row.lines, row.percent,
                       row.branches, row.missing);
  });
  return page.take();
}

Result<std::string> render_coverage_json(const model::RunReport& report) {
  JsonWriter writer(3);
  writer.open('{');
  writer.key("schema");
  writer.string("runharness.coverage");
  writer.key("schema_version");
  writer.number(std::uint64_t{1});
  Encoder(writer, Density::full, report.run.started).members(report.coverage);
  writer.close('}');
  return writer.take() + "\n";
}

}  // namespace rh::reporters
