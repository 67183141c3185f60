#include "profiles/python/runtime_locator.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "profiles/python/elf_image.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

constexpr std::size_t kMaxMapsBytes = 16U << 20U;
constexpr std::size_t kMaxMappings = 65536;
constexpr std::size_t kVersionScanBytes = 8U << 20U;
constexpr std::size_t kMaxKnownFiles = 64;

// What a file says about the runtime in it.
struct RuntimeFile {
  std::optional<std::uint64_t> runtime;  // address before relocation
  std::optional<PythonVersion> version;
  std::uint64_t first_address = 0;
  bool fixed_address = false;
  std::optional<std::string> library;  // the libpython it wants
};

RuntimeFile describe(const std::filesystem::path& path, std::string_view name) {
  RuntimeFile file;
  const auto image = ElfImage::open(path);
  if (!image) return file;
  file.runtime = image->symbol("_PyRuntime");
  if (!file.runtime) file.runtime = image->section(".PyRuntime");
  file.first_address = image->first_address();
  file.fixed_address = image->fixed_address();
  for (const std::string& library : image->needed())
    if (library.starts_with("libpython")) file.library = library;
  if (const auto symbol = image->symbol("Py_Version"))
    if (const auto bytes = image->bytes_at(*symbol, sizeof(std::uint64_t)))
      file.version = version_of_hex(load<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(bytes->data())));
  if (!file.version) file.version = version_in_name(name);
  return file;
}

// What describe() said of a file, which all processes of one interpreter share.
struct KnownFile {
  dev_t device;
  ino_t inode;
  timespec changed;
  std::string name;
  RuntimeFile file;
};

const RuntimeFile& describe_once(const std::filesystem::path& path, std::string_view name) {
  // Each recording has a thread of its own.
  thread_local std::vector<KnownFile> known;
  struct stat info {};
  const bool found = ::stat(path.c_str(), &info) == 0;
  const auto same = [&](const KnownFile& each) {
    return found && each.device == info.st_dev && each.inode == info.st_ino && each.name == name &&
           each.changed.tv_sec == info.st_ctim.tv_sec && each.changed.tv_nsec == info.st_ctim.tv_nsec;
  };
  if (const auto at = std::find_if(known.begin(), known.end(), same); at != known.end()) return at->file;
  if (known.size() >= kMaxKnownFiles) known.clear();
  return known.emplace_back(KnownFile{info.st_dev, info.st_ino, info.st_ctim, std::string(name), describe(path, name)})
      .file;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "3.8.18 (default, ...": what Py_GetVersion leaves in the data of the module; start-up asks for it.
std::optional<PythonVersion> version_in_data(RemoteMemory& memory, const std::vector<Mapping>& mappings,
                                             std::string_view path) {
  for (const Mapping& each : mappings) {
    if (each.path != path || !each.writable || each.end - each.begin > kVersionScanBytes) continue;
    std::string bytes(each.end - each.begin, '\0');
    if (!memory.read(each.begin, bytes.data(), bytes.size())) continue;
    for (std::size_t at = bytes.find("3."); at != std::string::npos; at = bytes.find("3.", at + 1)) {
      if (at > 0 && bytes[at - 1] != '\0') continue;
      int minor = 0, micro = 0;
      const char* const end = bytes.data() + bytes.size();
      const auto first = std::from_chars(bytes.data() + at + 2, end, minor);
      if (first.ec != std::errc{} || first.ptr >= end || *first.ptr != '.') continue;
      const auto second = std::from_chars(first.ptr + 1, end, micro);
      if (second.ec != std::errc{} || minor > 99 || micro > 99) continue;
      if (std::string_view(second.ptr, end).starts_with(" (")) return PythonVersion{minor, micro, false};
    }
  }
  return std::nullopt;
}

RuntimeLocation refuse(std::string reason) {
  RuntimeLocation location;
  location.presence = Presence::refused;
  location.reason = std::move(reason);
  return location;
}

// Takes over what the runtime says of itself; before 3.13 the table of its version.
RuntimeLocation complete(RuntimeLocation location, RemoteMemory& memory) {
  std::vector<std::uint8_t> head(kDebugOffsetsBytes);
  if (memory.read(location.runtime, head.data(), head.size()) && has_debug_offsets(head)) {
    auto description = read_debug_offsets(head);
    if (!description) return refuse(description.error().what);
    location.version = description->version;
    location.layout = description->layout;
  } else if (location.version.minor >= 13) {
    location.presence = Presence::expected;  // the image is still being relocated
    return location;
  } else if (const Layout* const table = layout_of(location.version.minor)) {
    location.layout = *table;
  } else {
    return refuse(fmt::format("CPython {} keeps its stacks in a way that is not known; 3.{} to 3.{} are",
                              location.version.text(), kOldestMinor, kNewestMinor));
  }
  if (location.version.free_threaded)
    return refuse(fmt::format("CPython {} is a free-threaded build: its stacks cannot be read safely from outside",
                              location.version.text()));
  location.presence = Presence::found;
  return location;
}

RuntimeLocation found_in(const RuntimeFile& file, std::string_view path, const std::vector<Mapping>& mappings,
                         RemoteMemory& memory) {
  RuntimeLocation location;
  const auto first = std::find_if(mappings.begin(), mappings.end(),
                                  [&](const Mapping& each) { return each.path == path && each.offset == 0; });
  if (first == mappings.end()) {
    location.presence = Presence::expected;
    return location;
  }
  location.runtime = *file.runtime + (file.fixed_address ? 0 : first->begin - file.first_address);
  if (file.version) location.version = *file.version;
  if (!file.version || (file.version->micro < 0 && file.version->minor < 11)) {
    const auto seen = version_in_data(memory, mappings, path);
    if (seen && (!file.version || seen->minor == file.version->minor)) location.version = *seen;
    if (!seen && !file.version) {
      location.presence = Presence::expected;
      return location;
    }
  }
  return complete(std::move(location), memory);
}

}  // namespace

