// Finds the CPython runtime in a process: which file holds it, which version it is, at which address _PyRuntime lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/python/layout.h"
#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {

enum class Presence : std::uint8_t {
  foreign,   // not a Python interpreter
  expected,  // it is one, but its library is not loaded yet
  found,
  refused,  // one whose stacks cannot be read: `reason`
};

struct RuntimeLocation {
  Presence presence = Presence::foreign;
  std::string reason;
  Address runtime = 0;
  PythonVersion version;
  Layout layout;
};

// Looks at the executable and at what is mapped. Cheap enough to repeat every few milliseconds.
[[nodiscard]] RuntimeLocation locate_runtime(RemoteMemory& memory);

struct Mapping {
  Address begin = 0, end = 0;
  std::uint64_t offset = 0;
  bool writable = false;
  std::string path;
};
// The lines of /proc/PID/maps that map a file or follow one without a name (its zeroed data); bounded.
[[nodiscard]] std::vector<Mapping> read_mappings(std::string_view maps);

// "libpython3.11.so.1.0", "python3.8", "libpython3.13t.so": the version in a file's name.
[[nodiscard]] std::optional<PythonVersion> version_in_name(std::string_view file_name);

}  // namespace rh::profiles::python
