#include "profiles/native/code_objects.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bit>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

constexpr std::size_t kMaxOpenFiles = 400;    // kept open; what comes later is opened when it is read
constexpr std::size_t kMaxObjects = 200'000;  // then all further ones share an object without names
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool is_deleted(std::string_view path) { return path.ends_with(" (deleted)"); }

bool is_file_path(std::string_view path) { return path.starts_with('/') && !path.starts_with("//"); }

UniqueFd open_readable(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// Whether the open file is the one that was mapped: by its inode. Only file systems made of layers show
// another number than the map has; there it must not have changed since.
bool is_the_mapped(const UniqueFd& file, std::uint64_t inode, std::int64_t mapped_wall_ns) {
  struct stat info {};
  struct statfs system {};
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (info.st_ino == inode) return true;
  if (fstatfs(file.get(), &system) != 0) return false;
  if (system.f_type != OVERLAYFS_SUPER_MAGIC && system.f_type != BTRFS_SUPER_MAGIC) return false;
  return info.st_ctim.tv_sec * kNsPerSecond + info.st_ctim.tv_nsec < mapped_wall_ns;
}

// The file as the process sees it, which may have another root than we; then the name as such; then the
// links of the kernel, which lead to deleted files too, but only while the process lives.
UniqueFd open_mapped(int pid, const MapRecord& map, const std::string& path, std::int64_t wall_ns,
                     std::string& problem) {
  bool other = false;
  for (const std::string& way : {fmt::format("/proc/{}/root{}", pid, path), path, fmt::format("/proc/{}/exe", pid),
                                 fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, map.start, map.start + map.bytes)}) {
    UniqueFd file = open_readable(way);
    if (!file) continue;
    if (is_the_mapped(file, map.inode, wall_ns)) return file;
    other = other || way == path;
  }
  problem = other ? "the file was replaced while the program ran" : "the file was deleted while the program ran";
  return {};
}

// The file of an earlier process with the same number has other names.
UniqueFd open_perf_map(const std::string& path, const CodeObject& object) {
  UniqueFd file = open_readable(path);
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) return {};
  const std::int64_t written = info.st_mtim.tv_sec * kNsPerSecond + info.st_mtim.tv_nsec;
  return written + kNsPerSecond >= object.mapped_wall_ns ? std::move(file) : UniqueFd{};
}

// Our own vdso: every 64-bit process of this kernel has the same image. Its size is that of its mapping.
std::string_view own_vdso() {
  const auto start = getauxval(AT_SYSINFO_EHDR);
  if (start == 0) return {};
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(start);
  const std::uint64_t bytes = header->e_shoff + static_cast<std::uint64_t>(header->e_shentsize) * header->e_shnum;
  return {reinterpret_cast<const char*>(start), bytes};
}

}  // namespace

CodeObjects::CodeObjects() {
  CodeObject kernel;
  kernel.kind = ObjectKind::kernel;
  kernel.path = "[kernel]";
  CodeObject vdso;
  vdso.kind = ObjectKind::vdso;
  vdso.path = "[vdso]";
  CodeObject mark;
  mark.kind = ObjectKind::mark;
  objects_.push_back(std::make_unique<CodeObject>(std::move(kernel)));
  objects_.push_back(std::make_unique<CodeObject>(std::move(vdso)));
  objects_.push_back(std::make_unique<CodeObject>(std::move(mark)));
}

std::uint32_t CodeObjects::add(CodeObject object) {
  objects_.push_back(std::make_unique<CodeObject>(std::move(object)));
  return static_cast<std::uint32_t>(objects_.size() - 1);
}

std::uint32_t CodeObjects::of_map(int pid, const MapRecord& map, std::int64_t wall_ns) {
  if (map.path == "[vdso]") return kVdsoObject;
  const bool generated = !is_file_path(map.path) || (map.inode == 0 && map.device_major == 0 && map.device_minor == 0);
  std::string path(map.path);
  if (is_deleted(path)) path.resize(path.size() - std::string_view(" (deleted)").size());
  // All memory that one process filled itself is one object: its addresses are its own.
  const Identity identity =
      generated || objects_.size() >= kMaxObjects
          ? Identity{"", 0, 0, pid}
          : Identity{path, map.inode, (static_cast<std::uint64_t>(map.device_major) << 32U) | map.device_minor, 0};
  if (const auto at = known_.find(identity); at != known_.end()) return at->second;
  CodeObject object;
  object.kind = generated ? ObjectKind::generated : ObjectKind::file;
  object.path = generated ? "[generated code]" : path;
  object.pid = pid;
  object.mapped_wall_ns = wall_ns;
  if (!generated && open_files_ < kMaxOpenFiles) {
    object.file = open_mapped(pid, map, path, wall_ns, object.problem);
    if (object.file) ++open_files_;
  }
  const std::uint32_t index = add(std::move(object));
  known_.emplace(identity, index);
  return index;
}

ElfFile* CodeObjects::elf(std::uint32_t index) {
  CodeObject& object = at(index);
  if (object.opened) return object.elf ? &*object.elf : nullptr;
  object.opened = true;
  if (object.kind == ObjectKind::vdso) {
    if (auto image = ElfFile::in_memory(own_vdso())) object.elf.emplace(std::move(image).value());
  } else if (object.kind == ObjectKind::file) {
    if (!object.file && object.problem.empty()) object.file = open_readable(object.path);
    if (!object.file && object.problem.empty()) object.problem = "the file cannot be opened";
    if (!object.file) return nullptr;
    auto image = ElfFile::open(std::move(object.file), object.path);
    if (image) {
      object.elf.emplace(std::move(image).value());
    } else {
      object.problem = image.error().message();
    }
  }
  return object.elf ? &*object.elf : nullptr;
}

void CodeObjects::keep_perf_map(std::uint32_t index) {
  CodeObject& object = at(index);
  if (object.kind != ObjectKind::generated || object.perf_map) return;
  // The file may appear later than the code, or never: it is looked for ever more rarely.
  if (!std::has_single_bit(++object.asked)) return;
  // In a pid namespace the file bears the number that the process itself knows: the last of NSpid.
  if (object.inner_pid.empty()) {
    object.inner_pid = std::to_string(object.pid);
    const std::string status = read_file(fmt::format("/proc/{}/status", object.pid)).value_or("");
    for (const std::string_view line : split_lines(status))
      if (line.starts_with("NSpid:")) object.inner_pid = trim(line.substr(line.find_last_of("\t ") + 1));
  }
  object.perf_map = open_perf_map(fmt::format("/proc/{}/root/tmp/perf-{}.map", object.pid, object.inner_pid), object);
  if (!object.perf_map) find_perf_map(index);
}

void CodeObjects::look_for_late_perf_maps() {
  for (std::uint32_t index = 0; index < objects_.size(); ++index) find_perf_map(index);
}

void CodeObjects::find_perf_map(std::uint32_t index) {
  CodeObject& object = at(index);
  if (object.kind != ObjectKind::generated || object.perf_map) return;
  object.perf_map = open_perf_map(fmt::format("/tmp/perf-{}.map", object.pid), object);
}

}  // namespace rh::profiles::native
