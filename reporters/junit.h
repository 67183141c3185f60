// The bound of junit.xml, apart from its rendering, so that tests can reach it with small reports.
#pragma once

#include <cstddef>
#include <string>

#include "runner/model/report.h"

namespace rh::reporters {

// Texts of tests are cut, those of passed tests first, until the document fits into max_bytes; then
// passed tests are left out, then skipped ones, then all but the first failed ones. What is missing is
// said in a property of every suite, and the counts are those of what is there.
[[nodiscard]] std::string junit_within(const model::RunReport& report, std::size_t max_bytes);

}  // namespace rh::reporters
