// Pairs of code and what came of it, from any answer that has several steps: a record, a batch, a pipeline, a notebook,
// or the steps of a provider's own interpreter.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace rh::agent {

constexpr std::size_t kMaxExtracted = 10'000;

// [{input, output, error, success, files}], in order; empty: there is no code in it.
[[nodiscard]] nlohmann::json extract_results(const nlohmann::json& answer);

}  // namespace rh::agent
