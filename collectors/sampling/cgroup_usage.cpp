#include "collectors/sampling/cgroup_usage.h"

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// The version is seen from the files: a hybrid host has both kinds of folder.
std::optional<KernelFile> first_readable(const std::filesystem::path& folder, std::initializer_list<const char*> names,
                                         ReadBuffer& buffer) {
  if (folder.empty()) return std::nullopt;
  for (const char* name : names) {
    KernelFile file((folder / name).string(), true);
    if (file.read(buffer)) return file;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CgroupMemory> CgroupMemory::open(const std::filesystem::path& folder, ReadBuffer& buffer) {
  auto usage = first_readable(folder, {"memory.current", "memory.usage_in_bytes"}, buffer);
  if (!usage) return std::nullopt;
  CgroupMemory memory;
  memory.v2_ = usage->path().ends_with("current");
  memory.usage_ = std::move(*usage);
  memory.source_ = memory.v2_ ? "cgroup v2 memory.current" : "cgroup v1 memory.usage_in_bytes";
  if (auto stat = first_readable(folder, {"memory.stat"}, buffer)) {
    memory.stat_ = std::move(*stat);
    memory.source_ += " without page cache";
  }
  return memory;
}

std::optional<std::uint64_t> CgroupMemory::read(ReadBuffer& buffer) {
  const auto text = usage_.read(buffer);
  const auto usage = text ? parse_u64(trim(*text)) : std::nullopt;
  if (!usage || stat_.path().empty()) return usage;
  const auto stat = stat_.read(buffer);
  if (!stat) return usage;
  // Shared memory is counted as cache, but it is no file that could be read again.
  const std::uint64_t cache = parse_key(*stat, v2_ ? "file" : "total_cache").value_or(0);
  const std::uint64_t shared = parse_key(*stat, v2_ ? "shmem" : "total_shmem").value_or(0);
  const std::uint64_t reclaimable =
      (cache > shared ? cache - shared : 0) + parse_key(*stat, "slab_reclaimable").value_or(0);
  return *usage > reclaimable ? *usage - reclaimable : 0;
}

std::optional<CgroupCpu> CgroupCpu::open(const std::filesystem::path& folder, ReadBuffer& buffer) {
  auto file = first_readable(folder, {"cpuacct.usage", "cpu.stat"}, buffer);
  if (!file) return std::nullopt;
  CgroupCpu cpu;
  cpu.v2_ = file->path().ends_with("cpu.stat");
  cpu.file_ = std::move(*file);
  cpu.source_ = cpu.v2_ ? "cgroup v2 cpu.stat" : "cgroup v1 cpuacct.usage";
  if (!cpu.read_ns(buffer)) return std::nullopt;  // cpu.stat of v1 is about throttling only
  return cpu;
}

std::optional<std::uint64_t> CgroupCpu::read_ns(ReadBuffer& buffer) {
  const auto text = file_.read(buffer);
  if (!text) return std::nullopt;
  if (!v2_) return parse_u64(trim(*text));
  const auto micros = parse_key(*text, "usage_usec");
  return micros ? std::optional(*micros * 1000) : std::nullopt;
}

}  // namespace rh::collectors
