// The structured result of a run, and whether it is of the type that was asked for.
#pragma once

#include "runner/agent/exec/record.h"
#include "runner/agent/exec/work_folder.h"

namespace rh::agent {

constexpr std::uint64_t kMaxResultBytes = 1 << 20;

// From the file that the code left; a file that is no JSON is named in the record's diagnostics.
void read_result(const WorkFolder& folder, ExecutionRecord& record);

// Request::expected: "number", "integer", "json", "object", "array", "string", "boolean", "none"; empty: anything.
// Where the code gave no result its output is what is judged, as a whole. A mismatch is the record's error; the output
// stays.
void check_expected(ExecutionRecord& record);
[[nodiscard]] bool is_expected_type(std::string_view name);

}  // namespace rh::agent
