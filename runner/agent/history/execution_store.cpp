#include "runner/agent/history/execution_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/history/execution_id.h"
#include "runner/agent/history/execution_index.h"
#include "runner/agent/history/stored_execution.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kGood = "_OK.json", kBad = "_FAIL.json";
constexpr std::string_view kUnfinished = ".unfinished";  // suffix of a file that is being written

// The id in "ID_OK.json" or "ID_FAIL.json", else nothing.
std::string_view id_of(std::string_view name) {
  for (const std::string_view suffix : {kGood, kBad})
    if (name.ends_with(suffix) && is_execution_id(name.substr(0, name.size() - suffix.size())))
      return name.substr(0, name.size() - suffix.size());
  return {};
}

// Folders below .runharness are no part of the repository.
Result<void> make_folder(const fs::path& folder) {
  if (rh::is_directory(folder)) return {};
  RH_CHECK(make_directories(folder));
  for (fs::path above = folder; above.has_relative_path(); above = above.parent_path())
    if (above.filename() == ".runharness" && !fs::exists(above / ".gitignore"))
      return write_file(above / ".gitignore", "*\n");
  return {};
}

// Values that came with the request and whose names say that they are secret.
std::string without_secrets(std::string text, const Secrets& known, const ExecutionRequest& request) {
  text = known.redact(text);
  std::vector<NamedSecret> given;
  for (const auto& [name, value] : request.env)
    if (names_a_secret(name)) given.push_back({name, value});
  return given.empty() ? text : Secrets(given).redact(text);
}

// A link fails where the name is taken, and what it names is whole.
Result<void> write_new(const fs::path& file, std::string_view bytes) {
  RH_TRY(const std::string suffix, random_hex(8));
  const std::string fresh = (file.parent_path() / fmt::format(".{}{}", suffix, kUnfinished)).string();
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("store the execution", file.string());
  auto written = write_all(fd, bytes, file.string());
  if (written && ::close(fd.release()) != 0) written = fail_errno("store the execution", file.string());
  if (written && ::link(fresh.c_str(), file.c_str()) != 0) written = fail_errno("store the execution", file.string());
  ::unlink(fresh.c_str());
  return written;
}

}  // namespace

ExecutionStore::ExecutionStore(fs::path folder, std::shared_ptr<const Secrets> secrets)
    : folder_(std::move(folder)), secrets_(std::move(secrets)) {}

ExecutionStore::~ExecutionStore() = default;

Result<fs::path> ExecutionStore::save(const ExecutionRecord& record) {
  if (!is_execution_id(record.id))
    return fail(rh::ErrorKind::internal, "store the execution: its id has no place in a file's name", record.id);
  RH_CHECK(make_folder(folder_));
  std::string text = to_json(record).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (secrets_) text = without_secrets(std::move(text), *secrets_, record.request);
  if (text.size() > kMaxStoredExecutionBytes)
    return fail(rh::ErrorKind::limit,
                fmt::format("store the execution: its record has {}, at most {} are kept", format_size(text.size()),
                            format_size(kMaxStoredExecutionBytes)),
                record.id);
  const fs::path other = folder_ / (record.id + std::string(record.success() ? kBad : kGood));
  if (::access(other.c_str(), F_OK) == 0) return fail_errno("store the execution", other.string(), EEXIST);
  fs::path file = folder_ / (record.id + std::string(record.success() ? kGood : kBad));
  RH_CHECK(write_new(file, text));
  return file;
}

Result<std::vector<std::string>> ExecutionStore::names() const {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_.c_str()), ::closedir);
  if (!folder && errno == ENOENT) return found;
  if (!folder) return fail_errno("list executions", folder_.string());
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (id_of(entry->d_name).empty()) continue;
    if (found.size() == kMaxStoredExecutions)
      return fail(rh::ErrorKind::limit,
                  fmt::format("list executions: there are more than {}; `runharness history clear --keep-recent N`",
                              kMaxStoredExecutions),
                  folder_.string());
    found.emplace_back(entry->d_name);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

ExecutionIndex* ExecutionStore::index() {
  if (index_ || without_index_) return index_.get();
  auto opened = ExecutionIndex::open(folder_ / ".index.db");
  if (opened)
    index_ = std::make_unique<ExecutionIndex>(std::move(*opened));
  else
    without_index_ = true;  // a folder that cannot be written is read without one
  return index_.get();
}

