// Runs one suite from its first step to its verdict and logs everything on the way.
#pragma once

#include "runner/engine/run_context.h"
#include "runner/model/report.h"

namespace rh::engine {

// `number` is the suite's place in the plan: it names its folder in the run directory.
void run_suite(RunContext& context, model::Suite suite, const adapters::Adapter& adapter, std::size_t number);

// "packages/web:vitest" -> "packages-web-vitest": a file name, unique together with the number.
[[nodiscard]] std::string slug_of(const model::SuiteId& id);

}  // namespace rh::engine
