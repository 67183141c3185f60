// The names by which coverage data calls the folder of a manifest: Go's module path, a crate, a package of npm.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::engine {

// `manifest`: "go.mod", "Cargo.toml" or "package.json". A crate has two names when it is written with dashes, as Rust
// code has underscores in their place. Empty: it names none, or cannot be read.
[[nodiscard]] std::vector<std::string> module_names(std::string_view manifest, std::string_view text);

}  // namespace rh::engine
