// The JSON members of the events of a run's log; see fields.h.
#pragma once

#include <array>

#include "reporters/json/fields.h"
#include "runner/model/event.h"

namespace rh::reporters {

// In the order of the alternatives of RunEvent.
inline constexpr auto kEventNames = std::to_array<std::string_view>(
    {"run_started",       "suite_planned",  "suite_started",  "step_started",    "step_finished",      "test_started",
     "test_finished",     "native_counts",  "samples_stored", "coverage_stored", "coverage_file_seen", "suite_finished",
     "diagnostic_raised", "gate_judged",    "run_finished",   "test_map_stored", "test_annotated",     "patch_compared",
     "base_found",        "tests_selected", "step_profiled",  "test_profiled"});
static_assert(kEventNames.size() == std::variant_size_v<model::RunEvent>);

template <class V>
void fields(V& v, Type<model::RunStarted>) {
  v("run", &model::RunStarted::run);
}

template <class V>
void fields(V& v, Type<model::SuitePlanned>) {
  v("suite", &model::SuitePlanned::suite);
}

template <class V>
void fields(V& v, Type<model::SuiteStarted>) {
  using T = model::SuiteStarted;
  v("suite", &T::suite);
  v("tool", &T::tool);
  v.instant("at_ns", &T::at);
}

template <class V>
void fields(V& v, Type<model::StepStarted>) {
  using T = model::StepStarted;
  v("suite", &T::suite);
  v("step", &T::step);
  v("kind", &T::kind);
  v("argv", &T::argv);
  v("cwd", &T::cwd);
  v.instant("at_ns", &T::at);
}

template <class V>
void fields(V& v, Type<model::StepFinished>) {
  v("suite", &model::StepFinished::suite);
  v("step", &model::StepFinished::step);
}

template <class V>
void fields(V& v, Type<model::TestStarted>) {
  using T = model::TestStarted;
  v("suite", &T::suite);
  v("test", &T::test);
  v.instant("at_ns", &T::at);
}

template <class V>
void fields(V& v, Type<model::TestFinished>) {
  using T = model::TestFinished;
  v("suite", &T::suite);
  v("test", &T::test);
  v("attempt", &T::attempt);
  v("rerun_command", &T::rerun_command);
}

template <class V>
void fields(V& v, Type<model::NativeCounts>) {
  v("suite", &model::NativeCounts::suite);
  v("counts", &model::NativeCounts::counts);
}

template <class V>
void fields(V& v, Type<model::SamplesStored>) {
  v("suite", &model::SamplesStored::suite);
  v("file", &model::SamplesStored::file);
}

template <class V>
void fields(V& v, Type<model::CoverageStored>) {
  using T = model::CoverageStored;
  v("suite", &T::suite);
  v("tool", &T::tool);
  v("basis", &T::basis);
  v("reason", &T::reason);
  v("totals", &T::totals);
  v("unresolved", &T::unresolved);
}

template <class V>
void fields(V& v, Type<model::CoverageFileSeen>) {
  v("suite", &model::CoverageFileSeen::suite);
  v("file", &model::CoverageFileSeen::file);
}

template <class V>
void fields(V& v, Type<model::SuiteFinished>) {
  using T = model::SuiteFinished;
  v("suite", &T::suite);
  v("status", &T::status);
  v("reason", &T::reason);
  v("wall_ns", &T::wall);
  v("usage", &T::usage);
}

template <class V>
void fields(V& v, Type<model::DiagnosticRaised>) {
  v("diagnostic", &model::DiagnosticRaised::diagnostic);
}

template <class V>
void fields(V& v, Type<model::GateJudged>) {
  v("verdict", &model::GateJudged::verdict);
}

template <class V>
void fields(V& v, Type<model::TestsSelected>) {
  v("suite", &model::TestsSelected::suite);
  v("selection", &model::TestsSelected::selection);
}

template <class V>
void fields(V& v, Type<model::TestMapStored>) {
  v("suite", &model::TestMapStored::suite);
  v("map", &model::TestMapStored::map);
}

template <class V>
void fields(V& v, Type<model::TestAnnotated>) {
  using T = model::TestAnnotated;
  v("suite", &T::suite);
  v("test", &T::test);
  v("past", &T::past);
  v("flake_rate", &T::flake_rate);
  v("quarantine", &T::quarantine);
}

template <class V>
void fields(V& v, Type<model::StepProfiled>) {
  v("suite", &model::StepProfiled::suite);
  v("profile", &model::StepProfiled::profile);
}

template <class V>
void fields(V& v, Type<model::TestProfiled>) {
  using T = model::TestProfiled;
  v("suite", &T::suite);
  v("test", &T::test);
  v("profile", &T::profile);
}

template <class V>
void fields(V& v, Type<model::PatchCompared>) {
  v("patch", &model::PatchCompared::patch);
}

template <class V>
void fields(V& v, Type<model::BaseFound>) {
  v("base", &model::BaseFound::base);
}

template <class V>
void fields(V& v, Type<model::RunFinished>) {
  using T = model::RunFinished;
  v("exit_code", &T::exit_code);
  v("reason", &T::reason);
  v.instant("at_ns", &T::at);
}

}  // namespace rh::reporters
