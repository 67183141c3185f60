// A notebook of an execution, for review: code, output, result, figures and error, as nbformat 4.5. Every execution has
// one if it is asked for, also one that failed, was blocked or waits for an approval.
#pragma once

#include <filesystem>
#include <string>

#include "runner/agent/exec/record.h"
#include "runner/base/result.h"

namespace rh::agent {

constexpr std::uint64_t kMaxFigureBytes = 16ULL << 20;

// The document. Figures are read from the record's artifacts; one that cannot be is named in its place.
[[nodiscard]] std::string notebook_of(const ExecutionRecord& record);
// Writes it, and gives back its path.
[[nodiscard]] Result<std::filesystem::path> write_notebook(const ExecutionRecord& record,
                                                           const std::filesystem::path& file);

// The name of the kernel for a record: that of its access mode, else of its language.
[[nodiscard]] std::string kernel_name_of(const ExecutionRecord& record);

}  // namespace rh::agent
