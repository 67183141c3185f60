// mountinfo: "35 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"; the fourth field is
// the group that is visible at the mount point. /proc/self/cgroup: "4:memory:/a/b", "0::/a/b".
#include "sandbox/cgroup_layout.h"

#include <algorithm>
#include <map>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

struct Mount {
  std::string root;  // group at the mount point
  fs::path point;
  bool v2 = false;
  std::vector<std::string_view> options;
};

// mountinfo writes blanks in paths as octal escapes.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<Mount> cgroup_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (std::string_view line : split_lines(mountinfo)) {
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 7 || fields.end() - dash < 4) continue;
    const std::string_view type = dash[1];
    if (type != "cgroup" && type != "cgroup2") continue;
    mounts.push_back({unescape(fields[3]), unescape(fields[4]), type == "cgroup2", split(dash[3], ',')});
  }
  return mounts;
}

// The folder of group `group` under a mount that shows `mount.root` at its mount point.
fs::path folder_of(const Mount& mount, std::string_view group) {
  std::string_view below = group;
  if (mount.root != "/" && below.starts_with(mount.root)) below.remove_prefix(mount.root.size());
  while (below.starts_with('/')) below.remove_prefix(1);
  // A group outside the cgroup namespace ("/..") cannot be reached; the visible root is ours then.
  if (below.starts_with("..")) return mount.point;
  return below.empty() ? mount.point : mount.point / below;
}

}  // namespace

CgroupLayout read_layout(std::string_view mountinfo, std::string_view self_cgroup) {
  CgroupLayout layout;
  const std::vector<Mount> mounts = cgroup_mounts(mountinfo);
  for (std::string_view line : split_lines(self_cgroup)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = split(line.substr(first + 1, second - first - 1), ',');
    const std::string_view group = line.substr(second + 1);
    const bool v2 = line.starts_with("0::");
    const auto has = [&](const std::vector<std::string_view>& list, std::string_view name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    for (const Mount& mount : mounts) {
      if (mount.v2 != v2) continue;
      if (v2) {
        layout.unified = folder_of(mount, group);
        layout.unified_mount = mount.point;
        continue;
      }
      const auto take = [&](const char* controller, fs::path& into) {
        if (has(controllers, controller) && has(mount.options, controller)) into = folder_of(mount, group);
      };
      take("memory", layout.memory);
      take("pids", layout.pids);
      take("cpuacct", layout.cpu);
      take("cpu", layout.bandwidth);
    }
  }
  return layout;
}

}  // namespace rh::sandbox
