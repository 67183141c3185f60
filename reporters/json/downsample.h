// Reduces a time series to what a chart can show without losing its peaks.
#pragma once

#include <cstddef>

#include "runner/model/samples.h"

namespace rh::reporters {

constexpr std::size_t kMaxReportedSamples = 1000;

// Cuts the series into at most `max_points` parts of nearly equal length. A part becomes its last
// point, with the largest memory, process and thread count in the part; the first point is kept.
[[nodiscard]] model::SampleSeries downsample(const model::SampleSeries& series,
                                             std::size_t max_points = kMaxReportedSamples);

}  // namespace rh::reporters
