// Reads what `cargo test --no-run --message-format=json` prints: the test programs that it built.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/command.h"

namespace rh::adapters {

struct CargoArtifact {
  std::string package_id;            // "path+file:///r/calc#0.1.0"
  std::filesystem::path manifest;    // absolute path of the package's Cargo.toml
  std::string kind;                  // "lib", "bin", "test", "bench", "example", "proc-macro", "custom-build"
  std::string name;                  // of the target
  std::filesystem::path source;      // absolute
  std::filesystem::path executable;  // empty: not a program
  bool is_test = false;              // built with the test harness (or the target's own)
  bool doctest = false;              // the target's documentation can hold tests
};

struct CargoBuild {
  std::vector<CargoArtifact> artifacts;
  std::map<std::string, model::Environment> script_env;  // package id -> OUT_DIR and what its build script set
  std::vector<std::string> library_folders;              // where build scripts told the linker to look
  bool finished = false;                                 // the last message came
  bool success = false;
};

// Lines that are no JSON objects are skipped.
[[nodiscard]] CargoBuild parse_cargo_messages(std::string_view text);

}  // namespace rh::adapters