std::vector<Mapping> read_mappings(std::string_view maps) {
  std::vector<Mapping> mappings;
  for (const std::string_view line : split_lines(maps)) {
    if (mappings.size() >= kMaxMappings) break;
    // "begin-end perms offset dev inode   path"
    Mapping mapping;
    const auto begin = std::from_chars(line.data(), line.data() + line.size(), mapping.begin, 16);
    if (begin.ec != std::errc{} || begin.ptr == line.data() + line.size()) continue;
    const auto end = std::from_chars(begin.ptr + 1, line.data() + line.size(), mapping.end, 16);
    if (end.ec != std::errc{} || line.data() + line.size() - end.ptr < 7) continue;
    mapping.writable = end.ptr[2] == 'w';
    std::from_chars(end.ptr + 6, line.data() + line.size(), mapping.offset, 16);
    if (const std::size_t path = line.find('/'); path != std::string_view::npos) {
      mapping.path = line.substr(path);
    } else {
      // Zeroed data of a module lies right behind its file's.
      if (mappings.empty() || line.find('[') != std::string_view::npos || mappings.back().end != mapping.begin)
        continue;
      mapping.path = mappings.back().path;
      mapping.offset = 1;
    }
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::optional<PythonVersion> version_in_name(std::string_view file_name) {
  const std::size_t at = file_name.find("python");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = file_name.substr(at + 6);
  int major = 0, minor = 0;
  const char* const end = rest.data() + rest.size();
  const auto first = std::from_chars(rest.data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.' || major != 3) return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc{}) return std::nullopt;
  return PythonVersion{minor, -1, second.ptr != end && *second.ptr == 't'};
}

RuntimeLocation locate_runtime(RemoteMemory& memory) {
  const std::string proc = fmt::format("/proc/{}", memory.pid());
  std::error_code error;
  const std::string executable = std::filesystem::read_symlink(proc + "/exe", error).string();
  if (error) return {};
  const RuntimeFile program = describe_once(proc + "/exe", base_name(executable));
  if (!program.runtime && !program.library) {
    const std::string_view name = base_name(executable);
    if (!name.starts_with("python")) return {};
    const auto version = version_in_name(name);
    return refuse(version ? fmt::format("CPython {} keeps its stacks in a way that is not known; 3.{} to 3.{} are",
                                        version->text(), kOldestMinor, kNewestMinor)
                          : fmt::format("{} has no runtime of CPython 3.{} to 3.{}", name, kOldestMinor, kNewestMinor));
  }
  if (!program.runtime) {
    const auto wanted = version_in_name(*program.library);
    if (!wanted || wanted->minor < kOldestMinor)
      return refuse(fmt::format("{} is not a CPython of 3.{} to 3.{}", *program.library, kOldestMinor, kNewestMinor));
  }
  const auto maps = read_file(proc + "/maps", kMaxMapsBytes);
  if (!maps) return {};
  const std::vector<Mapping> mappings = read_mappings(*maps);
  if (program.runtime) return found_in(program, executable, mappings, memory);
  for (const Mapping& each : mappings) {
    if (!base_name(each.path).starts_with("libpython")) continue;
    const RuntimeFile& library = describe_once(proc + "/root" + each.path, base_name(each.path));
    if (library.runtime) return found_in(library, each.path, mappings, memory);
  }
  RuntimeLocation location;
  location.presence = Presence::expected;
  return location;
}

}  // namespace rh::profiles::python
