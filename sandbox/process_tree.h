// The processes of a run as the host sees them in /proc, where no control group lists or counts them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rh::sandbox {

struct CpuTime {
  std::chrono::nanoseconds user{}, system{};
  [[nodiscard]] std::chrono::nanoseconds total() const { return user + system; }
  CpuTime& operator+=(const CpuTime& other) {
    user += other.user;
    system += other.system;
    return *this;
  }
};

// What the kernel cannot drop: pages of files on disk are left out.
struct MemoryUse {
  std::uint64_t anonymous = 0, shared = 0, swapped = 0, page_tables = 0;
  [[nodiscard]] std::uint64_t total() const { return anonymous + shared + swapped + page_tables; }
  MemoryUse& operator+=(const MemoryUse& other) {
    anonymous += other.anonymous;
    shared += other.shared;
    swapped += other.swapped;
    page_tables += other.page_tables;
    return *this;
  }
};

// Files in memory, by device and inode; whole file systems by device alone.
struct FileSet {
  std::set<std::pair<std::uint64_t, std::uint64_t>> files;
  std::set<std::uint64_t> devices;
  [[nodiscard]] bool holds(std::uint64_t device, std::uint64_t inode) const {
    return devices.contains(device) || files.contains({device, inode});
  }
};

// Reads `<proc>/<pid>/...`; tests give it a folder of their own.
class ProcessTree {
 public:
  explicit ProcessTree(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // All descendants of `root`, without `root`; parents before children.
  [[nodiscard]] std::vector<int> descendants(int root) const;
  [[nodiscard]] std::vector<int> children(int pid) const;
  // Not a zombie whose threads are all gone.
  [[nodiscard]] bool alive(int pid) const;
  [[nodiscard]] std::string command_line(int pid) const;  // blanks between arguments, bounded
  [[nodiscard]] std::string kernel_name(int pid) const;   // "[name]", which never waits for the process

  [[nodiscard]] CpuTime cpu_time(int pid) const;         // of the process, without its children
  [[nodiscard]] CpuTime reaped_cpu_time(int pid) const;  // of its waited-for children
  [[nodiscard]] std::uint64_t threads(int pid) const;
  [[nodiscard]] std::optional<std::uint64_t> start_ticks(int pid) const;  // since boot

  [[nodiscard]] std::uint64_t resident_bytes(int pid) const;  // with pages of files
  // Cheap; a page that several processes share counts for each of them.
  [[nodiscard]] MemoryUse memory(int pid) const;
  // Each process' proportional share: what it truly costs. Walks every page: up to 10 ms per GiB.
  [[nodiscard]] MemoryUse memory_share(int pid) const;
  // Of the above what lies in mappings of these files; nothing where it cannot be read.
  [[nodiscard]] std::optional<std::uint64_t> mapped_share(int pid, const FileSet& files) const;

  [[nodiscard]] const std::string& proc() const { return proc_; }

 private:
  [[nodiscard]] std::optional<std::string> read(int pid, std::string_view file) const;
  [[nodiscard]] std::optional<std::string> read_living(int pid, std::string_view file, std::string_view key) const;
  [[nodiscard]] std::vector<std::uint64_t> stat_fields(int pid) const;
  std::string proc_;
};

}  // namespace rh::sandbox
