// Group C: more memory and more CPU time than was given.
#include <sys/mman.h>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// touch BYTES: private memory of one process, every page of it written.
int touch(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) broken("mmap");
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  Acts acts;
  acts.note_error("touch", arguments[0], 0);
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"touch", "BYTES", 1, touch},
};

}  // namespace

std::span<const Probe> memory_probes() { return kProbes; }

}  // namespace rh::probe
