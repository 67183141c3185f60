// Go cover profiles: "mode: set|count|atomic", then one block of statements a line,
// "import/path/file.go:line.col,line.col statements count". Each test binary repeats the blocks of
// all packages under -coverpkg: equal blocks are one, joined by OR (set) or sum (count, atomic).
// Lines do not exist in the format and are derived from the blocks.
#include <algorithm>
#include <map>
#include <queue>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::BlockHits;

// Far beyond what people write; a profile that claims more would only fill memory.
constexpr std::uint64_t kMaxDerivedLines = 20'000'000;

struct ProfileLine {
  std::string_view path;
  BlockHits block;
  bool clamped = false;
};

std::optional<std::uint32_t> read_u32(std::string_view text) {
  const auto number = parse_u64(text);
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

bool read_position(std::string_view text, std::uint32_t& line, std::uint32_t& column) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  const auto read_line = read_line_number(text.substr(0, dot));
  const auto read_column = read_u32(text.substr(dot + 1));
  if (!read_line || !read_column) return false;
  line = *read_line, column = *read_column;
  return true;
}

// From the right, because the path may hold blanks and colons.
std::optional<ProfileLine> read_profile_line(std::string_view text) {
  const std::size_t last = text.rfind(' ');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const std::size_t middle = text.rfind(' ', last - 1);
  if (middle == std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.rfind(':', middle);
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view range = text.substr(colon + 1, middle - colon - 1);
  const std::size_t comma = range.find(',');
  const auto statements = read_u32(text.substr(middle + 1, last - middle - 1));
  const auto hits = read_count(text.substr(last + 1));
  ProfileLine line{text.substr(0, colon), {}, false};
  if (comma == std::string_view::npos || !statements || !hits) return std::nullopt;
  if (!read_position(range.substr(0, comma), line.block.start_line, line.block.start_column) ||
      !read_position(range.substr(comma + 1), line.block.end_line, line.block.end_column))
    return std::nullopt;
  if (line.block.end_line < line.block.start_line) return std::nullopt;
  line.block.statements = *statements;
  line.block.hits = hits->value;
  line.clamped = hits->clamped;
  return line;
}

auto extent(const BlockHits& b) { return std::tie(b.start_line, b.start_column, b.end_line, b.end_column); }

void fold_blocks(std::vector<BlockHits>& blocks, bool set_mode) {
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const BlockHits& a, const BlockHits& b) { return extent(a) < extent(b); });
  std::vector<BlockHits> folded;
  for (const BlockHits& block : blocks) {
    if (folded.empty() || extent(folded.back()) != extent(block)) {
      folded.push_back(block);
      continue;
    }
    BlockHits& into = folded.back();
    into.statements = std::max(into.statements, block.statements);
    into.hits = set_mode ? std::max(into.hits, block.hits) : saturating_add(into.hits, block.hits);
  }
  blocks = std::move(folded);
}

// The last line that has a character of the block: its end column is exclusive.
std::uint32_t last_line(const BlockHits& block) {
  return block.end_column <= 1 && block.end_line > block.start_line ? block.end_line - 1 : block.end_line;
}

// How many lines the blocks, sorted by their start, cover together.
std::uint64_t count_lines(const std::vector<BlockHits>& blocks) {
  std::uint64_t lines = 0, next = 1;  // lines before `next` are counted
  for (const BlockHits& block : blocks) {
    if (block.statements == 0 || last_line(block) < next) continue;
    lines += last_line(block) + 1ULL - std::max<std::uint64_t>(next, block.start_line);
    next = last_line(block) + 1ULL;
  }
  return lines;
}

