// The merged coverage as LCOV tracefile, for consumers that annotate lines. Paths are relative to the
// repository. A run without coverage gives an empty file. Written by hand, digit by digit: it is the one
// output that is as big as the biggest input.
#include <algorithm>
#include <charconv>

#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxName = 4096;

class Tracefile {
 public:
  Tracefile& operator<<(std::string_view text) { return text_ += text, *this; }
  Tracefile& operator<<(char c) { return text_ += c, *this; }
  Tracefile& operator<<(std::uint32_t number) { return *this << std::uint64_t{number}; }
  Tracefile& operator<<(std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text_.append(digits, end);
    return *this;
  }

  // A name or path on one line, as it is where that is harmless.
  void name(std::string_view name) {
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7F; };
    if (name.size() <= kMaxName && std::all_of(name.begin(), name.end(), is_plain))
      text_ += name;
    else
      text_ += clean_line(name, kMaxName);
  }

  void summary(std::string_view found, std::string_view hit, const std::optional<model::Ratio>& ratio) {
    if (ratio) *this << found << ratio->found << '\n' << hit << ratio->hit << '\n';
  }

  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_file(Tracefile& out, const model::CoverageFile& file) {
  const model::CoverageTotals totals = totals_of(file);
  out << "TN:\nSF:";
  out.name(file.path);
  out << '\n';
  for (const model::FunctionHits& function : file.functions) {
    out << "FN:" << function.line << ',';
    out.name(function.name);
    out << '\n';
  }
  for (const model::FunctionHits& function : file.functions) {
    out << "FNDA:" << function.hits << ',';
    out.name(function.name);
    out << '\n';
  }
  out.summary("FNF:", "FNH:", totals.functions);
  for (const model::BranchHits& branch : file.branches) {
    out << "BRDA:" << branch.line << ',' << branch.block << ',';
    out.name(branch.branch);
    if (branch.taken)
      out << ',' << *branch.taken << '\n';
    else
      out << ",-\n";
  }
  out.summary("BRF:", "BRH:", totals.branches);
  for (const model::LineHits& hits : file.lines) out << "DA:" << hits.line << ',' << hits.hits << '\n';
  out.summary("LF:", "LH:", totals.lines);
  out << "end_of_record\n";
}

// Near what it will take, so that the text is not copied as it grows.
std::size_t expected_bytes(const std::vector<model::CoverageFile>& files) {
  std::size_t bytes = 0;
  for (const model::CoverageFile& file : files)
    bytes += 100 + file.lines.size() * 14 + file.branches.size() * 18 + file.functions.size() * 100;
  return bytes;
}

}  // namespace

Result<std::string> render_lcov(const model::RunReport& report) {
  Tracefile out;
  out.reserve(expected_bytes(report.coverage.files));
  for (const model::CoverageFile& file : report.coverage.files) add_file(out, file);
  return out.take();
}

}  // namespace rh::reporters
