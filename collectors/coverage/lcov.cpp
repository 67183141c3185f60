// LCOV tracefiles of every producer: lcov 1.x and 2.x, llvm-cov, Node, istanbul, c8, coverage.py.
// Tolerant: summaries (LF, LH, BRF...) are ignored because they may be absent or wrong; a record
// that makes no sense is skipped and reported with its line; a missing last end_of_record keeps
// what was read. MC/DC records have no place in the model and are passed over.
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
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

// Functions of one record. FN and FNDA are tied by name, FNL and FNA by index. A name may be declared
// several times (methods of two classes): its counts belong to the declarations in order when there
// are as many of them, else their sum belongs to each.
class FunctionTable {
 public:
  void declare(std::string_view name, std::uint32_t line) { by_name_[std::string(name)].lines.push_back(line); }
  void count(std::string_view name, std::uint64_t hits) { by_name_[std::string(name)].hits.push_back(hits); }
  void declare_index(std::string_view index, std::uint32_t line) { lines_[std::string(index)] = line; }
  void count_index(std::string_view index, std::string_view name, std::uint64_t hits) {
    aliases_.push_back({std::string(index), std::string(name), hits});
  }

  void move_to(FileBuilder& file) {
    for (const auto& [name, function] : by_name_) {
      std::uint64_t sum = 0;
      for (const std::uint64_t hits : function.hits) sum = saturating_add(sum, hits);
      if (function.lines.empty()) file.function({to_valid_utf8(name), 0, sum});
      const bool paired = function.lines.size() == function.hits.size();
      for (std::size_t i = 0; i < function.lines.size(); ++i)
        file.function({to_valid_utf8(name), function.lines[i], paired ? function.hits[i] : sum});
    }
    for (const Alias& alias : aliases_) {
      const auto line = lines_.find(alias.index);
      file.function({to_valid_utf8(alias.name), line == lines_.end() ? 0 : line->second, alias.hits});
    }
    *this = {};
  }

 private:
  struct Function {
    std::vector<std::uint32_t> lines;
    std::vector<std::uint64_t> hits;
  };
  struct Alias {
    std::string index, name;
    std::uint64_t hits = 0;
  };
  std::map<std::string, Function> by_name_;
  std::map<std::string, std::uint32_t> lines_;
  std::vector<Alias> aliases_;
};

// A count that the producer declares in each record, and its sum. It is void once a record lacks it.
class DeclaredRatio {
 public:
  void found(std::string_view text) { found_ = parse_u64(text); }
  void hit(std::string_view text) { hit_ = parse_u64(text); }

  void end_record(bool usable) {
    if (usable && found_ && hit_ && *hit_ <= *found_) {
      sum_.found += *found_;
      sum_.hit += *hit_;
    } else {
      whole_ = false;
    }
    found_.reset();
    hit_.reset();
  }

  [[nodiscard]] std::optional<model::Ratio> sum() const { return whole_ ? std::optional(sum_) : std::nullopt; }

 private:
  std::optional<std::uint64_t> found_, hit_;
  model::Ratio sum_;
  bool whole_ = true;
};

// The producer's own totals, LF and LH, FNF and FNH. llvm-cov counts a line once for each function that it
// makes of it, and a function once for all that it lists of it (one for each crate that was built), so its
// totals are not those of the distinct lines and names. They are void when a file has two records.
class DeclaredTotals {
 public:
  DeclaredRatio lines, functions;

  void end_record(const std::string& path) {
    const bool first = paths_.insert(path).second;
    lines.end_record(first);
    functions.end_record(first);
  }

  [[nodiscard]] std::optional<model::CoverageTotals> totals() const {
    if (!lines.sum() || paths_.empty()) return std::nullopt;
    model::CoverageTotals totals;
    totals.lines = lines.sum();
    totals.functions = functions.sum();
    return totals;
  }

 private:
  std::set<std::string> paths_;
};

class LcovReader {
 public:
  explicit LcovReader(std::string_view subject) : damage_(subject) {}

