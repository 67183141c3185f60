// The texts of covered files, for reports that show them beside their hits. They are no part of a run: they are read
// from the repository when a report is made, and only where the file is still the one that was measured.
#pragma once

#include <cstdint>
#include <vector>

#include "runner/base/redact.h"
#include "runner/model/report.h"

namespace rh::engine {

constexpr std::uint64_t kMaxSourceBytes = 1U << 20;        // of one file
constexpr std::uint64_t kMaxAllSourceBytes = 64ULL << 20;  // of all of them; what comes later has its reason

// One entry for each covered file of the report: its text without secrets, or why there is none. `secrets` may be null.
[[nodiscard]] std::vector<model::SourceText> read_source_texts(const model::RunReport& report, const Secrets* secrets);

}  // namespace rh::engine
