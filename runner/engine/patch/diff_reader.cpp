#include "runner/engine/patch/diff_reader.h"

#include <cstring>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/patch/quoted_path.h"

namespace rh::engine {
namespace {

constexpr std::string_view kNothing = "/dev/null";
constexpr unsigned kTypeMask = 0170000, kRegular = 0100000;

bool is_regular(unsigned mode) { return (mode & kTypeMask) == kRegular; }

std::optional<unsigned> parse_mode(std::string_view text) {
  if (text.size() != 6) return std::nullopt;
  unsigned mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  return mode;
}

// Zeros stand for no object, or for a work tree's file that git has not stored.
std::string blob_id(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos ? std::string() : std::string(text);
}

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto value = parse_u64(text.substr(0, digits));
  text.remove_prefix(digits);
  if (!value || *value >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

// "-12,3" or "+12": a count of 1 is left out.
bool take_range(std::string_view& text, char sign, std::uint32_t& start, std::uint32_t& count) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  const auto first = take_number(text);
  if (!first) return false;
  start = *first;
  count = 1;
  if (text.starts_with(',')) {
    text.remove_prefix(1);
    const auto second = take_number(text);
    if (!second) return false;
    count = *second;
  }
  return true;
}

// The name in "--- a/x" or "+++ b/x": without the prefix, and without the tab that git puts behind names with blanks.
std::optional<std::string> name_of(std::string_view text) {
  if (text.ends_with('\t')) text.remove_suffix(1);
  auto name = unquoted_path(text);
  if (!name || *name == kNothing) return name;
  if (name->size() < 3) return std::nullopt;
  return name->substr(2);
}

}  // namespace

Failure DiffReader::broken(std::string_view line) const {
  return fail(ErrorKind::parse, fmt::format("read the answer of git: line {} is not what was expected", lines_),
              to_valid_utf8(line.substr(0, 200)));
}

Result<void> DiffReader::feed(std::string_view piece) {
  while (!piece.empty()) {
    const void* found = std::memchr(piece.data(), '\n', piece.size());
    const std::size_t end =
        found == nullptr ? piece.size() : static_cast<std::size_t>(static_cast<const char*>(found) - piece.data());
    if (found != nullptr && pending_.empty()) {
      RH_CHECK(take_line(piece.substr(0, end)));
    } else {
      const std::size_t room = kMaxKeptLine - std::min(kMaxKeptLine, pending_.size());
      pending_.append(piece.substr(0, std::min(end, room)));
      if (found == nullptr) return {};
      RH_CHECK(take_line(pending_));
      pending_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  return {};
}

Result<std::vector<DiffRecord>> DiffReader::finish() {
  if (!pending_.empty() || old_left_ > 0 || new_left_ > 0) {
    ++lines_;
    return Failure(broken("the diff ends within a hunk or line"));
  }
  return std::move(records_);
}

Result<void> DiffReader::take_line(std::string_view line) {
  ++lines_;
  if (old_left_ > 0 && line.starts_with('-')) {
    --old_left_;
    return {};
  }
  if (new_left_ > 0 && line.starts_with('+')) {
    add_line(line.substr(1));
    return {};
  }
  if (line.starts_with('\\')) return {};  // "\ No newline at end of file"
  if (old_left_ > 0 || new_left_ > 0) return broken(line);
  if (line.starts_with(':')) return read_record(line);
  if (line.starts_with("@@ ")) return read_hunk(line);
  return read_header(line);
}

// ":100644 100755 OLD NEW R087<tab>from<tab>to"
Result<void> DiffReader::read_record(std::string_view line) {
  if (records_.size() >= kMaxChangedFiles)
    return fail(ErrorKind::limit, fmt::format("read the change: more than {} files", kMaxChangedFiles));
  const std::vector<std::string_view> fields = split(line.substr(1), '\t');
  const std::vector<std::string_view> facts = split(fields.front(), ' ');
  if (fields.size() < 2 || facts.size() != 5 || facts[4].empty()) return broken(line);
  DiffRecord record;
  const auto old_mode = parse_mode(facts[0]), new_mode = parse_mode(facts[1]);
  const auto path = unquoted_path(fields.back()), old_path = unquoted_path(fields[1]);
  if (!old_mode || !new_mode || !path || !old_path || path->empty() || fields.size() > 3) return broken(line);
  record.old_mode = *old_mode;
  record.new_mode = *new_mode;
  record.old_blob = blob_id(facts[2]);
  record.new_blob = blob_id(facts[3]);
  record.status = facts[4].front();
  record.path = *path;
  if (fields.size() == 3) record.old_path = *old_path;
  if (record.status == 'U') return {};  // a conflict: the record of the work tree's file comes as well
  current_ = nullptr;
  by_path_.insert_or_assign(record.path, records_.size());
  records_.push_back(std::move(record));
  return {};
}

DiffRecord* DiffReader::find(const std::string& path) {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &records_[found->second];
}

Result<void> DiffReader::read_header(std::string_view line) {
  if (line.starts_with("diff --git ")) {
    begin_file();
  } else if (line.starts_with("index ")) {
    const std::string_view ids = line.substr(6, line.find(' ', 6) - 6);
    const std::size_t dots = ids.find("..");
    if (dots == std::string_view::npos) return broken(line);
    old_blob_ = blob_id(ids.substr(0, dots));
    new_blob_ = blob_id(ids.substr(dots + 2));
  } else if (line.starts_with("--- ")) {
    const auto name = name_of(line.substr(4));
    if (!name) return broken(line);
    old_name_ = *name;
  } else if (line.starts_with("+++ ")) {
    const auto name = name_of(line.substr(4));
    if (!name) return broken(line);
    new_name_ = *name;
    use_file();
  } else if (line.starts_with("Binary files ") && line.ends_with(" differ")) {
    read_binary(line.substr(13, line.size() - 13 - 7));
  }
  return {};  // modes, similarity, rename from and to: the raw record says it too
}

void DiffReader::begin_file() {
  current_ = nullptr;
  for (std::string* text : {&old_name_, &new_name_, &old_blob_, &new_blob_}) text->clear();
}

// A change of type comes as two files, one deleted and one added, of which only that of a regular file has lines.
void DiffReader::use_file() {
  DiffRecord* record = find(new_name_ == kNothing ? old_name_ : new_name_);
  const bool adds = new_name_ != kNothing, deletes = old_name_ != kNothing;
  current_ = nullptr;
  if (record == nullptr || (adds && !is_regular(record->new_mode)) || (!adds && !is_regular(record->old_mode))) return;
  if (deletes && !is_regular(record->old_mode)) return;
  if (adds && record->new_blob.empty()) record->new_blob = new_blob_;
  current_ = record;
  language_ = language_of(record->path);
}

// "a/x and b/y": a name may have " and " in it, so every way to read it is held against the records.
void DiffReader::read_binary(std::string_view names) {
  constexpr std::string_view kAnd = " and ";
  for (std::size_t at = names.find(kAnd); at != std::string_view::npos; at = names.find(kAnd, at + 1)) {
    const auto from = name_of(names.substr(0, at)), to = name_of(names.substr(at + kAnd.size()));
    if (!from || !to) continue;
    DiffRecord* record = find(*to == kNothing ? *from : *to);
    if (record == nullptr) continue;
    const std::string& old_path = record->old_path.empty() ? record->path : record->old_path;
    if (*from != kNothing && *from != old_path) continue;
    record->binary = true;
    if (*to != kNothing && record->new_blob.empty()) record->new_blob = new_blob_;
    return;
  }
}

// "@@ -12,3 +14 @@ function it is in"
Result<void> DiffReader::read_hunk(std::string_view line) {
  Hunk hunk;
  std::string_view rest = line.substr(3);
  if (!take_range(rest, '-', hunk.old_start, hunk.old_count) || !rest.starts_with(' ')) return broken(line);
  rest.remove_prefix(1);
  if (!take_range(rest, '+', hunk.new_start, hunk.new_count) || !rest.starts_with(" @@")) return broken(line);
  if (++hunks_ > kMaxHunks)
    return fail(ErrorKind::limit, fmt::format("read the change: more than {} hunks", kMaxHunks));
  old_left_ = hunk.old_count;
  new_left_ = hunk.new_count;
  new_line_ = hunk.new_start;
  if (current_ != nullptr) current_->hunks.push_back(hunk);
  return {};
}

void DiffReader::add_line(std::string_view text) {
  --new_left_;
  const std::uint32_t line = new_line_++;
  if (current_ == nullptr || !is_idle_line(text, language_)) return;
  std::vector<model::LineRange>& idle = current_->idle;
  if (!idle.empty() && idle.back().last + 1 == line)
    idle.back().last = line;
  else
    idle.push_back({line, line});
}

}  // namespace rh::engine
