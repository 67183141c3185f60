#include "profiles/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::profiles {
namespace {

constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kMaxBytes = 1U << 20;
// The kernel ends a read early only where the next line does not fit into its page: what is shorter is the whole file.
constexpr std::size_t kSurelyWhole = 2048;

// The bytes that were read; `text` stays as large as it was, so that nothing is cleared in vain.
std::size_t read_from(int fd, std::string& text) {
  std::size_t filled = 0;
  if (text.size() < kFirstRead) text.resize(kFirstRead);
  for (;;) {
    const ssize_t count = ::pread(fd, text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled < kSurelyWhole) break;
    if (filled < text.size()) continue;
    if (filled >= kMaxBytes) break;
    text.resize(text.size() * 2);
  }
  return filled;
}

}  // namespace

ProcFile::ProcFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

std::string_view ProcFile::read() {
  if (!fd_.valid()) return {};
  const std::size_t filled = read_from(fd_.get(), text_);
  return std::string_view(text_).substr(0, filled);
}

std::string read_proc_text(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (fd.valid()) text.resize(read_from(fd.get(), text));
  return text;
}

std::string read_proc_link(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return target;
}

std::vector<std::string> read_arguments(int pid) {
  std::string text = read_proc_text(fmt::format("/proc/{}/cmdline", pid));
  if (!text.empty() && text.back() == '\0') text.pop_back();
  std::vector<std::string> arguments;
  if (text.empty()) return arguments;
  for (const std::string_view each : split(text, '\0')) arguments.emplace_back(each);
  return arguments;
}

std::vector<std::uint64_t> numbers_of(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] < '0' || text[at] > '9') {
      ++at;
      continue;
    }
    std::uint64_t number = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    numbers.push_back(number);
  }
  return numbers;
}

std::uint64_t kib_field(std::string_view text, std::string_view name) {
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    const auto numbers = numbers_of(line.substr(name.size()));
    return numbers.empty() ? 0 : numbers.front() * 1024;
  }
  return 0;
}

}  // namespace rh::profiles
