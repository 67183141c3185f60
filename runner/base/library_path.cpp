#include "runner/base/library_path.h"

#include <algorithm>
#include <array>

namespace rh {
namespace {

struct Place {
  std::string_view folder;  // with its slashes
  std::size_t kept;         // bytes of it that stay, from its end: "site-packages/" says more than nothing
};

// The last of them in a path counts: packages lie inside of standard libraries, and packages inside of packages.
constexpr std::array kPlaces = {
    Place{"/site-packages/", 14}, Place{"/dist-packages/", 14}, Place{"/node_modules/", 13},
    Place{"/go/pkg/mod/", 0},     Place{"/usr/include/", 0},    Place{"/usr/lib/debug/", 0},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ".../lib/python3.11/json/decoder.py": from "python3.11/".
std::string_view python_library(std::string_view file) {
  constexpr std::string_view kFolder = "/lib/python";
  const std::size_t at = file.rfind(kFolder);
  if (at == std::string_view::npos) return {};
  const std::size_t version = at + kFolder.size();
  const std::size_t slash = file.find('/', version);
  if (slash == std::string_view::npos || version >= file.size() || !is_digit(file[version])) return {};
  return file.substr(at + std::string_view("/lib/").size());
}

// "/rustc/HASH/library/core/src/..." is how the compiler names its own sources; crates lie in
// ".cargo/registry/src/INDEX/serde-1.0.0/src/...".
std::string_view rust_library(std::string_view file) {
  if (file.starts_with("/rustc/")) {
    const std::size_t slash = file.find('/', std::string_view("/rustc/").size());
    return slash == std::string_view::npos ? std::string_view{} : file.substr(slash + 1);
  }
  constexpr std::string_view kRegistry = "/registry/src/", kToolchain = "/rustlib/src/rust/";
  if (const std::size_t at = file.rfind(kToolchain); at != std::string_view::npos)
    return file.substr(at + kToolchain.size());
  const std::size_t at = file.rfind(kRegistry);
  if (at == std::string_view::npos || file.find(".cargo") == std::string_view::npos) return {};
  const std::size_t slash = file.find('/', at + kRegistry.size());
  return slash == std::string_view::npos ? std::string_view{} : file.substr(slash + 1);
}

// GOROOT: "/usr/local/go/src/runtime/proc.go", "/usr/lib/go-1.19/src/...".
std::string_view go_library(std::string_view file) {
  for (const std::string_view root : {"/usr/local/go", "/usr/lib/go", "/usr/share/go", "/golang.org/toolchain"}) {
    if (file.find(root) == std::string_view::npos || !(file.ends_with(".go") || file.ends_with(".s"))) continue;
    constexpr std::string_view kSources = "/src/";
    const std::size_t at = file.find(kSources, file.find(root) + root.size());
    if (at != std::string_view::npos) return file.substr(at + kSources.size());
  }
  return {};
}

}  // namespace

std::string_view library_path(std::string_view file) {
  if (file.starts_with("<frozen ") || file.starts_with("node:")) return file;
  // "site-packages/..." without a folder before it is a path inside of the folder that was run in.
  std::size_t best = std::string_view::npos;
  std::string_view part;
  for (const Place& place : kPlaces) {
    std::size_t at = file.rfind(place.folder), end = at + place.folder.size();
    if (at == std::string_view::npos) {
      if (!file.starts_with(place.folder.substr(1)) || place.kept == 0) continue;
      at = 0;
      end = place.folder.size() - 1;
    }
    if (best != std::string_view::npos && at <= best) continue;
    best = at;
    part = file.substr(end - std::min(place.kept, end));
  }
  if (!part.empty()) return part;
  if (part = python_library(file); !part.empty()) return part;
  if (part = rust_library(file); !part.empty()) return part;
  return go_library(file);
}

}  // namespace rh
