// A folder with a root file system, such as an unpacked image: where the tools of a language are in it. Links are
// followed as they are inside, where /bin/sh may lead to /bin/busybox; nothing of it is started to be asked.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

// Folders of `root` as they are called inside, that programs of its tools lie in: /usr/local/bin, /usr/bin, /bin, and
// where official images keep go, cargo, rust and java.
[[nodiscard]] std::vector<std::filesystem::path> program_folders_of_root(const std::filesystem::path& root);

// As it is called inside: where it was found, and what that leads to when all links are followed.
struct RootProgram {
  std::filesystem::path path, real;
};

// Errors: `root` is no root file system, or has no such program.
[[nodiscard]] Result<RootProgram> program_of_root(const std::filesystem::path& root, std::string_view program);

}  // namespace rh::agent
