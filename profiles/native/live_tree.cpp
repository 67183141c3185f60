#include "profiles/native/live_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "profiles/proc_file.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

std::uint64_t hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

std::string_view next_field(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
  return field;
}

}  // namespace

// proc(5): "start-end perms offset major:minor inode          path".
std::vector<LiveMap> parse_maps(std::string_view text) {
  std::vector<LiveMap> maps;
  for (std::string_view line : split_lines(text)) {
    const std::string_view range = next_field(line);
    const std::string_view permissions = next_field(line);
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos || permissions.size() < 3 || permissions[2] != 'x') continue;
    LiveMap map;
    map.start = hexadecimal(range.substr(0, dash));
    map.end = hexadecimal(range.substr(dash + 1));
    map.file_offset = hexadecimal(next_field(line));
    const std::string_view device = next_field(line);
    const std::size_t colon = std::min(device.find(':'), device.size());
    map.device_major = static_cast<std::uint32_t>(hexadecimal(device.substr(0, colon)));
    map.device_minor = colon < device.size() ? static_cast<std::uint32_t>(hexadecimal(device.substr(colon + 1))) : 0;
    map.inode = parse_u64(next_field(line)).value_or(0);
    map.path = line.empty() ? "//anon" : std::string(line);
    if (map.end > map.start) maps.push_back(std::move(map));
  }
  return maps;
}

std::vector<LiveMap> maps_of(int pid) { return parse_maps(read_file(fmt::format("/proc/{}/maps", pid)).value_or("")); }

std::string name_of(int pid) { return std::string(trim(read_proc_text(fmt::format("/proc/{}/comm", pid)))); }

std::vector<int> threads_of(int pid) {
  std::vector<int> threads;
  std::error_code error;
  std::filesystem::directory_iterator at(fmt::format("/proc/{}/task", pid), error);
  for (; !error && at != std::filesystem::directory_iterator() && threads.size() < kMaxLiveThreads; at.increment(error))
    if (const auto tid = parse_u64(at->path().filename().string())) threads.push_back(static_cast<int>(*tid));
  std::sort(threads.begin(), threads.end());
  return threads;
}

std::vector<int> tree_of(int pid) {
  std::vector<int> tree{pid};
  for (std::size_t i = 0; i < tree.size() && tree.size() < kMaxLiveProcesses; ++i)
    for (const int tid : threads_of(tree[i]))
      for (const std::uint64_t child :
           numbers_of(read_proc_text(fmt::format("/proc/{}/task/{}/children", tree[i], tid))))
        tree.push_back(static_cast<int>(child));
  return tree;
}

bool is_our_program(int pid) {
  const std::string own = read_proc_link("/proc/self/exe");
  return !own.empty() && read_proc_link(fmt::format("/proc/{}/exe", pid)) == own;
}

}  // namespace rh::profiles::native
