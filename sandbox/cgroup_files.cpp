// Kernel files report size 0 and are read with one read call as far as that goes.
#include "sandbox/cgroup_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

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

void remove_subgroups(const fs::path& group) {
  std::error_code error;
  for (fs::directory_iterator at(group, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_directory(error) || error) continue;
    remove_subgroups(at->path());
    rmdir(at->path().c_str());
  }
}

}  // namespace rh::sandbox
