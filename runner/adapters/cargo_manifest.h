// What a Cargo.toml says about packages, workspaces and targets without the usual test harness.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::adapters {

struct CargoManifest {
  bool has_package = false;
  bool has_workspace = false;
  std::map<std::string, std::string> package;            // text keys of [package]; authors joined by ':'
  std::set<std::string> inherited;                       // keys of [package] that say `workspace = true`
  std::map<std::string, std::string> workspace_package;  // [workspace.package]
  std::vector<std::string> members, exclude;
  std::vector<std::string> path_dependencies;  // folders as written, of all kinds of dependencies
  bool external_dependencies = false;          // from a registry or by git
  std::set<std::string> without_harness;       // "test/name", "bench/name", "lib/name"...

  [[nodiscard]] std::string name() const;
  // The value of a [package] key, taken from the workspace where it is inherited.
  [[nodiscard]] std::string value(const std::string& key, const CargoManifest& workspace) const;
};

// `subject` names the file in errors, which say line and column: "Cargo.toml:3:5".
[[nodiscard]] Result<CargoManifest> parse_cargo_manifest(std::string_view text, const std::string& subject);

struct LockedPackage {
  std::string name, version, source;  // source: "registry+https://...", "git+https://...#rev"; empty for members
};

[[nodiscard]] std::vector<LockedPackage> parse_cargo_lock(std::string_view text);

// The value of `channel` in a rust-toolchain.toml, or of the one-line rust-toolchain file. Empty when
// the file names a folder: rustup would run programs from there.
[[nodiscard]] std::string parse_toolchain_channel(std::string_view text);

}  // namespace rh::adapters
