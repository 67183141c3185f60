// v1: cpuacct.usage in nanoseconds; v2: usage_usec of cpu.stat (kernel, Documentation/admin-guide/cgroup-*).
#include "runner/agent/exec/tree_cpu.h"

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {

std::optional<std::chrono::nanoseconds> tree_cpu(const sandbox::TreeLocation& tree) {
  constexpr std::uint64_t kMaxBytes = 4096;
  if (tree.cpu_cgroup.empty()) return std::nullopt;
  const auto text = read_file(tree.cpu_cgroup / (tree.cgroup_v2 ? "cpu.stat" : "cpuacct.usage"), kMaxBytes);
  if (!text) return std::nullopt;
  std::string_view number = trim(*text);
  if (tree.cgroup_v2) {
    constexpr std::string_view kKey = "usage_usec ";
    const std::size_t at = number.find(kKey);
    if (at == std::string_view::npos) return std::nullopt;
    number = number.substr(at + kKey.size());
    number = number.substr(0, number.find('\n'));
  }
  const auto value = parse_u64(number);
  if (!value) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(tree.cgroup_v2 ? *value * 1000 : *value));
}

}  // namespace rh::agent
