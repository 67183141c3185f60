// "0000000000000000: 00000002 00000000 00010000 0001 01 18324 /run/dbus/system_bus_socket"; abstract
// names begin with '@'.
#include "sandbox/host_sockets.h"

#include <algorithm>

#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kMost = 1000;
}

std::vector<fs::path> named_sockets(std::string_view table, std::size_t most) {
  std::vector<fs::path> found;
  for (const std::string_view line : split_lines(table)) {
    const std::size_t slash = line.find(" /");
    if (slash == std::string_view::npos) continue;
    found.emplace_back(line.substr(slash + 1));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > most) found.resize(most);
  return found;
}

std::vector<fs::path> host_sockets() {
  std::vector<fs::path> existing;
  for (const fs::path& path : named_sockets(read_control("/proc/self/net/unix").value_or(""), kMost)) {
    std::error_code error;
    fs::path real = fs::canonical(path, error);
    if (!error && fs::is_socket(real, error)) existing.push_back(std::move(real));
  }
  return existing;
}

}  // namespace rh::sandbox
