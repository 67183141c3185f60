// A /proc made of files, for what reads trees of processes.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "runner/base/file.h"
#include "sandbox/process_tree.h"

namespace rh::sandbox {

class FakeProc : public ::testing::Test {
 protected:
  FakeProc() : folder_(*TempDir::make("rh-proc")) {}

  struct Process {
    int pid;
    std::string children;
    char state = 'S';
    int threads = 1;
    std::uint64_t anonymous_kilobytes = 0, shared_kilobytes = 0;
    std::uint64_t own_share_kilobytes = 0, shared_share_kilobytes = 0;
    std::uint64_t page_tables_kilobytes = 0;
    std::string name = "a b) c";  // a name may hold blanks and brackets
  };

  void add(const Process& process) {
    const std::filesystem::path folder = folder_.path() / std::to_string(process.pid);
    const std::filesystem::path task = folder / "task" / std::to_string(process.pid);
    std::filesystem::create_directories(task);
    const auto put = [](const std::filesystem::path& path, const std::string& text) {
      ASSERT_TRUE(write_file(path, text));
    };
    put(task / "children", process.children);
    put(folder / "stat", std::to_string(process.pid) + " (" + process.name + ") " + process.state +
                             " 1 1 1 0 -1 0 0 0 0 0 30 20 7 3 20 0 " + std::to_string(process.threads) + " 0 4711 0\n");
    // Once the main thread has ended, the process shows no memory, but its other threads do.
    const bool main_gone = process.state == 'Z';
    const std::string memory =
        fmt::format("VmRSS:\t{} kB\nRssAnon:\t{} kB\nRssFile:\t7 kB\nRssShmem:\t{} kB\nVmPTE:\t{} kB\n",
                    process.anonymous_kilobytes + 7 + process.shared_kilobytes, process.anonymous_kilobytes,
                    process.shared_kilobytes, process.page_tables_kilobytes);
    const std::string share =
        fmt::format("Rss: 9 kB\nPss: 9 kB\nPss_Anon: {} kB\nPss_File: 3 kB\nPss_Shmem: {} kB\nSwapPss: 0 kB\n",
                    process.own_share_kilobytes, process.shared_share_kilobytes);
    put(folder / "status", main_gone ? "State:\tZ\n" : memory);
    put(folder / "smaps_rollup", main_gone ? "" : share);
    if (process.threads > 1) {
      const std::filesystem::path other = folder / "task" / std::to_string(process.pid + 1000);
      std::filesystem::create_directories(other);
      put(other / "status", memory);
      put(other / "smaps_rollup", share);
    }
    put(folder / "cmdline", std::string("prog\0--flag\0", 12));
  }

  [[nodiscard]] ProcessTree tree() const { return ProcessTree(folder_.path().string()); }
  TempDir folder_;
};

}  // namespace rh::sandbox
