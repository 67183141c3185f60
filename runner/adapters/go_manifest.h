// Reads go.mod, go.work and go.sum, as far as discovery and the question "is everything downloaded?" need.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rh::adapters {

struct GoModuleVersion {
  std::string path, version;
  auto operator<=>(const GoModuleVersion&) const = default;
};

struct GoReplacement {
  std::string path, version;  // what is replaced; an empty version means all of them
  GoModuleVersion by;         // an empty version means a folder
};

struct GoMod {
  std::string module;  // empty when the line is missing
  std::string go;      // language version, "1.21"; empty in old modules
  std::vector<GoModuleVersion> require;
  std::vector<GoReplacement> replace;
};

struct GoWork {
  std::vector<std::string> use;  // folders as written
  std::vector<GoReplacement> replace;
};

// Lenient: lines that are not understood are skipped, because go itself judges the file when it runs.
[[nodiscard]] GoMod parse_go_mod(std::string_view text);
[[nodiscard]] GoWork parse_go_work(std::string_view text);

// The versions whose content (not only whose go.mod) go.sum vouches for.
[[nodiscard]] std::vector<GoModuleVersion> parse_go_sum(std::string_view text);

// Order of semantic versions: negative, 0 or positive.
[[nodiscard]] int compare_go_versions(std::string_view a, std::string_view b);

// The module path as it is spelled in the module cache: upper-case letters become '!' and the lower-case one.
[[nodiscard]] std::string escape_module_path(std::string_view path);

}  // namespace rh::adapters
