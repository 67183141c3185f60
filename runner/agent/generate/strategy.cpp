#include "runner/agent/generate/strategy.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace rh::agent {

Strategy strategy_of(double score) {
  if (score > 0.8) return {"advanced", false, false, "The data is good: use advanced methods on it as it is."};
  if (score > 0.5) return {"standard", true, false, "Use standard methods, and preprocess the data first."};
  return {"basic", false, true, "The data is poor: clean it first, and use basic, robust methods."};
}

std::optional<double> score_of(std::string_view context_json) {
  const auto context = nlohmann::json::parse(context_json, nullptr, false);
  if (!context.is_object()) return std::nullopt;
  for (const char* name : {"score", "confidence", "data_quality", "quality_score", "quality"})
    if (context.contains(name) && context[name].is_number()) return context[name].get<double>();
  return std::nullopt;
}

std::string strategy_hint(std::string_view context_json) {
  const auto score = score_of(context_json);
  return score ? strategy_of(*score).advice + "\n" : std::string();
}

}  // namespace rh::agent
