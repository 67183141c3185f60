// Gathers what the survey of a host is made from: reads files, makes and removes one set of control
// groups, and starts one command.
#pragma once

#include "sandbox/launch_engine.h"
#include "sandbox/survey.h"

namespace rh::sandbox {

[[nodiscard]] SurveyFacts gather_facts(const Host& host, LaunchEngine& engine);

}  // namespace rh::sandbox
