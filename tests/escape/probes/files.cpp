// Group A: reads and changes of files that the command was not given.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// append PATH…: one byte at the end of each file, which is made when it is not there.
int append(Arguments paths) {
  Acts acts;
  for (const char* path : paths) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    acts.note("append", path, fd >= 0 && write(fd, "x", 1) == 1);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// read PATH…: the first 64 KiB of each file.
int read_files(Arguments paths) {
  Acts acts;
  for (const char* path : paths) {
    const std::string text = text_of(path);
    if (acts.note_error("read", path, errno)) say("content", text);
  }
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"append", "PATH...", 1, append},
    {"read", "PATH...", 1, read_files},
};

}  // namespace

std::span<const Probe> file_probes() { return kProbes; }

}  // namespace rh::probe
