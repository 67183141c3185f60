// Endpoints that speak the chat completions protocol, by name. Their keys come from the environment and go nowhere but
// to the endpoint.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/agent/config.h"
#include "runner/base/result.h"
#include "runner/model/command.h"

namespace rh::agent {

// The built-in ones and those of the configuration, which replace built-in ones of the same name.
[[nodiscard]] std::vector<Provider> all_providers(const GenerationSettings& settings);
[[nodiscard]] std::optional<Provider> provider_named(const GenerationSettings& settings, std::string_view name);
// "openai, groq, ...": for messages.
[[nodiscard]] std::string provider_list(const GenerationSettings& settings);
// By the name of the call, of the configuration, or the first one whose key is there. A name that is a URL is an
// endpoint of its own. nullopt: none is configured.
[[nodiscard]] std::optional<Provider> chosen_provider(const GenerationSettings& settings, std::string_view name,
                                                      const model::Environment& environment);

}  // namespace rh::agent
