// Short forms for tests of coverage readers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "collectors/coverage/merge.h"
#include "collectors/coverage/reader.h"

namespace rh::collectors {

using model::BranchHits;
using model::CoverageFile;
using model::FunctionHits;
using model::LineHits;
using model::Ratio;

inline bool has_code(const CoverageData& data, std::string_view code) {
  return std::any_of(data.diagnostics.begin(), data.diagnostics.end(), [&](const auto& d) { return d.code == code; });
}

// The value of a reader that must succeed.
inline CoverageData must(Result<CoverageData> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return result ? *std::move(result) : CoverageData{};
}

}  // namespace rh::collectors
