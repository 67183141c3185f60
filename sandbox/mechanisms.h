// The ordered list of isolation mechanisms and what each of them says about one run.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runner/model/isolation.h"
#include "sandbox/launch_plan.h"

namespace rh::sandbox {

struct MechanismContext {
  const LaunchSpec& spec;
  const Host& host;
  const LaunchPlan& plan;
  const std::vector<InitMessage>& degraded;  // what the child could not do
};

struct Mechanism {
  std::string_view name;
  bool core;  // without it the level asked for is not reached
  void (*describe)(const MechanismContext& context, model::IsolationRow& row);
};

[[nodiscard]] std::span<const Mechanism> mechanisms();
[[nodiscard]] model::IsolationReport describe_isolation(const MechanismContext& context);

}  // namespace rh::sandbox
