// The parts of .cargo/config.toml that cargo itself would apply to test programs, and that a run of
// those programs without cargo, or with instrumentation, has to apply in its place.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/model/command.h"

namespace rh::adapters {

struct CargoConfig {
  struct Variable {
    std::string value;
    bool force = false;  // wins over the caller's variable
  };
  std::map<std::string, Variable> env;
  std::vector<std::string> build_rustflags, target_rustflags;
  std::filesystem::path target_dir;  // absolute; empty when not set
  bool target_dir_of_repository = false;
  bool replaces_sources = false;  // vendored dependencies: nothing to download
};

// Reads the files of `folder` and its parents up to `top`, then CARGO_HOME; the nearest one wins, lists are
// joined. A damaged file is skipped, because cargo names it when it runs.
[[nodiscard]] CargoConfig read_cargo_config(std::filesystem::path folder, const std::filesystem::path& top,
                                            const std::filesystem::path& cargo_home, const std::string& host_triple);

// The flags that the caller or the configuration gives rustc, in cargo's order of precedence.
[[nodiscard]] std::vector<std::string> user_rustflags(const CargoConfig& config, const model::Environment& environment);

}  // namespace rh::adapters
