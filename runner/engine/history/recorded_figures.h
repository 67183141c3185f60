// The figures of a run in the form in which the history keeps them, so that those of a new run and stored
// ones can be compared: times of tests in whole microseconds, memory of tests in whole KiB.
#pragma once

#include <cstdint>
#include <optional>

#include "runner/model/report.h"

namespace rh::engine {

struct SuiteFigures {
  std::optional<std::int64_t> wall_ns, cpu_ns, peak_bytes;
};

// What the test steps took together; preparing and building depend on caches. A figure that one of the steps
// lacks is not known.
[[nodiscard]] SuiteFigures recorded_figures(const model::SuiteReport& suite);

struct TestFigures {
  std::optional<std::int64_t> wall_us, cpu_us, peak_kib;
};

// Of the last attempt.
[[nodiscard]] TestFigures recorded_figures(const model::TestRecord& record);

// Which part of a suite the run was asked for: two runs of different parts take different times. What is
// affected by a change is another part each time.
[[nodiscard]] std::string selection_of(const model::RunReport& report, const model::SuiteReport& suite);

// Whether only a part of the suites or tests was asked for, or the run ended before all had their turn: its
// totals are no measure for another run.
[[nodiscard]] bool is_partial(const model::RunReport& report);

}  // namespace rh::engine
