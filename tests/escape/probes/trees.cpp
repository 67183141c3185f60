// Group A: files that are too big, too many, too deep, of odd kinds or with odd names.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// fill FILE BYTES [quiet]: writes until it has all of them or is refused; `quiet` ignores SIGXFSZ.
int fill(Arguments arguments) {
  if (arguments.size() > 2) signal(SIGXFSZ, SIG_IGN);
  const int fd = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) broken("open");
  Acts acts;
  const std::vector<char> block(65536, 'f');
  const auto bytes = static_cast<std::size_t>(number(arguments[1]));
  std::size_t written = 0;
  int error = 0;
  while (written < bytes && error == 0) {
    const ssize_t count = write(fd, block.data(), std::min(block.size(), bytes - written));
    if (count < 0)
      error = errno;
    else
      written += static_cast<std::size_t>(count);
  }
  say("written", static_cast<std::int64_t>(written));
  acts.note_error("fill", "", error);
  return acts.exit_code();
}

// fill_unlinked BYTES: a file in memory that has no name and is mapped by nobody.
int fill_unlinked(Arguments arguments) {
  const int fd = memfd_create("unlinked", 0);
  if (fd < 0) broken("memfd_create");
  Acts acts;
  const std::vector<char> block(1U << 20, 'f');
  for (std::int64_t left = number(arguments[0]); left > 0; left -= static_cast<std::int64_t>(block.size()))
    if (write(fd, block.data(), block.size()) < 0) return acts.note_error("fill", "", errno), acts.exit_code();
  acts.note_error("fill", "", 0);
  return acts.exit_code();
}

// make_many FOLDER COUNT: empty files.
int make_many(Arguments arguments) {
  Acts acts;
  const auto count = number(arguments[1]);
  std::int64_t made = 0;
  int error = 0;
  for (; made < count && error == 0; ++made) {
    const std::string path = std::string(arguments[0]) + "/" + std::to_string(made);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
      error = errno;
    else
      close(fd);
  }
  say("made", error == 0 ? made : made - 1);
  acts.note_error("make_many", "", error);
  return acts.exit_code();
}

// sparse FILE BYTES: all hole but the last byte.
int sparse(Arguments arguments) {
  Acts acts;
  const int fd = open(arguments[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) broken("open");
  acts.note("sparse", "", pwrite(fd, "x", 1, number(arguments[1]) - 1) == 1);
  return acts.exit_code();
}

// odd_kinds FOLDER: a FIFO, a socket, and links to a folder, a file and nothing.
int odd_kinds(Arguments arguments) {
  if (chdir(arguments[0]) != 0) broken("chdir");
  Acts acts;
  acts.note("make", "fifo", mkfifo("fifo", 0644));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "socket");
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  acts.note("make", "socket", fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  acts.note("make", "link", symlink("/etc/passwd", "link"));
  acts.note("make", "folder_link", symlink("/etc", "folder_link"));
  acts.note("make", "device_link", symlink("/dev/zero", "device_link"));
  return acts.exit_code();
}

// link_to TARGET PATH: a symbolic link.
int link_to(Arguments arguments) {
  Acts acts;
  acts.note("link", arguments[1], symlink(arguments[0], arguments[1]));
  return acts.exit_code();
}

// strange_names FOLDER: names that break what quotes them badly.
int strange_names(Arguments arguments) {
  if (chdir(arguments[0]) != 0) broken("chdir");
  Acts acts;
  int index = 0;
  for (const std::string& name : {std::string("new\nline"), std::string("escape\x1b[2J"), std::string("bad\xff\xfe"),
                                  std::string(255, 'n'), std::string("-rf"), std::string("quote\"'<b>&\\")}) {
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    acts.note("make", std::to_string(index++), fd);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// deep FOLDER LEVELS: folders in folders, a file at the end, and beside them some that nobody may enter.
int deep(Arguments arguments) {
  if (chdir(arguments[0]) != 0) broken("chdir");
  Acts acts;
  for (const char* name : {"closed", "closed/inner"}) (void)mkdir(name, 0755);
  const int inside = open("closed/inner/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (inside >= 0) close(inside);
  for (const char* name : {"closed/inner", "closed"}) (void)chmod(name, 0);
  std::int64_t level = 0;
  while (level < number(arguments[1]) && mkdir("level", 0755) == 0 && chdir("level") == 0) ++level;
  const int fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  acts.note("deep", std::to_string(level), level == number(arguments[1]) && fd >= 0);
  return acts.exit_code();
}

// remove_all FOLDER: everything in it.
int remove_all(Arguments arguments) {
  Acts acts;
  std::error_code error;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator at(arguments[0], error), end; !error && at != end;) {
    const std::filesystem::path path = at->path();
    at.increment(error);
    if (!error) count += static_cast<std::int64_t>(std::filesystem::remove_all(path, error));
  }
  say("removed", count);
  acts.note_error("remove_all", "", error.value());
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"fill_unlinked", "BYTES", 1, fill_unlinked},  {"fill", "FILE BYTES [quiet]", 2, fill},
    {"make_many", "FOLDER COUNT", 2, make_many},   {"sparse", "FILE BYTES", 2, sparse},
    {"odd_kinds", "FOLDER", 1, odd_kinds},         {"link_to", "TARGET PATH", 2, link_to},
    {"strange_names", "FOLDER", 1, strange_names}, {"deep", "FOLDER LEVELS", 2, deep},
    {"remove_all", "FOLDER", 1, remove_all},
};

}  // namespace

std::span<const Probe> tree_probes() { return kProbes; }

}  // namespace rh::probe
