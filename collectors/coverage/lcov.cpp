// LCOV tracefiles of every producer: lcov 1.x and 2.x, llvm-cov, Node, istanbul, c8, coverage.py.
// Tolerant: summaries (LF, LH, BRF...) may be absent or wrong, so everything is counted again; a record
// that makes no sense is skipped and reported with its line; a missing last end_of_record keeps
// what was read. MC/DC records have no place in the model and are passed over.
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/encoding.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/lcov_records.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

// Text up to `separator`, which is removed from `rest` with it; the whole rest without one.
std::string_view take_field(std::string_view& rest, char separator = ',') {
  const std::size_t end = rest.find(separator);
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Digits at `at`, of which there are at most 18, so that they fit; moves `at` behind them. 0 digits: no number.
std::size_t read_digits(const char*& at, const char* end, std::uint64_t& number) {
  constexpr std::ptrdiff_t kMost = 18;
  const char* const begin = at;
  const char* const stop = end - at > kMost ? at + kMost : end;
  number = 0;
  for (; at != stop && *at >= '0' && *at <= '9'; ++at) number = number * 10 + static_cast<std::uint64_t>(*at - '0');
  return static_cast<std::size_t>(at - begin);
}

bool skip(const char*& at, const char* end, char wanted) { return at != end && *at == wanted ? ++at, true : false; }

class LcovReader {
 public:
  explicit LcovReader(std::string_view subject) : damage_(subject) {}

  void read(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
      ++line_;
      if (read_usual(at, end)) continue;
      const void* const newline = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
      const char* const stop = newline == nullptr ? end : static_cast<const char*>(newline);
      std::string_view line(at, static_cast<std::size_t>(stop - at));
      at = stop == end ? end : stop + 1;
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
      if (!line.empty() && line[0] != '#') read_line(line);
    }
    if (open_) {
      damage_.add(Severity::error, "lcov-truncated",
                  fmt::format("The file ends inside the record of {}: no end_of_record.", path_), line_);
      end_record();
    }
  }

  [[nodiscard]] bool saw_source() const { return saw_source_; }
  [[nodiscard]] std::size_t first_bad_line() const { return first_bad_line_; }

  CoverageData take() {
    CoverageData data;
    data.files = gather_files(std::move(files_));
    data.declared = totals_.declared();
    if (totals_.mismatches() > 0)
      damage_.add(
          Severity::info, "coverage-totals",
          fmt::format("The sums of {} records (first: {}) are not those of their data, which was counted again.",
                      totals_.mismatches(), totals_.first_mismatch()));
    data.diagnostics = damage_.take(holds_no_line(data.files));
    return data;
  }

 private:
  // The two records that make up nearly all of a file, in the form that nearly all producers write: "DA:12,3" and
  // "BRDA:12,0,1,-", with '\n'. Anything else is left to read_line.
  bool read_usual(const char*& at, const char* end) {
    if (!open_ || end - at < 6) return false;
    const char* p = at;
    const bool read = std::memcmp(p, "DA:", 3) == 0     ? usual_da(p += 3, end)
                      : std::memcmp(p, "BRDA:", 5) == 0 ? usual_brda(p += 5, end)
                                                        : false;
    if (read) at = p;
    return read;
  }

  bool usual_da(const char*& p, const char* end) {
    std::uint64_t line = 0, hits = 0;
    if (read_digits(p, end, line) == 0 || !skip(p, end, ',')) return false;
    if (read_digits(p, end, hits) == 0 || !skip(p, end, '\n')) return false;
    if (line == 0 || line > UINT32_MAX) return false;
    file_.line(static_cast<std::uint32_t>(line), hits);
    return true;
  }

  bool usual_brda(const char*& p, const char* end) {
    std::uint64_t line = 0, block = 0, ignored = 0, taken = 0;
    if (read_digits(p, end, line) == 0 || !skip(p, end, ',')) return false;
    if (read_digits(p, end, block) == 0 || !skip(p, end, ',')) return false;
    const char* const name = p;
    const std::size_t name_size = read_digits(p, end, ignored);
    if (name_size == 0 || !skip(p, end, ',')) return false;
    const bool evaluated = !skip(p, end, '-');
    if ((evaluated && read_digits(p, end, taken) == 0) || !skip(p, end, '\n')) return false;
    if (line == 0 || line > UINT32_MAX || block > UINT32_MAX) return false;
    model::BranchHits& branch = file_.add_branch();
    branch.line = static_cast<std::uint32_t>(line);
    branch.block = static_cast<std::uint32_t>(block);
    branch.branch.assign(name, name_size);
    if (evaluated) branch.taken = taken;
    return true;
  }

  void read_line(std::string_view line) {
    if (line == "end_of_record") {
      if (open_)
        end_record();
      else
        bad(line, "end_of_record without SF");
      return;
    }
    std::string_view rest = line;
    const std::string_view tag = take_field(rest, ':');
    if (tag.size() == line.size()) return bad(line, "not an lcov record");
    if (tag == "SF") return begin_record(rest);
    if (tag == "LF") return totals_.lines.found(rest);
    if (tag == "LH") return totals_.lines.hit(rest);
    if (tag == "BRF") return totals_.branches.found(rest);
    if (tag == "BRH") return totals_.branches.hit(rest);
    if (tag == "FNF") return totals_.functions.found(rest);
    if (tag == "FNH") return totals_.functions.hit(rest);
    if (!is_one_of(tag, {"DA", "BRDA", "FN", "FNDA", "FNL", "FNA"})) {
      // Summaries, test names, versions and MC/DC hold nothing that the model has a place for.
      if (!is_one_of(tag, {"TN", "VER", "BA", "MCDC", "MCF", "MCH"})) bad(line, "unknown record");
      return;
    }
    if (!open_) return bad(line, "record before any SF");
    const bool understood = tag == "DA"     ? read_da(rest)
                            : tag == "BRDA" ? read_brda(rest)
                            : tag == "FN"   ? read_fn(rest)
                            : tag == "FNDA" ? read_fnda(rest)
                            : tag == "FNL"  ? read_fnl(rest)
                                            : read_fna(rest);
    if (!understood) bad(line, "damaged record");
  }

  void begin_record(std::string_view path) {
    if (open_) {
      damage_.add(Severity::error, "lcov-truncated", fmt::format("The record of {} has no end_of_record.", path_),
                  line_);
      end_record();
    }
    if (path.empty()) return bad("SF:", "SF without a path");
    saw_source_ = true;
    path_ = source_path(path);
    open_ = true;
  }

  void end_record() {
    functions_.move_to(file_);
    files_.push_back(file_.take());
    files_.back().path = path_;
    totals_.end_record(files_.back());
    open_ = false;
  }

  // DA:line,count[,checksum]
  bool read_da(std::string_view rest) {
    const auto line = read_line_number(take_field(rest));
    const auto hits = count(take_field(rest));
    if (!line || !hits) return false;
    file_.line(*line, *hits);
    if (!rest.empty()) file_.checksum(*line, rest);
    return true;
  }

  // BRDA:line,[e][f][U]block,branch,taken: the branch may be an expression with commas.
  bool read_brda(std::string_view rest) {
    const auto line = read_line_number(take_field(rest));
    std::string_view block = take_field(rest);
    bool unreachable = false;
    while (!block.empty() && (block[0] == 'e' || block[0] == 'f' || block[0] == 'U')) {
      unreachable = unreachable || block[0] == 'U';
      block.remove_prefix(1);
    }
    const auto number = parse_u64(block);
    const std::size_t comma = rest.rfind(',');
    if (!line || !number || *number > UINT32_MAX || comma == std::string_view::npos || comma == 0) return false;
    const std::string_view taken = rest.substr(comma + 1);
    model::BranchHits branch{*line, static_cast<std::uint32_t>(*number), source_text(rest.substr(0, comma)), {}};
    if (taken != "-") {
      branch.taken = count(taken);
      if (!branch.taken) return false;
    }
    // Marked as impossible to reach by the author: lcov leaves it out of the denominator.
    if (!unreachable || branch.taken.value_or(0) > 0) file_.branch(std::move(branch));
    return true;
  }

  // FN:line,name or FN:line,end line,name
  bool read_fn(std::string_view rest) {
    const auto line = read_line_number(take_field(rest));
    std::string_view name = rest;
    if (is_number(take_field(rest)) && !rest.empty()) name = rest;
    if (!line || name.empty()) return false;
    functions_.declare(name, *line);
    return true;
  }

  bool read_fnda(std::string_view rest) {
    const auto hits = count(take_field(rest));
    if (!hits || rest.empty()) return false;
    functions_.count(rest, *hits);
    return true;
  }

  // FNL:index,start[,end] declares, FNA:index,count,name names it; aliases share an index.
  bool read_fnl(std::string_view rest) {
    const std::string_view index = take_field(rest);
    const auto line = read_line_number(take_field(rest));
    if (index.empty() || !line) return false;
    functions_.declare_index(index, *line);
    return true;
  }

  bool read_fna(std::string_view rest) {
    const std::string_view index = take_field(rest);
    const auto hits = count(take_field(rest));
    if (index.empty() || !hits || rest.empty()) return false;
    functions_.count_index(index, rest, *hits);
    return true;
  }

  std::optional<std::uint64_t> count(std::string_view text) {
    const auto number = read_count(text);
    if (!number) return std::nullopt;
    if (number->clamped)
      damage_.add(Severity::warning, "lcov-count",
                  fmt::format("The count {} is none; {} is used.", excerpt(text), number->value), line_);
    return number->value;
  }

  void bad(std::string_view line, std::string_view why) {
    if (first_bad_line_ == 0) first_bad_line_ = line_;
    damage_.add(Severity::warning, "lcov-record", fmt::format("Skipped '{}': {}.", excerpt(line), why), line_);
  }

  DamageLog damage_;
  std::size_t line_ = 0;
  std::size_t first_bad_line_ = 0;
  bool saw_source_ = false;
  bool open_ = false;  // inside a record
  std::string path_;
  FileBuilder file_{std::string()};
  LcovFunctions functions_;
  LcovTotals totals_;
  std::vector<model::CoverageFile> files_;
};

}  // namespace

Result<CoverageData> read_lcov(std::string_view bytes, const CoverageReadOptions& options) {
  RH_TRY(const PlainText text, plain_text(bytes, options.subject));
  LcovReader reader(options.subject);
  reader.read(text.view());
  if (!reader.saw_source() && reader.first_bad_line() > 0)
    return fail(ErrorKind::parse,
                fmt::format("read lcov: malformed at line {}, and no SF record in the file", reader.first_bad_line()),
                options.subject);
  const bool empty = !reader.saw_source();
  CoverageData data = reader.take();
  if (empty)
    data.diagnostics.push_back(
        {Severity::warning, "coverage-empty", "The file names no source file.", options.subject, {}});
  return data;
}

bool sniff_lcov(std::string_view head) {
  const PlainText text = plain_head(head);
  std::string_view rest = text.view();
  while (!rest.empty()) {
    const std::string_view line = trim(take_field(rest, '\n'));
    if (line.starts_with("SF:")) return true;
    if (!line.empty() && line[0] != '#' && !line.starts_with("TN:")) return false;
    if (line.starts_with("TN:") && trim(rest).empty()) return true;
  }
  return false;
}

}  // namespace rh::collectors
