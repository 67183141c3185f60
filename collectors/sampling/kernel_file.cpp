#include "collectors/sampling/kernel_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "runner/base/text.h"

namespace rh::collectors {

bool KernelFile::open() {
  if (fd_) return true;
  fd_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  errno_ = fd_ ? 0 : errno;
  return fd_.valid();
}

std::optional<std::string_view> KernelFile::read(ReadBuffer& buffer) {
  if (!open()) return std::nullopt;
  ssize_t length = 0;
  do length = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
  while (length < 0 && errno == EINTR);
  errno_ = length < 0 ? errno : 0;
  if (!keep_) fd_.reset();
  if (length < 0) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

bool KernelFile::read_all(ReadBuffer& buffer, std::string& text) {
  if (!open()) return false;
  off_t offset = 0;
  for (;;) {
    const ssize_t length = ::pread(fd_.get(), buffer.data(), buffer.size(), offset);
    if (length < 0 && errno == EINTR) continue;
    errno_ = length < 0 ? errno : 0;
    if (length <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(length));
    offset += length;
  }
  if (!keep_) fd_.reset();
  return errno_ == 0;
}

namespace {

constexpr std::string_view kBlank = " \t\n";

std::string_view take_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return text = {};
  const std::size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::optional<ProcessStat> parse_stat(std::string_view text) {
  // The command name is in parentheses and may hold blanks and parentheses itself.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  constexpr std::size_t kFields = 20;  // fields 3 (state) to 22 (starttime) of proc(5)
  std::array<std::string_view, kFields> fields;
  for (std::string_view& field : fields) field = take_word(text);
  const auto number = [&](std::size_t proc_field) { return parse_u64(fields[proc_field - 3]); };
  const auto parent = number(4), user = number(14), system = number(15), waited_user = number(16),
             waited_system = number(17), threads = number(20), start = number(22);
  if (fields[0].size() != 1 || !parent || !user || !system || !threads || !start) return std::nullopt;
  ProcessStat stat;
  stat.state = fields[0][0];
  stat.parent = static_cast<int>(*parent);
  stat.own_ticks = *user + *system;
  stat.waited_ticks = waited_user.value_or(0) + waited_system.value_or(0);
  stat.threads = static_cast<std::uint32_t>(*threads);
  stat.start_time = *start;
  return stat;
}

std::optional<std::uint64_t> parse_statm(std::string_view text) {
  take_word(text);
  return parse_u64(take_word(text));
}

std::optional<std::uint64_t> parse_key(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.starts_with(':')) line.remove_prefix(1);
    if (line.starts_with(' ') || line.starts_with('\t')) return parse_u64(trim(line));
  }
  return std::nullopt;
}

std::optional<int> take_pid(std::string_view& text) {
  const std::string_view word = take_word(text);
  int pid = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), pid);
  if (word.empty() || code != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return pid;
}

}  // namespace rh::collectors
