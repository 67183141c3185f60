// How carefully a task is worked on, by a score of its context between 0 and 1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::agent {

struct Strategy {
  std::string name;  // "advanced" above 0.8, "standard" above 0.5, else "basic"
  bool preprocessing = false, cleaning = false;
  std::string advice;  // for the prompt
};

[[nodiscard]] Strategy strategy_of(double score);
// The number under "score", "confidence", "data_quality", "quality_score" or "quality" of a JSON object.
[[nodiscard]] std::optional<double> score_of(std::string_view context_json);
// One line for a prompt; empty: the context has no score.
[[nodiscard]] std::string strategy_hint(std::string_view context_json);

}  // namespace rh::agent