std::optional<StoredExecution> ExecutionStore::describe(const std::string& name) {
  const auto folder = Beneath::open(folder_);
  if (!folder) return std::nullopt;
  const auto file = folder->open_regular(name);
  if (!file) return std::nullopt;
  struct stat info {};
  if (::fstat(file->fd.get(), &info) != 0) return std::nullopt;
  const std::int64_t changed = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  if (ExecutionIndex* known = index())
    if (auto found = known->find(name, file->size_bytes, changed)) return found;
  const auto text = read_to_end(file->fd, file->size_bytes, kMaxStoredExecutionBytes, name);
  if (!text) return std::nullopt;
  auto found = describe_execution(*text);
  if (!found || found->id != id_of(name)) return std::nullopt;
  found->file = name;
  found->success = name.ends_with(kGood);
  found->bytes = file->size_bytes;
  found->changed_ns = changed;
  // An index that cannot be written only costs time.
  if (ExecutionIndex* known = index()) [[maybe_unused]]
    const auto put = known->put({*found});
  return found;
}

Result<std::vector<StoredExecution>> ExecutionStore::list(std::size_t limit, bool success_only,
                                                          std::size_t* unreadable) {
  const std::lock_guard lock(mutex_);
  RH_TRY(const std::vector<std::string> all, names());
  if (!all.empty())
    if (ExecutionIndex* known = index()) [[maybe_unused]]
      const auto kept = known->keep_only(all);
  std::vector<StoredExecution> found;
  for (const std::string& name : all) {
    if (success_only && !name.ends_with(kGood)) continue;
    if (limit != 0 && found.size() == limit) break;
    if (auto one = describe(name))
      found.push_back(std::move(*one));
    else if (unreadable != nullptr)
      ++*unreadable;
  }
  return found;
}

Result<StoredExecution> ExecutionStore::find(std::string_view key) {
  const std::lock_guard lock(mutex_);
  RH_TRY(const std::vector<std::string> all, names());
  std::vector<StoredExecution> matches;
  const std::string subject = to_valid_utf8(key.substr(0, 80));
  if (key != "latest" && !is_execution_key(key))
    return fail(rh::ErrorKind::usage,
                "find the execution: an id is written like 20261121_195012_123456, or in hex digits", subject);
  for (const std::string& name : all) {
    const bool by_name = key == "latest" || id_of(name).starts_with(key);
    // Ids of hex digits stand in the records only.
    if (!by_name && key.find('_') != std::string_view::npos) continue;
    auto one = describe(name);
    if (!one || (!by_name && !one->short_id.starts_with(key))) continue;
    if (one->id == key || one->short_id == key || key == "latest") return std::move(*one);
    matches.push_back(std::move(*one));
  }
  if (matches.size() == 1) return std::move(matches.front());
  if (matches.empty())
    return fail(rh::ErrorKind::not_found, "find the execution: none is stored under this id", subject);
  std::vector<std::string> some;
  for (const StoredExecution& one : matches)
    if (some.size() < 5) some.push_back(one.id);
  return fail(rh::ErrorKind::usage,
              fmt::format("find the execution: {} begin with this: {}", matches.size(), join(some, ", ")), subject);
}

Result<std::string> ExecutionStore::get(std::string_view key) {
  RH_TRY(const StoredExecution found, find(key));
  RH_TRY(const Beneath folder, Beneath::open(folder_));
  return folder.read(found.file, kMaxStoredExecutionBytes);
}

Result<ClearedExecutions> ExecutionStore::clear(std::size_t keep_recent) {
  const std::lock_guard lock(mutex_);
  RH_TRY(const std::vector<std::string> all, names());
  ClearedExecutions cleared;
  cleared.kept = std::min(keep_recent, all.size());
  if (all.empty()) return cleared;
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno("clear executions", folder_.string());
  for (std::size_t i = cleared.kept; i < all.size(); ++i) {
    struct stat info {};
    if (::fstatat(folder.get(), all[i].c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (::unlinkat(folder.get(), all[i].c_str(), 0) != 0 && errno != ENOENT)
      return fail_errno("remove the execution", (folder_ / all[i]).string());
    ++cleared.removed;
    cleared.bytes += static_cast<std::uint64_t>(info.st_size);
    cleared.ids.emplace_back(id_of(all[i]));
  }
  if (ExecutionIndex* known = index()) [[maybe_unused]]
    const auto kept = known->keep_only({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cleared.kept)});
  return cleared;
}

Result<std::size_t> ExecutionStore::count() {
  RH_TRY(const std::vector<std::string> all, names());
  return all.size();
}

}  // namespace rh::agent
