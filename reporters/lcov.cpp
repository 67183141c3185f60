// The merged coverage as LCOV tracefile, for consumers that annotate lines. Paths are relative to the
// repository. A run without coverage gives an empty file.
#include <iterator>

#include <fmt/format.h>

#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxName = 4096;

class Tracefile {
 public:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }
  void summary(std::string_view found, std::string_view hit, const std::optional<model::Ratio>& ratio) {
    if (!ratio) return;
    line("{}:{}", found, ratio->found);
    line("{}:{}", hit, ratio->hit);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_file(Tracefile& out, const model::CoverageFile& file) {
  const model::CoverageTotals totals = totals_of(file);
  out.line("TN:");
  out.line("SF:{}", clean_line(file.path, kMaxName));
  for (const model::FunctionHits& function : file.functions)
    out.line("FN:{},{}", function.line, clean_line(function.name, kMaxName));
  for (const model::FunctionHits& function : file.functions)
    out.line("FNDA:{},{}", function.hits, clean_line(function.name, kMaxName));
  out.summary("FNF", "FNH", totals.functions);
  for (const model::BranchHits& branch : file.branches)
    out.line("BRDA:{},{},{},{}", branch.line, branch.block, clean_line(branch.branch, kMaxName),
             branch.taken ? fmt::to_string(*branch.taken) : "-");
  out.summary("BRF", "BRH", totals.branches);
  for (const model::LineHits& hits : file.lines) out.line("DA:{},{}", hits.line, hits.hits);
  out.summary("LF", "LH", totals.lines);
  out.line("end_of_record");
}

}  // namespace

Result<std::string> render_lcov(const model::RunReport& report) {
  Tracefile out;
  for (const model::CoverageFile& file : report.coverage.files) add_file(out, file);
  return out.take();
}

}  // namespace rh::reporters
