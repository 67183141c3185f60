// Where the code of a script is: paths from the URLs that V8, bundlers and source maps write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rh::collectors {

// The path of a script's URL: of file:, of http: (without the host), or a path already. nullopt: code of Node itself,
// of eval, of WebAssembly, which have no file.
[[nodiscard]] std::optional<std::string> script_path(std::string_view url);
[[nodiscard]] bool is_dependency(std::string_view path);  // below node_modules
// A source of a map that belongs to the script at `script`: relative to its folder, unless a bundler put a name of its
// own before it (webpack://app/./src/a.ts is src/a.ts).
[[nodiscard]] std::string map_source_path(std::string_view source, std::string_view script);

}  // namespace rh::collectors
