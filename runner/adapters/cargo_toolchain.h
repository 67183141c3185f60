// Cargo, rustc and the LLVM tools that fit rustc: where they are and how to ask them.
#pragma once

#include <filesystem>
#include <string>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

struct CargoFolders {
  std::filesystem::path cargo_home, rustup_home;
};

[[nodiscard]] CargoFolders cargo_folders(const Host& host);

// Fills the tool's version and, in the suite's details, host triple, sysroot and LLVM version. The helpers run
// outside the repository: its rust-toolchain file takes part by the name of its channel only.
void probe_rust(model::Suite& suite, const Host& host);

struct LlvmTools {
  std::filesystem::path profdata, cov;
  std::string problem;  // why there are none, and what to install
};

// Profiles can be read by the LLVM that rustc was built with, and newer ones: rustup's component in the sysroot,
// else the distribution's tools of the same major version.
[[nodiscard]] LlvmTools find_llvm_tools(const model::Suite& suite, const Host& host);

}  // namespace rh::adapters
