// The tests of a results file as records, for reports and for rules about single tests; and the suite that
// stands for the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/summary.h"
#include "runner/engine/registry.h"
#include "runner/model/report.h"

namespace rh::engine {

// Its counts, its verdict, and records of the tests that failed.
[[nodiscard]] model::SuiteReport suite_of(const collectors::ResultsSummary& summary, const std::string& shown);

// A record of every test. `head`: the first bytes, which tell the format; none of a format that is not read.
[[nodiscard]] Result<std::vector<model::TestRecord>> read_records(collectors::ByteSource& source,
                                                                  const std::string& shown, const model::SuiteId& suite,
                                                                  std::string_view head, const Registry& registry);

// Records of the same test in the same element that follow one another, all but the last of them failed and the last
// one passed, become attempts of one test. Everything else that repeats stays as it is. `elements`: one for each
// record, equal for siblings.
[[nodiscard]] std::vector<model::TestRecord> fold_retries(std::vector<model::TestRecord> records,
                                                          const std::vector<std::string>& elements);

}  // namespace rh::engine
