#include "tests/bench/sandbox/timed_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runner/base/unique_fd.h"

extern char** environ;

namespace rh::bench {
namespace {

int null_device() {
  static const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  return fd.get();
}

}  // namespace

double now_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

Finished run_timed(const TimedCommand& command, int error_fd) {
  std::vector<char*> argv;
  for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int stream : {0, 1}) posix_spawn_file_actions_adddup2(&actions, null_device(), stream);
  posix_spawn_file_actions_adddup2(&actions, error_fd >= 0 ? error_fd : null_device(), 2);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  if (command.passed_fd >= 0) {
    lseek(command.passed_fd, 0, SEEK_SET);
    posix_spawn_file_actions_adddup2(&actions, command.passed_fd, kPassedFd);
  }
  Finished finished;
  rusage usage{};
  pid_t pid = 0;
  const double begin = now_us();
  const int error = posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  if (error == 0)
    while (wait4(pid, &finished.wait_status, 0, &usage) < 0 && errno == EINTR) {
    }
  finished.wall_us = now_us() - begin;
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    std::fprintf(stderr, "%s: %s\n", argv.front(), std::strerror(error));
    std::exit(2);
  }
  finished.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return finished;
}

std::string complaint_of(const TimedCommand& command) {
  const UniqueFd said(memfd_create("stderr", MFD_CLOEXEC));
  if (run_timed(command, said.get()).ok()) return {};
  char text[200] = {};
  if (pread(said.get(), text, sizeof text - 1, 0) <= 0) return "fails without a word";
  return "fails: " + std::string(text, std::strcspn(text, "\n"));
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t percent) {
    return values[std::min(values.size() - 1, values.size() * percent / 100)];
  };
  return {at(10), at(50), at(90)};
}

}  // namespace rh::bench