  void read(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      std::string_view line = take_field(text, '\n');
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
      if (!line.empty() && line[0] != '#') read_line(line);
    }
    if (file_) {
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
    data.declared = declared_.totals();
    data.diagnostics = damage_.take();
    return data;
  }

 private:
  void read_line(std::string_view line) {
    if (line == "end_of_record") {
      if (file_)
        end_record();
      else
        bad(line, "end_of_record without SF");
      return;
    }
    std::string_view rest = line;
    const std::string_view tag = take_field(rest, ':');
    if (tag.size() == line.size()) return bad(line, "not an lcov record");
    if (tag == "SF") return begin_record(rest);
    if (tag == "LF") return declared_.lines.found(rest);
    if (tag == "FNF") return declared_.functions.found(rest);
    if (tag == "FNH") return declared_.functions.hit(rest);
    if (tag == "LH") return declared_.lines.hit(rest);
    if (!is_one_of(tag, {"DA", "BRDA", "FN", "FNDA", "FNL", "FNA"})) {
      // Summaries, test names, versions and MC/DC hold nothing that the model has a place for.
      if (!is_one_of(tag, {"TN", "VER", "BRF", "BRH", "BA", "MCDC", "MCF", "MCH"})) bad(line, "unknown record");
      return;
    }
    if (!file_) return bad(line, "record before any SF");
    const bool understood = tag == "DA"     ? read_da(rest)
                            : tag == "BRDA" ? read_brda(rest)
                            : tag == "FN"   ? read_fn(rest)
                            : tag == "FNDA" ? read_fnda(rest)
                            : tag == "FNL"  ? read_fnl(rest)
                                            : read_fna(rest);
    if (!understood) bad(line, "damaged record");
  }

  void begin_record(std::string_view path) {
    if (file_) {
      damage_.add(Severity::error, "lcov-truncated", fmt::format("The record of {} has no end_of_record.", path_),
                  line_);
      end_record();
    }
    if (path.empty()) return bad("SF:", "SF without a path");
    saw_source_ = true;
    path_ = source_path(path);
    file_.emplace(path_);
  }

  void end_record() {
    functions_.move_to(*file_);
    declared_.end_record(path_);
    files_.push_back(std::move(*file_).finish());
    file_.reset();
  }

  // DA:line,count[,checksum]
  bool read_da(std::string_view rest) {
    const auto line = read_line_number(take_field(rest));
    const auto hits = count(take_field(rest));
    if (line && hits) file_->line(*line, *hits);
    return line && hits;
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
    model::BranchHits branch{*line, static_cast<std::uint32_t>(*number), to_valid_utf8(rest.substr(0, comma)), {}};
    if (taken != "-") {
      branch.taken = count(taken);
      if (!branch.taken) return false;
    }
    // Marked as impossible to reach by the author: lcov leaves it out of the denominator.
    if (!unreachable || branch.taken.value_or(0) > 0) file_->branch(std::move(branch));
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
  std::string path_;
  std::optional<FileBuilder> file_;
  FunctionTable functions_;
  DeclaredTotals declared_;
  std::vector<model::CoverageFile> files_;
};

std::string_view without_bom(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace

Result<CoverageData> read_lcov(std::string_view text, const CoverageReadOptions& options) {
  LcovReader reader(options.subject);
  reader.read(without_bom(text));
  if (!reader.saw_source() && reader.first_bad_line() > 0)
    return fail(ErrorKind::parse,
                fmt::format("read lcov: malformed at line {}, and no SF record in the file", reader.first_bad_line()),
                options.subject);
  if (reader.saw_source()) return reader.take();
  CoverageData data = reader.take();
  data.diagnostics.push_back(
      {Severity::warning, "coverage-empty", "The file names no source file.", options.subject, {}});
  return data;
}

bool sniff_lcov(std::string_view head) {
  std::string_view rest = without_bom(head);
  while (!rest.empty()) {
    const std::string_view line = trim(take_field(rest, '\n'));
    if (line.starts_with("SF:")) return true;
    if (!line.empty() && line[0] != '#' && !line.starts_with("TN:")) return false;
    if (line.starts_with("TN:") && trim(rest).empty()) return true;
  }
  return false;
}

}  // namespace rh::collectors
