// Curves and named spans of a profile as the page draws them: no more points than a wide screen shows, peaks kept.
#pragma once

#include <vector>

#include "reporters/json/writer.h"
#include "runner/model/profile.h"

namespace rh::reporters {

// "timeline":{"time_ns":{numbers},"cpu_ns":...,"rss_bytes":...,"pss_bytes":...,"processes":...,"threads":...}; PSS
// that was not read is null.
void write_timeline(JsonWriter& writer, const model::ProfileTimeline& timeline);
// "spans":{"names":[...],"kinds":{dictionary},"process":{numbers},"tid":...,"start_ns":...,"wall_ns":...,
// "left_out":n}, ordered by start.
void write_spans(JsonWriter& writer, const std::vector<model::ProfileSpan>& spans);

}  // namespace rh::reporters
