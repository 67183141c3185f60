#include "runner/agent/http/helper_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace rh::agent {

namespace fs = std::filesystem;

fs::path helper_program(const fs::path& program, const std::string& name, const char* variable) {
  if (const char* named = std::getenv(variable); named != nullptr && *named != 0) return named;
  for (const fs::path& file :
       {program.parent_path() / name, program.parent_path().parent_path() / "libexec/runharness" / name})
    if (::access(file.c_str(), X_OK) == 0) return file;
  return {};
}

HelperProcess::HelperProcess(const fs::path& program, BorrowedFd input, BorrowedFd output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.fd, STDIN_FILENO);
  if (output.valid())
    posix_spawn_file_actions_adddup2(&actions, output.fd, STDOUT_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  // A group of its own: Ctrl-C is ours to handle, and a helper that was let go outlives us.
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  std::string name = program.string();
  std::array<char*, 2> argv{name.data(), nullptr};
  if (::posix_spawn(&pid_, name.c_str(), &actions, &attributes, argv.data(), environ) != 0) pid_ = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
}

HelperProcess::~HelperProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace rh::agent
