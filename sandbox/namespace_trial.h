// Whether this host gives the namespaces that a sandbox begins with, tried in some 100 microseconds.
#pragma once

namespace rh::sandbox {

// Makes a user and a mount namespace in a process that ends at once. Thread-safe.
[[nodiscard]] bool can_make_namespaces();

}  // namespace rh::sandbox
