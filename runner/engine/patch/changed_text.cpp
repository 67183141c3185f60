#include "runner/engine/patch/changed_text.h"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/patch/source_kind.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kBinaryCheckBytes = 8000;  // as many as git looks at
constexpr std::uint64_t kMaxTextBytes = 32ULL << 20;
constexpr std::size_t kMaxUntracked = 100'000;
constexpr std::size_t kBlobsAtOnce = 32;

void note(ChangedFiles& changes, std::string code, std::string message, std::string subject) {
  changes.diagnostics.push_back({Severity::warning, std::move(code), std::move(message), std::move(subject), {}});
}

bool is_plain_file(const std::filesystem::path& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

void read_text(ChangedFiles& changes, ChangedFile& file, const std::filesystem::path& path) {
  if (!is_plain_file(path)) {
    file.regular = false;
    return;
  }
  const auto text = read_file(path, kMaxTextBytes);
  if (text) return take_all_lines(file, *text);
  file.kind = PatchFileKind::binary;
  note(changes, "patch-file-unread", "its lines are not judged: " + text.error().message(), file.path);
}

// "ID blob SIZE" LF, the content, LF; or "ID missing".
Result<void> take_blobs(std::string_view answer, const std::vector<ChangedFile*>& files) {
  for (ChangedFile* file : files) {
    const std::size_t end = answer.find('\n');
    const std::vector<std::string_view> facts = split(answer.substr(0, end), ' ');
    const auto size = facts.size() == 3 ? parse_u64(facts[2]) : std::nullopt;
    if (end == std::string_view::npos || !size || answer.size() - end - 1 < *size)
      return fail(ErrorKind::parse, "read the content of a copied file: git does not give it", file->path);
    take_all_lines(*file, answer.substr(end + 1, *size));
    answer.remove_prefix(std::min(answer.size(), end + 1 + *size + 1));
  }
  return {};
}

}  // namespace

void take_all_lines(ChangedFile& file, std::string_view text) {
  file.added.clear();
  file.idle.clear();
  if (text.substr(0, kBinaryCheckBytes).find('\0') != std::string_view::npos) {
    file.kind = PatchFileKind::binary;
    return;
  }
  const Language* language = language_of(file.path);
  std::uint32_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    if (is_idle_line(text.substr(0, end + 1), language)) {
      if (!file.idle.empty() && file.idle.back().last + 1 == line)
        file.idle.back().last = line;
      else
        file.idle.push_back({line, line});
    }
    text.remove_prefix(end + 1);
  }
  if (line > 0) file.added.push_back({1, line});
}

Result<void> read_copies(const Git& git, const std::filesystem::path& root, ChangedFiles& changes) {
  std::vector<ChangedFile*> stored;
  for (ChangedFile& file : changes.files) {
    if (file.kind != PatchFileKind::copied || !file.regular) continue;
    if (changes.dirty)
      read_text(changes, file, root / file.path);
    else
      stored.push_back(&file);
  }
  for (std::size_t at = 0; at < stored.size(); at += kBlobsAtOnce) {
    const auto first = stored.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<ChangedFile*> batch(
        first, first + static_cast<std::ptrdiff_t>(std::min(kBlobsAtOnce, stored.size() - at)));
    std::string ids;
    for (const ChangedFile* file : batch) ids += file->new_blob + "\n";
    RH_TRY(const GitAnswer answer, git.run({"cat-file", "--batch"}, ids));
    if (answer.exit_code != 0) return git_failure(answer, "read the content of copied files", git.folder());
    RH_CHECK(take_blobs(answer.output, batch));
  }
  return {};
}

Result<void> add_untracked(const Git& git, const std::filesystem::path& root, ChangedFiles& changes) {
  RH_TRY(const GitAnswer answer, git.run({"ls-files", "--others", "--exclude-standard", "-z"}));
  if (answer.exit_code != 0) return git_failure(answer, "list untracked files", git.folder());
  std::size_t count = 0;
  for (const std::string_view path : split(answer.output, '\0')) {
    if (path.empty()) continue;
    if (++count > kMaxUntracked)
      return fail(ErrorKind::limit,
                  fmt::format("list untracked files: more than {}; ignore or commit them", kMaxUntracked),
                  root.string());
    ChangedFile file;
    file.path = path;
    file.kind = PatchFileKind::added;
    if (path.ends_with('/')) {  // another repository within this one
      file.path.pop_back();
      file.regular = false;
      note(changes, "patch-nested-repository",
           "it is a repository of its own within this one: its files are not judged", file.path);
    } else {
      read_text(changes, file, root / path);
    }
    changes.files.push_back(std::move(file));
  }
  return {};
}

}  // namespace rh::engine
