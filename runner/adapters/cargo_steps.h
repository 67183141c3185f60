// The commands of a cargo suite: download, build, one step for each test program and each crate's
// documentation tests, and the export of coverage.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/adapters/cargo_arguments.h"
#include "runner/adapters/cargo_config.h"
#include "runner/adapters/cargo_manifest.h"
#include "runner/adapters/cargo_messages.h"
#include "runner/adapters/cargo_toolchain.h"

namespace rh::adapters {

class CargoSteps {
 public:
  CargoSteps(const model::Suite& suite, const StepContext& context);

  [[nodiscard]] Result<std::vector<model::Step>> first() const;
  // `messages` is what the build step printed.
  [[nodiscard]] Result<std::vector<model::Step>> after_build(std::string_view messages) const;
  // Why who tests what cannot be measured, and why tests cannot be left out; empty: they can.
  [[nodiscard]] std::string map_problem() const;
  [[nodiscard]] std::string selection_problem() const;

 private:
  [[nodiscard]] model::Step base_step(model::StepKind kind) const;
  [[nodiscard]] Result<bool> needs_download() const;
  [[nodiscard]] Result<model::Step> download_step() const;
  [[nodiscard]] model::Step build_step() const;
  [[nodiscard]] model::Step program_step(const CargoBuild& build, const CargoArtifact& program) const;
  [[nodiscard]] model::Step doctest_step(const std::string& package, const std::string& specification) const;
  [[nodiscard]] model::Step coverage_step(const CargoBuild& build, const std::vector<CargoArtifact>& programs) const;
  // Name -> specification for `--package`.
  [[nodiscard]] std::map<std::string, std::string> doctested_packages(const CargoBuild& build) const;
  [[nodiscard]] CargoManifest manifest_of(const std::filesystem::path& file) const;
  [[nodiscard]] std::vector<std::string> cargo_argv(std::vector<std::string> command) const;
  // `product_only`: without the tests' own folders.
  [[nodiscard]] std::string ignored_sources(const CargoBuild& build, bool product_only) const;
  [[nodiscard]] bool has_own_harness(const CargoArtifact& program) const;
  // Runs each test of a program alone; `base` is the step that runs all of them.
  [[nodiscard]] Result<model::Step> lines_step(const model::Step& base, const CargoBuild& build,
                                               const CargoArtifact& program) const;
  void leave_out(model::Step& step) const;
  [[nodiscard]] std::string library_path(const CargoBuild& build, const CargoArtifact& program) const;
  void add_program_environment(model::Environment& env, const CargoBuild& build, const CargoArtifact& program) const;
  void add_instrumentation(model::Step& step, const std::string& profile_name) const;
  void add_compiler(model::Step& step) const;

  const model::Suite& suite_;
  const StepContext& context_;
  CargoFolders folders_;
  CargoConfig config_;
  CargoTestArguments arguments_;
  LlvmTools llvm_;
  bool coverage_ = false;
  std::filesystem::path outer_target_;  // the target folder when it lies outside of the repository
  bool private_target_;  // one in the cache is used instead: the repository itself must not open a folder to its tests
};

}  // namespace rh::adapters
