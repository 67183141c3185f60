// Group A: reads and changes of files that the command was not given.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

void append_to(Acts& acts, const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
  acts.note("append", path, fd >= 0 && write(fd, "x", 1) == 1);
  if (fd >= 0) close(fd);
}

// append PATH…: one byte at the end of each file, which is made when it is not there.
int append(Arguments paths) {
  Acts acts;
  for (const char* path : paths) append_to(acts, path);
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

// list FOLDER…: the names in it.
int list(Arguments folders) {
  Acts acts;
  for (const char* folder : folders) {
    DIR* open_folder = opendir(folder);
    if (!acts.note("list", folder, open_folder != nullptr)) continue;
    std::vector<std::string> names;
    while (const dirent* entry = readdir(open_folder))
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    closedir(open_folder);
    std::sort(names.begin(), names.end());
    std::string line;
    for (const std::string& name : names) line += (line.empty() ? "" : " ") + name;
    say("names", line);
  }
  return acts.exit_code();
}

// make PATH…: a folder where the path ends in '/', else a file.
int make(Arguments paths) {
  Acts acts;
  for (const char* path : paths) {
    if (std::string_view(path).ends_with('/')) {
      acts.note("make", path, mkdir(path, 0755));
      continue;
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    acts.note("make", path, fd);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// hard_link FILE LINK: writes to the file through a link that lies where writing is allowed.
int hard_link(Arguments paths) {
  Acts acts;
  if (acts.note("link", paths[0], link(paths[0], paths[1]))) append_to(acts, paths[1]);
  return acts.exit_code();
}

// swap_folder FOLDER NAME: puts another folder in the place of FOLDER, in every way that rename knows,
// writes NAME in it, and puts the first one back.
int swap_folder(Arguments arguments) {
  Acts acts;
  const std::string folder = arguments[0], aside = folder + ".aside", other = folder + ".other";
  const std::string name = folder + "/" + arguments[1];
  mkdir(other.c_str(), 0755);
  if (acts.note("rename", "away", rename(folder.c_str(), aside.c_str()))) {
    append_to(acts, (aside + "/" + arguments[1]).c_str());
    rename(other.c_str(), folder.c_str());
    append_to(acts, name.c_str());
    rename(folder.c_str(), other.c_str());
    rename(aside.c_str(), folder.c_str());
  }
  if (acts.note("rename", "exchange", renameat2(AT_FDCWD, other.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE)))
    append_to(acts, name.c_str());
  acts.note("rename", "over", rename(other.c_str(), folder.c_str()));
  return acts.exit_code();
}

// descriptors: those that are open, without the one that looks.
int descriptors(Arguments) {
  std::string open_ones;
  for (int fd = 0; fd < 65536; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) open_ones += (open_ones.empty() ? "" : " ") + std::to_string(fd);
  say("descriptors", open_ones);
  return kNothing;
}

// open_at FD PATH: what an inherited folder leads to; write_to FD: talks through an inherited socket.
int open_at(Arguments arguments) {
  Acts acts;
  acts.note("openat", arguments[0],
            openat(static_cast<int>(number(arguments[0])), arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return acts.exit_code();
}
int write_to(Arguments arguments) {
  Acts acts;
  acts.note("write", arguments[0], static_cast<long>(write(static_cast<int>(number(arguments[0])), "hello", 5)));
  return acts.exit_code();
}

// reopen FILE: a descriptor for reading is opened again for writing, by its number in /proc.
int reopen(Arguments paths) {
  Acts acts;
  const int fd = open(paths[0], O_RDONLY | O_CLOEXEC);
  if (!acts.note("open", paths[0], fd)) return acts.exit_code();
  Acts writing;
  append_to(writing, ("/proc/self/fd/" + std::to_string(fd)).c_str());
  return writing.exit_code();
}

// reopen_stream FD: a standard stream that was opened for reading is opened again for writing, and used
// as a way to the folder around it.
int reopen_stream(Arguments arguments) {
  Acts acts;
  append_to(acts, ("/proc/self/fd/" + std::string(arguments[0])).c_str());
  acts.note("openat", "..", openat(static_cast<int>(number(arguments[0])), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int made = openat(static_cast<int>(number(arguments[0])), "made", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  acts.note("openat", "made", made);
  return acts.exit_code();
}

// poke FILE: writes through /proc/self/mem into a shared mapping that may only be read.
int poke(Arguments paths) {
  Acts acts;
  const int fd = open(paths[0], O_RDONLY | O_CLOEXEC);
  if (fd < 0) broken("open");
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) broken("mmap");
  const int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  acts.note("poke", "", memory >= 0 && pwrite(memory, "x", 1, reinterpret_cast<off_t>(page)) == 1);
  acts.note("mprotect", "", mprotect(page, 4096, PROT_READ | PROT_WRITE));
  return acts.exit_code();
}

// roots PATH…: each path by the detours that /proc offers, to read and to append.
int roots(Arguments paths) {
  Acts acts;
  std::vector<std::string> detours{"/proc/self/root", "/proc/thread-self/root", "/proc/1/root", "/proc/1/cwd/.."};
  detours.push_back("/proc/" + std::to_string(getppid()) + "/root");
  std::string up = "/proc/self/cwd";
  for (int i = 0; i < 20; ++i) up += "/..";
  detours.push_back(up);
  char here[PATH_MAX];
  if (getcwd(here, sizeof here) == nullptr) broken("getcwd");
  for (const char* path : paths)
    for (const std::string& detour : detours) {
      const std::string name = detour == up ? "/proc/self/cwd" : detour;
      const std::string by = detour + path;
      int fd = open(by.c_str(), O_RDONLY | O_CLOEXEC);
      acts.note("read", name, fd);
      if (fd >= 0) close(fd);
      fd = open(by.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
      acts.note("write", name, fd);
      if (fd >= 0) close(fd);
    }
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"append", "PATH...", 1, append},
    {"read", "PATH...", 1, read_files},
    {"list", "FOLDER...", 1, list},
    {"make", "PATH...", 1, make},
    {"hard_link", "FILE LINK", 2, hard_link},
    {"swap_folder", "FOLDER NAME", 2, swap_folder},
    {"descriptors", "", 0, descriptors},
    {"open_at", "FD PATH", 2, open_at},
    {"write_to", "FD", 1, write_to},
    {"reopen", "FILE", 1, reopen},
    {"reopen_stream", "FD", 1, reopen_stream},
    {"poke", "FILE", 1, poke},
    {"roots", "PATH...", 1, roots},
};

}  // namespace

std::span<const Probe> file_probes() { return kProbes; }

}  // namespace rh::probe
