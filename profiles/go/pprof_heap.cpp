#include "profiles/go/pprof_heap.h"

#include <fmt/format.h>

#include <memory>

#include "profiles/go/pprof_file.h"

namespace rh::profiles {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

std::size_t column(const PprofFile& file, std::string_view type, std::string_view unit) {
  for (std::size_t i = 0; i < file.types.size(); ++i)
    if (file.text(file.types[i].type) == type && file.text(file.types[i].unit) == unit) return i;
  return kNoColumn;
}

std::uint64_t value(const PprofSample& sample, std::size_t column) {
  if (column >= sample.values.size()) return 0;
  const auto number = static_cast<std::int64_t>(sample.values[column]);
  return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace

Result<void> add_pprof_heap(std::string_view bytes, std::uint32_t process, ProfileBuilder& builder) {
  RH_TRY(const std::unique_ptr<const PprofFile> file, read_pprof_file(bytes));
  const std::size_t held = column(*file, "inuse_space", "bytes"), blocks = column(*file, "inuse_objects", "count");
  const std::size_t total = column(*file, "alloc_space", "bytes");
  if (held == kNoColumn || total == kNoColumn)
    return fail(file->types.empty() ? ErrorKind::parse : ErrorKind::unsupported,
                "read a heap profile: it has no alloc_space and inuse_space in bytes");
  if (file->samples.size() > kMaxHeapSites)
    return fail(ErrorKind::limit, fmt::format("read a heap profile: more than {} stacks", kMaxHeapSites));
  PprofStacks stacks(*file, builder);
  for (const PprofSample& sample : file->samples) {
    model::AllocationSite site;
    site.process = process;
    site.live_bytes = value(sample, held);
    site.live_count = value(sample, blocks);
    site.total_bytes = value(sample, total);
    if (site.live_bytes == 0 && site.total_bytes == 0) continue;
    site.stack = stacks.stack(sample);
    if (site.stack != model::kNoIndex) builder.profile().allocations.sites.push_back(site);
  }
  return {};
}

}  // namespace rh::profiles