// A line has the largest count of the blocks over it, so it is covered when any of them is. Blocks
// without statements (empty bodies) make no line executable. Blocks are sorted by their start; a
// heap holds those that are open at the current line.
void derive_lines(model::CoverageFile& file) {
  const auto fewer_hits = [](const BlockHits* a, const BlockHits* b) { return a->hits < b->hits; };
  std::priority_queue<const BlockHits*, std::vector<const BlockHits*>, decltype(fewer_hits)> open(fewer_hits);
  auto next = file.blocks.begin();
  std::uint64_t line = 0;
  while (next != file.blocks.end() || !open.empty()) {
    if (open.empty()) line = std::max<std::uint64_t>(line, next->start_line);
    for (; next != file.blocks.end() && next->start_line <= line; ++next)
      if (next->statements > 0) open.push(&*next);
    while (!open.empty() && last_line(*open.top()) < line) open.pop();
    if (open.empty()) continue;
    file.lines.push_back({static_cast<std::uint32_t>(line), open.top()->hits});
    ++line;
  }
}

class GoProfile {
 public:
  explicit GoProfile(std::string_view subject) : subject_(subject), damage_(subject) {}

  Result<void> read(std::string_view text) {
    for (const std::string_view raw : split_lines(text)) {
      ++line_;
      const std::string_view line = trim(raw);
      if (line.empty()) continue;
      if (line.starts_with("mode:"))
        RH_CHECK(read_mode(trim(line.substr(5))));
      else if (mode_.empty())
        return refuse("the first line is not 'mode: set', 'mode: count' or 'mode: atomic'");
      else
        read_block(line);
    }
    return {};
  }

  Result<CoverageData> take() {
    CoverageData data;
    data.basis = "statements";
    std::uint64_t lines = 0;
    for (auto& [path, blocks] : blocks_) {
      model::CoverageFile file;
      file.path = path;
      fold_blocks(blocks, mode_ == "set");
      file.blocks = std::move(blocks);
      const std::uint64_t lines_of_file = count_lines(file.blocks);
      if ((lines += lines_of_file) > kMaxDerivedLines)
        return fail(ErrorKind::limit,
                    fmt::format("read Go cover profile: its blocks span more than {} lines", kMaxDerivedLines),
                    subject_);
      file.lines.reserve(lines_of_file);
      derive_lines(file);
      data.files.push_back(std::move(file));
    }
    if (data.files.empty()) damage_.add(model::Severity::warning, "coverage-empty", "The profile has no blocks.");
    data.diagnostics = damage_.take();
    return data;
  }

 private:
  // Profiles are joined by simple concatenation too: the mode line may come again.
  Result<void> read_mode(std::string_view mode) {
    if (!is_one_of(mode, {"set", "count", "atomic"})) return refuse(fmt::format("unknown mode '{}'", excerpt(mode)));
    if (!mode_.empty() && mode_ != mode)
      return refuse(fmt::format("mode {} after mode {}: their counts cannot be joined", mode, mode_));
    mode_ = mode;
    return {};
  }

  void read_block(std::string_view text) {
    const auto line = read_profile_line(text);
    if (!line) {
      damage_.add(model::Severity::warning, "go-cover-record", fmt::format("Skipped '{}': not a block.", excerpt(text)),
                  line_);
      return;
    }
    if (line->clamped)
      damage_.add(model::Severity::warning, "go-cover-count", "A count was out of range and is clamped.", line_);
    blocks_[source_path(line->path)].push_back(line->block);
  }

  Failure refuse(std::string_view why) const {
    return fail(ErrorKind::parse, fmt::format("read Go cover profile: line {}: {}", line_, why), subject_);
  }

  std::string subject_;
  DamageLog damage_;
  std::size_t line_ = 0;
  std::string mode_;
  std::map<std::string, std::vector<BlockHits>> blocks_;
};

}  // namespace

Result<CoverageData> read_go_cover(std::string_view text, const CoverageReadOptions& options) {
  GoProfile profile(options.subject);
  RH_CHECK(profile.read(text));
  return profile.take();
}

bool sniff_go_cover(std::string_view head) {
  const std::string_view first = trim(head.substr(0, head.find('\n')));
  return first.starts_with("mode:") && is_one_of(trim(first.substr(5)), {"set", "count", "atomic"});
}

}  // namespace rh::collectors
