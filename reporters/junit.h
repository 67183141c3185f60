// The bound of junit.xml, apart from its rendering, so that tests can reach it with small reports.
#pragma once

#include <cstddef>
#include <string>

#include "runner/model/report.h"

namespace rh::reporters {

// Texts of tests are cut, those of passed tests first, until the document fits into max_bytes. Test
// cases and messages always stay, so a run of very many tests may still be larger.
[[nodiscard]] std::string junit_within(const model::RunReport& report, std::size_t max_bytes);

}  // namespace rh::reporters
