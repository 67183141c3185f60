// Where the path of a source file leaves what somebody else installed: standard libraries and packages of
// Python, node, Go, Rust and C++. Paths alone are judged, by the folders that the tools of each language use.
#pragma once

#include <string_view>

namespace rh {

// The part of `file` that names the library and the file in it ("python3.11/json/decoder.py",
// "site-packages/requests/api.py", "node_modules/express/lib/router.js"); empty: it is not known to be a library's.
// Names of no file, such as "<frozen importlib._bootstrap>" and "node:fs", are a library's as a whole.
[[nodiscard]] std::string_view library_path(std::string_view file);

}  // namespace rh
