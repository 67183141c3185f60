// Whether this host gives the namespaces that a sandbox begins with: tried beforehand, or seen at a process.
#pragma once

namespace rh::sandbox {

// Makes a user and a mount namespace in a process that ends at once. Thread-safe.
[[nodiscard]] bool can_make_namespaces();

// Whether the process sees other processes and another tree of files than the caller. False also where /proc does not
// tell.
[[nodiscard]] bool has_own_namespaces(int pid);

}  // namespace rh::sandbox
