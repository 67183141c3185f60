// Group E: system calls that no test suite needs.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// syscall NUMBER [ARGUMENT…]: one call by number, up to six arguments.
int call(Arguments arguments) {
  std::array<long, 6> words{};
  for (std::size_t i = 1; i < arguments.size() && i <= words.size(); ++i)
    words.at(i - 1) = static_cast<long>(number(arguments[i]));
  Acts acts;
  acts.note(
      "syscall", arguments[0],
      syscall(static_cast<long>(number(arguments[0])), words[0], words[1], words[2], words[3], words[4], words[5]));
  return acts.exit_code();
}

// status KEY…: lines of /proc/self/status.
int status(Arguments keys) {
  const std::string text = "\n" + text_of("/proc/self/status");
  for (const char* key : keys) {
    const std::size_t at = text.find("\n" + std::string(key) + ":");
    if (at == std::string::npos) continue;
    const std::size_t begin = text.find_first_not_of(" \t", text.find(':', at) + 1);
    say(key, std::string_view(text).substr(begin, text.find('\n', begin) - begin));
  }
  return 0;
}

constexpr Probe kProbes[] = {
    {"syscall", "NUMBER [ARGUMENT]...", 1, call},
    {"status", "KEY...", 1, status},
};

}  // namespace

std::span<const Probe> kernel_probes() { return kProbes; }

}  // namespace rh::probe
