#include "profiles/python/layout.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {
namespace {

constexpr std::string_view kCookie = "xdebugpy";
constexpr std::size_t kVersionAt = 8, kFreeThreadedAt = 16;
constexpr std::uint64_t kMaxOffset = 64ULL << 20U;  // no structure of CPython is larger

const Layout kLayouts[] = {
#include "profiles/python/offsets/layouts.inc"
};

struct DebugMember {
  std::uint32_t minor = 0;
  std::uint32_t at = 0;  // in _Py_DebugOffsets
  std::uint32_t Layout::*member = nullptr;
};

const DebugMember kDebugMembers[] = {
#include "profiles/python/offsets/debug_offsets.inc"
};

}  // namespace

const Layout* layout_of(int minor) {
  for (const Layout& layout : kLayouts)
    if (static_cast<int>(layout.minor) == minor) return &layout;
  return nullptr;
}

std::string PythonVersion::text() const {
  return micro < 0 ? fmt::format("3.{}{}", minor, free_threaded ? "t" : "")
                   : fmt::format("3.{}.{}{}", minor, micro, free_threaded ? "t" : "");
}

std::optional<PythonVersion> version_of_hex(std::uint64_t hex) {
  if (hex >> 24U != 3) return std::nullopt;
  return PythonVersion{static_cast<int>(hex >> 16U & 0xffU), static_cast<int>(hex >> 8U & 0xffU), false};
}

bool has_debug_offsets(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kDebugOffsetsBytes && std::memcmp(bytes.data(), kCookie.data(), kCookie.size()) == 0;
}

Result<SelfDescription> read_debug_offsets(std::span<const std::uint8_t> bytes) {
  if (!has_debug_offsets(bytes)) return fail(ErrorKind::parse, "read the offsets of a Python runtime: it has none");
  const auto version = version_of_hex(load<std::uint64_t>(bytes.data() + kVersionAt));
  if (!version) return fail(ErrorKind::unsupported, "read the offsets of a Python runtime: not Python 3");
  const Layout* const table = layout_of(version->minor);
  if (table == nullptr)
    return fail(ErrorKind::unsupported,
                fmt::format("read stacks of CPython {}: 3.{} is the newest known", version->text(), kNewestMinor));
  SelfDescription description{*version, *table};
  description.version.free_threaded = load<std::uint64_t>(bytes.data() + kFreeThreadedAt) != 0;
  for (const DebugMember& each : kDebugMembers) {
    if (each.minor != table->minor) continue;
    const auto offset = load<std::uint64_t>(bytes.data() + each.at);
    if (offset > kMaxOffset)
      return fail(ErrorKind::parse, fmt::format("read the offsets of CPython {}: {} at byte {} is none",
                                                version->text(), offset, each.at));
    description.layout.*each.member = static_cast<std::uint32_t>(offset);
  }
  return description;
}

}  // namespace rh::profiles::python
