// A folder that looks like /proc and /sys/fs/cgroup to the readers under test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "runner/base/file.h"

namespace rh::collectors {

struct FakeProcess {
  int pid = 1, parent = 0;
  char state = 'S';
  unsigned long own_ticks = 0, waited_ticks = 0;
  unsigned threads = 1;
  unsigned long start_time = 100;
  unsigned long pages = 10;
  unsigned long read = 0, written = 0;
  std::vector<int> children = {};
};

class FakeProc {
 public:
  [[nodiscard]] const std::filesystem::path& root() const { return dir_.path(); }

  // Written in place: descriptors that a sampler keeps see the new bytes.
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((root() / file).parent_path());
    std::ofstream(root() / file, std::ios::trunc) << text;
  }

  void put(const FakeProcess& p) const {
    const std::filesystem::path folder = std::to_string(p.pid);
    write(folder / "stat", fmt::format("{} (a) b (c) {} {} 1 1 0 -1 4194304 9 9 9 9 {} 0 {} 0 20 0 {} 0 {} 1 2 3\n",
                                       p.pid, p.state, p.parent, p.own_ticks, p.waited_ticks, p.threads, p.start_time));
    write(folder / "statm", fmt::format("999 {} 3 1 0 5 0\n", p.pages));
    write(folder / "io", fmt::format("rchar: 7\nwchar: 8\nread_bytes: {}\nwrite_bytes: {}\ncancelled_write_bytes: 0\n",
                                     p.read, p.written));
    write(folder / "task" / folder / "children", fmt::format("{} ", fmt::join(p.children, " ")));
  }

  // A kept descriptor of an ended process gives ESRCH; an emptied file is as unreadable to the parser.
  void end(int pid) const {
    for (const char* name : {"stat", "statm", "io"}) write(std::filesystem::path(std::to_string(pid)) / name, "");
    std::filesystem::remove_all(root() / std::to_string(pid));
  }

 private:
  TempDir dir_ = *TempDir::make("rh-fake-proc");
};

}  // namespace rh::collectors
