// The merged coverage as LCOV tracefile, for consumers that annotate lines. Paths are relative to the
// repository. A run without coverage gives an empty file. Written by hand, digit by digit: it is the one
// output that is as big as the biggest input.
#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxName = 4096;

// One record at a time is put together in a small buffer and then appended.
class Tracefile {
 public:
  explicit Tracefile(std::size_t expected_bytes) { text_.reserve(expected_bytes); }

  Tracefile& record(std::string_view tag) {
    end_record();
    return *this << tag;
  }
  Tracefile& operator<<(std::string_view text) {
    std::memcpy(record_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Tracefile& operator<<(char c) { return record_[size_++] = c, *this; }
  Tracefile& operator<<(std::uint32_t number) { return *this << std::uint64_t{number}; }
  Tracefile& operator<<(std::uint64_t number) {
    const fmt::format_int digits(number);
    return *this << std::string_view(digits.data(), digits.size());
  }

  // A name or path on one line, as it is where that is harmless.
  Tracefile& name(std::string_view name) {
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7F; };
    const bool plain = name.size() <= kMaxName && std::all_of(name.begin(), name.end(), is_plain);
    return plain ? *this << name : *this << clean_line(name, kMaxName);
  }

  void summary(std::string_view found, std::string_view hit, const std::optional<model::Ratio>& ratio) {
    if (ratio) record(found) << ratio->found << '\n' << hit << ratio->hit << '\n';
  }

  [[nodiscard]] std::string take() {
    end_record();
    return std::move(text_);
  }

 private:
  void end_record() { text_.append(record_, std::exchange(size_, 0)); }

  char record_[kMaxName + 256];  // one name, some numbers and tags
  std::size_t size_ = 0;
  std::string text_;
};

void add_file(Tracefile& out, const model::CoverageFile& file) {
  const model::CoverageTotals totals = totals_of(file);
  out.record("TN:\nSF:").name(file.path) << '\n';
  for (const model::FunctionHits& function : file.functions)
    (out.record("FN:") << function.line << ',').name(function.name) << '\n';
  for (const model::FunctionHits& function : file.functions)
    (out.record("FNDA:") << function.hits << ',').name(function.name) << '\n';
  out.summary("FNF:", "FNH:", totals.functions);
  for (const model::BranchHits& branch : file.branches) {
    (out.record("BRDA:") << branch.line << ',' << branch.block << ',').name(branch.branch);
    if (branch.taken)
      out << ',' << *branch.taken << '\n';
    else
      out << ",-\n";
  }
  out.summary("BRF:", "BRH:", totals.branches);
  for (const model::LineHits& hits : file.lines) out.record("DA:") << hits.line << ',' << hits.hits << '\n';
  out.summary("LF:", "LH:", totals.lines);
  out.record("end_of_record\n");
}

// Near what it will take, so that the text is not copied as it grows.
std::size_t expected_bytes(const std::vector<model::CoverageFile>& files) {
  std::size_t bytes = 0;  // names are the part that is not known
  for (const model::CoverageFile& file : files)
    bytes += 100 + file.lines.size() * 14 + file.branches.size() * 18 + file.functions.size() * 100;
  return bytes;
}

}  // namespace

Result<std::string> render_lcov(const model::RunReport& report) {
  Tracefile out(expected_bytes(report.coverage.files));
  for (const model::CoverageFile& file : report.coverage.files) add_file(out, file);
  return out.take();
}

}  // namespace rh::reporters
