#include "runner/engine/machine.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

// The value behind `key` in a file of "key<separator>value" lines.
std::string value_of(const std::string& text, std::string_view key, char separator) {
  for (const std::string_view line : split_lines(text)) {
    const std::size_t at = line.find(separator);
    if (at == std::string_view::npos || trim(line.substr(0, at)) != key) continue;
    std::string_view value = trim(line.substr(at + 1));
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

}  // namespace

std::uint64_t usable_memory() {
  struct sysinfo info {};
  ::sysinfo(&info);
  std::uint64_t bytes = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const auto text = read_file(file, 64)) {
      if (const auto limit = parse_u64(trim(*text)); limit && *limit > 0 && *limit < bytes) bytes = *limit;
    }
  }
  return bytes;
}

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1;
}

model::Machine describe_machine() {
  model::Machine machine;
  utsname names{};
  ::uname(&names);
  machine.hostname = names.nodename;
  machine.kernel = std::string(names.sysname) + " " + names.release + " " + names.machine;
  if (const auto text = read_file("/etc/os-release", 64 * 1024)) machine.os = value_of(*text, "PRETTY_NAME", '=');
  if (const auto text = read_file("/proc/cpuinfo", 8U << 20)) machine.cpu_model = value_of(*text, "model name", ':');
  machine.cores = usable_cores();
  machine.memory_bytes = usable_memory();
  return machine;
}

}  // namespace rh::engine
