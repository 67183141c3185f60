// What `doctor` finds: the isolation mechanisms of this host, the toolchains on it, and whether the
// presets keep their promises here.
#pragma once

#include <string>
#include <vector>

#include "runner/model/isolation.h"
#include "runner/model/suite.h"

namespace rh::model {

enum class SurveyState {
  works,
  partly,  // a weaker means takes its place, or it covers less than it could
  missing,
};

struct SurveyRow {
  std::string mechanism;
  SurveyState state = SurveyState::missing;
  std::string by;                      // what is used: "cgroup v2 memory.max"
  std::string reason;                  // why not, or what is not covered
  std::vector<std::string> remedy;     // shell commands, one a line; what is no command is a comment
  std::vector<std::string> needed_by;  // presets that lose a promise without it
};

struct HostSurvey {
  std::string kernel;     // release
  std::string runner;     // "root", "uid 1000"
  std::string container;  // "docker", "podman"...; empty: none was noticed
  std::vector<SurveyRow> rows;
};

// A sandbox of that preset was set up for a trial.
struct PresetFinding {
  std::string name;
  std::vector<IsolationRow> missing;  // what is not enforced; empty: every promise is kept
  std::string problem;                // the trial itself failed
  [[nodiscard]] bool enforceable() const { return missing.empty() && problem.empty(); }
};

struct DoctorReport {
  HostSurvey host;
  std::vector<Tool> tools;
  std::vector<PresetFinding> presets;
};

}  // namespace rh::model
