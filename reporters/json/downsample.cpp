#include "reporters/json/downsample.h"

#include <algorithm>

namespace rh::reporters {
namespace {

// Columns of a damaged file may be shorter than the time column; what is missing stays missing.
template <class Value>
Value largest(const std::vector<Value>& column, std::size_t begin, std::size_t end) {
  return *std::max_element(column.begin() + static_cast<std::ptrdiff_t>(begin),
                           column.begin() + static_cast<std::ptrdiff_t>(end));
}

std::size_t length_of(const model::SampleSeries& series) {
  return std::min({series.t_ns.size(), series.cpu_ns.size(), series.rss_bytes.size(), series.processes.size(),
                   series.threads.size()});
}

}  // namespace

model::SampleSeries downsample(const model::SampleSeries& series, std::size_t max_points) {
  const std::size_t length = length_of(series);
  const std::size_t points = std::min(length, max_points);
  model::SampleSeries reduced{.suite = series.suite,
                              .cadence = series.cadence,
                              .t_ns = {},
                              .cpu_ns = {},
                              .rss_bytes = {},
                              .processes = {},
                              .threads = {},
                              .memory_source = series.memory_source,
                              .cpu_source = series.cpu_source,
                              .gaps = series.gaps};
  // The first point is a part of its own: CPU time is measured from it.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t end = points == 1 ? length : 1 + (length - 1) * i / (points - 1);
    reduced.t_ns.push_back(series.t_ns[end - 1]);
    reduced.cpu_ns.push_back(series.cpu_ns[end - 1]);
    reduced.rss_bytes.push_back(largest(series.rss_bytes, begin, end));
    reduced.processes.push_back(largest(series.processes, begin, end));
    reduced.threads.push_back(largest(series.threads, begin, end));
    begin = end;
  }
  return reduced;
}

}  // namespace rh::reporters
