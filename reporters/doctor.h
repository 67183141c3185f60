// The two forms of what `doctor` finds: for scripts, and for the person at the terminal.
#pragma once

#include <string>
#include <string_view>

#include "reporters/reporter.h"
#include "runner/model/host_survey.h"

namespace rh::reporters {

// Format: docs/formats/doctor.md.
[[nodiscard]] std::string doctor_to_json(const model::DoctorReport& report);
[[nodiscard]] std::string doctor_to_text(const model::DoctorReport& report, const TerminalOptions& options);

[[nodiscard]] std::string_view name_of(model::SurveyState state);
// Whether a run with that preset keeps every promise on this host.
[[nodiscard]] bool keeps_preset(const model::DoctorReport& report, std::string_view preset);

}  // namespace rh::reporters
