// A prompt over a session: lines are read until they are whole, run, and answered. Ctrl-C ends the code that runs, or
// forgets the lines typed so far; the end of the input ends the prompt.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/language.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] ToolAnswer run_repl(Service& service, const CallContext& context, const nlohmann::json& arguments);

// Are these lines whole, or does what they begin go on? An empty line ends an indented block.
[[nodiscard]] bool is_whole(Language language, std::string_view lines);

}  // namespace rh::agent
