// The parts of the survey: rows about the command's own privileges and view, rows about control
// groups, and what both need to write remedies.
#pragma once

#include <string>
#include <vector>

#include "sandbox/survey.h"

namespace rh::sandbox {

using SurveyRows = std::vector<model::SurveyRow>;

[[nodiscard]] SurveyRows survey_namespaces(const Host& host, const SurveyFacts& facts);
[[nodiscard]] SurveyRows survey_privileges(const Host& host, const SurveyFacts& facts);
[[nodiscard]] SurveyRows survey_groups(const Host& host, const SurveyFacts& facts);
[[nodiscard]] SurveyRows survey_observation(const Host& host, const SurveyFacts& facts);

[[nodiscard]] inline std::vector<std::string> every_preset() { return {"local", "ci", "strict", "agent"}; }

// A command that needs root, as this caller would write it.
[[nodiscard]] std::string as_root(const SurveyFacts& facts, const std::string& command);
// Puts text into a file that only root may write.
[[nodiscard]] std::string write_as_root(const SurveyFacts& facts, const std::string& text, const std::string& file);
// In a container what concerns the kernel is done on the host around it.
[[nodiscard]] std::vector<std::string> on_host(const SurveyFacts& facts, std::vector<std::string> commands);
// Sets a kernel switch, now and at every start.
[[nodiscard]] std::vector<std::string> set_switch(const SurveyFacts& facts, const std::string& name,
                                                  const std::string& value);
// Adds a parameter to the kernel's command line.
[[nodiscard]] std::vector<std::string> add_boot_parameter(const SurveyFacts& facts, const std::string& parameter);

}  // namespace rh::sandbox
