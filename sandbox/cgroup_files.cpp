// Kernel files report size 0 and are read with one read call as far as that goes.
#include "sandbox/cgroup_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::sandbox {

namespace fs = std::filesystem;

std::string errno_text(int error) { return std::generic_category().message(error); }

bool write_control(const fs::path& file, std::string_view value) {
  const UniqueFd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return false;
  return write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::optional<std::string> read_control(const fs::path& file) {
  auto text = read_file(file, 16U << 20);
  if (!text) return std::nullopt;
  return *std::move(text);
}

std::optional<std::uint64_t> read_number(const fs::path& file) {
  const auto text = read_control(file);
  return text ? parse_u64(trim(*text)) : std::nullopt;
}

std::optional<std::uint64_t> read_keyed(const fs::path& file, std::string_view key) {
  const auto text = read_control(file);
  if (!text) return std::nullopt;
  for (std::string_view line : split_lines(*text)) {
    if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ' ') continue;
    return parse_u64(trim(line.substr(key.size())));
  }
  return std::nullopt;
}

std::vector<int> read_pids(const fs::path& file) {
  std::vector<int> pids;
  const auto text = read_control(file);
  if (!text) return pids;
  for (std::string_view line : split_lines(*text))
    if (const auto pid = parse_u64(trim(line)); pid && *pid > 0) pids.push_back(static_cast<int>(*pid));
  return pids;
}

bool lists_word(const fs::path& file, std::string_view word) {
  const auto text = read_control(file);
  if (!text) return false;
  const auto words = split(trim(*text), ' ');
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<fs::path> subgroups(const fs::path& group) {
  std::vector<fs::path> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(group.c_str()), closedir);
  struct stat info {};
  // A group has two links and one more for each group in it.
  if (!folder || fstat(dirfd(folder.get()), &info) != 0 || info.st_nlink == 2) return found;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") found.push_back(group / name);
  }
  return found;
}

namespace {

// A tree without a user namespace may have closed its own groups to us.
std::vector<fs::path> opened_subgroups(const fs::path& group) {
  chmod(group.c_str(), 0755);
  return subgroups(group);
}

// By pidfd: a pid that was read may be another process' by the time it is signalled.
void kill_members(const fs::path& group) {
  std::vector<std::pair<int, UniqueFd>> members;
  for (int pid : read_pids(group / "cgroup.procs"))
    members.emplace_back(pid, UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))));
  const std::vector<int> still = read_pids(group / "cgroup.procs");
  for (const auto& [pid, fd] : members)
    if (fd && std::find(still.begin(), still.end(), pid) != still.end())
      syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr, 0);
}

void remove_subgroups(const fs::path& group) {
  for (const fs::path& inner : opened_subgroups(group)) {
    remove_subgroups(inner);
    rmdir(inner.c_str());
  }
}

}  // namespace

void kill_group(const fs::path& group) {
  if (write_control(group / "cgroup.kill", "1")) return;
  kill_members(group);
  for (const fs::path& inner : opened_subgroups(group)) kill_group(inner);
}

// Folders vanish some milliseconds after their last process.
void remove_group(const fs::path& group) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (rmdir(group.c_str()) == 0 || errno == ENOENT) return;
    if (errno != EBUSY && errno != ENOTEMPTY) return;
    kill_group(group);
    remove_subgroups(group);
    usleep(1000);
  }
}

}  // namespace rh::sandbox
