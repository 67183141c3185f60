// The pieces of executable memory that were seen: object files, the vdso, the kernel, memory that a program
// filled itself. Each is named once, however many processes map it; addresses are kept as offsets into it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "profiles/native/elf_file.h"
#include "profiles/native/perf_records.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles::native {

// A place in code that holds for every process and every run: what it lies in, and where there. In files
// the offset counts from the start of the file; in the kernel and in generated code it is the address.
struct CodeAddress {
  std::uint32_t object = 0;
  std::uint64_t offset = 0;
  bool operator==(const CodeAddress&) const = default;
};

inline constexpr std::uint32_t kKernelObject = 0;
inline constexpr std::uint32_t kVdsoObject = 1;
// Not code of the program: marks put into stacks, told apart by offset.
inline constexpr std::uint32_t kMarkObject = 2;
inline constexpr std::uint64_t kStackCutMark = 0;

enum class ObjectKind : std::uint8_t { kernel, vdso, mark, file, generated };

struct CodeObject {
  ObjectKind kind = ObjectKind::file;
  std::string path;     // as the process sees it; generated: what the kernel calls the memory
  int pid = 0;          // generated: whose memory it is
  std::string problem;  // why its code cannot be named: deleted, replaced, not readable
  UniqueFd file;        // kept from the moment it was mapped: build tools delete what they ran
  bool opened = false;  // `elf` or `problem` is final
  std::optional<ElfFile> elf;
  UniqueFd perf_map;  // generated: the names that a just-in-time compiler wrote
  std::int64_t mapped_wall_ns = 0;
  std::string inner_pid;    // generated: the number that the process itself knows
  std::uint32_t asked = 0;  // how often the perf map was asked for
};

class CodeObjects {
 public:
  CodeObjects();
  // The object of a map, new or known. Opens the file at once, through the process's own root.
  [[nodiscard]] std::uint32_t of_map(int pid, const MapRecord& map, std::int64_t wall_ns);
  [[nodiscard]] CodeObject& at(std::uint32_t object) { return *objects_.at(object); }
  [[nodiscard]] std::size_t count() const { return objects_.size(); }
  // The ELF image, opened when first asked for; null if there is none or it cannot be read.
  [[nodiscard]] ElfFile* elf(std::uint32_t object);
  // Keeps /tmp/perf-PID.map of a process that runs generated code, while it can still be reached.
  void keep_perf_map(std::uint32_t object);
  // The same once more for all, after the end: a JVM writes the file when it ends.
  void look_for_late_perf_maps();

 private:
  using Identity = std::tuple<std::string, std::uint64_t, std::uint64_t, int>;  // path, inode, device, pid
  std::uint32_t add(CodeObject object);
  void find_perf_map(std::uint32_t object);
  std::vector<std::unique_ptr<CodeObject>> objects_;
  std::map<Identity, std::uint32_t> known_;
  std::size_t open_files_ = 0;
};

}  // namespace rh::profiles::native
