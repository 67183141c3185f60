// Finds the probe by its name and runs it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/escape/probes/probe.h"

namespace rh::probe {

namespace {

// One write for each line: several processes of a probe may speak at once.
void write_line(std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string error_name(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

bool Acts::note(std::string_view act, std::string_view subject, bool done) {
  return note_error(act, subject, done ? 0 : errno);
}

bool Acts::note_error(std::string_view act, std::string_view subject, int error) {
  std::string line(act);
  if (!subject.empty()) line.append(" ").append(subject);
  write_line(line + ": " + (error == 0 ? "ok" : error_name(error)));
  done_ = done_ || error == 0;
  if (error != 0) last_error_ = error;
  errno = error;
  return error == 0;
}

void say(std::string_view name, std::string_view value) { write_line(std::string(name).append(": ").append(value)); }

void say(std::string_view name, std::int64_t value) { say(name, std::to_string(value)); }

std::string text_of(const char* path) {
  std::string text;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return text;
  char buffer[4096];
  ssize_t count = 0;
  while (text.size() < 65536 && (count = read(fd, buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  const int error = count < 0 ? errno : 0;
  close(fd);
  errno = error;
  return text;
}

std::int64_t number(const char* text) { return std::strtoll(text, nullptr, 0); }

void broken(const char* what) {
  say("broken", std::string(what) + ": " + error_name(errno));
  _exit(kBroken);
}

int run_probe(std::string_view name, Arguments arguments) {
  const std::span<const Probe> groups[] = {
#define RH_GROUP(name) name(),
#include "tests/escape/probes/groups.inc"
#undef RH_GROUP
  };
  for (const auto group : groups)
    for (const Probe& probe : group) {
      if (name == probe.name && arguments.size() >= probe.least) return probe.run(arguments);
      if (name.empty() || name == probe.name)
        fprintf(stderr, "usage: escape_probe %s %s\n", probe.name, probe.arguments);
    }
  return kUsage;
}

}  // namespace rh::probe

int main(int argc, char** argv) {
  if (argc < 2) return rh::probe::run_probe("", {});
  return rh::probe::run_probe(argv[1], rh::probe::Arguments(argv + 2, static_cast<std::size_t>(argc - 2)));
}
