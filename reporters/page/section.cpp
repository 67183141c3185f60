#include "reporters/page/section.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/core.h>

#include "reporters/percent.h"

namespace rh::reporters {

PageSection::PageSection(std::string_view name, std::size_t budget_bytes) : name_(name), budget_bytes_(budget_bytes) {}

void PageSection::feed(std::string_view json) { gzip_.feed(json); }

Result<std::string> PageSection::finish() {
  RH_TRY(const std::string packed, gzip_.finish());
  std::string element =
      fmt::format("<script id=\"{}\" type=\"application/octet-stream\" data-encoding=\"gzip+base64\">", name_);
  element += base64(packed);
  element += "</script>\n";
  return element;
}

std::vector<TestPlace> test_places(const model::RunReport& report) {
  std::vector<TestPlace> places;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests) places.push_back({&suite, &record});
  return places;
}

bool has_evidence(const model::TestRecord& record) {
  if (record.attempts.size() > 1) return true;
  const model::Attempt& attempt = record.attempts.back();
  return attempt.number > 1 || !attempt.details.empty() || !attempt.standard_output.empty() ||
         !attempt.standard_error.empty() || attempt.message.size() > kMaxRowMessage;
}

std::vector<std::size_t> files_by_interest(const model::RunReport& report) {
  std::set<std::string_view> changed;
  if (report.patch)
    for (const model::PatchFile& file : report.patch->files) changed.insert(file.path);
  const std::vector<model::CoverageFile>& files = report.coverage.files;
  std::vector<std::pair<bool, std::uint64_t>> interest;
  for (const model::CoverageFile& file : files) {
    const model::CoverageTotals totals = totals_of(file);
    const auto& ratio = totals.lines ? totals.lines : totals.statements;
    interest.emplace_back(changed.contains(file.path), ratio ? ratio->found - ratio->hit : 0);
  }
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return interest[a] > interest[b]; });
  return order;
}

std::string_view prefix_of(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace rh::reporters
