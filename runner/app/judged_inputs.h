// What `gate`, `merge` and `baseline` share: settings for results from anywhere, the repository around them where
// there is one, and the report that they make together.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/app/options.h"
#include "runner/app/workspace.h"
#include "runner/engine/gate/gather.h"
#include "runner/engine/gate/rule.h"
#include "runner/engine/outcome.h"
#include "runner/model/repository.h"

namespace rh::app {

struct JudgedInputs {
  engine::MachineHost host;
  ResolvedSettings settings;
  std::filesystem::path here;
  std::filesystem::path root;                   // of the git work tree, else `here`
  std::optional<model::Repository> repository;  // absent outside of a work tree
  engine::Gathered gathered;
  bool stored = false;  // a stored run, because no file was named
};

enum class WithoutFiles { latest_run, nothing };

// Reads the settings, and then what `words` name; without words the latest stored run.
[[nodiscard]] Result<JudgedInputs> read_inputs(const CommandLine& line, std::vector<std::string> words,
                                               WithoutFiles without);

// Writes the reports that the caller asked for; false when one could not be written, which is said.
[[nodiscard]] bool write_asked_reports(const model::RunReport& report,
                                       const std::vector<engine::ReportTarget>& targets);

// Writes and prints the judged report as the caller asked for it; the exit code.
[[nodiscard]] Result<int> tell_judged(const CommandLine& line, JudgedInputs& inputs, const engine::RunOutcome& outcome);

}  // namespace rh::app
