#include "profiles/native/address_space.h"

#include <algorithm>

namespace rh::profiles::native {
namespace {

constexpr std::size_t kFirstMaps = 4;

}  // namespace

void AddressSpace::map(const Mapping& added) {
  if (added.end <= added.start || maps_.size() >= kMaxMaps) return;
  if (in_order_.size() < kFirstMaps) in_order_.push_back(added.object);
  std::vector<Mapping> kept;
  kept.reserve(maps_.size() + 2);
  for (const Mapping& old : maps_) {
    if (old.start < added.start) kept.push_back({old.start, std::min(old.end, added.start), old.base, old.object});
    if (old.end > added.end) {
      const std::uint64_t start = std::max(old.start, added.end);
      kept.push_back({start, old.end, old.base + (start - old.start), old.object});
    }
  }
  const auto before = [](const Mapping& a, const Mapping& b) { return a.start < b.start; };
  kept.insert(std::upper_bound(kept.begin(), kept.end(), added, before), added);
  maps_ = std::move(kept);
}

std::optional<CodeAddress> AddressSpace::find(std::uint64_t address) const {
  auto at = std::upper_bound(maps_.begin(), maps_.end(), address,
                             [](std::uint64_t value, const Mapping& map) { return value < map.start; });
  if (at == maps_.begin()) return std::nullopt;
  --at;
  if (address >= at->end) return std::nullopt;
  return CodeAddress{at->object, at->base + (address - at->start)};
}

std::optional<std::uint32_t> AddressSpace::first_file(CodeObjects& objects) const {
  for (const std::uint32_t object : in_order_)
    if (objects.at(object).kind == ObjectKind::file) return object;
  return std::nullopt;
}

}  // namespace rh::profiles::native
