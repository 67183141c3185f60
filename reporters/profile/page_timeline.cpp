#include "reporters/profile/page_timeline.h"

#include <algorithm>
#include <numeric>

#include "reporters/page/columns.h"
#include "reporters/page/section.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxPoints = 3000;
constexpr std::size_t kMaxSpans = 20'000;  // the longest
constexpr std::size_t kMaxSpanName = 300;  // bytes
constexpr std::int64_t kSpanUnit = 1000;

void column(JsonWriter& writer, std::string_view name, const NumberColumn& values) {
  writer.key(name);
  values.write(writer);
}

template <class T>
std::int64_t largest(const std::vector<T>& values, std::size_t from, std::size_t to) {
  const T most = *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(from),
                                   values.begin() + static_cast<std::ptrdiff_t>(to));
  return static_cast<std::int64_t>(most);
}

}  // namespace

void write_timeline(JsonWriter& writer, const model::ProfileTimeline& timeline) {
  const std::size_t count = timeline.time_ns.size();
  const std::size_t group = std::max<std::size_t>(1, (count + kMaxPoints - 1) / kMaxPoints);
  NumberColumn times(true), cpu(true), rss(true), pss(true), processes(true), threads(true);
  // CPU time is a sum: its value at the end of a group is exact. Of the others the largest is kept.
  for (std::size_t from = 0; from < count; from += group) {
    const std::size_t to = std::min(count, from + group);
    times.add(timeline.time_ns[to - 1]);
    cpu.add(static_cast<std::int64_t>(timeline.cpu_ns[to - 1]));
    rss.add(largest(timeline.rss_bytes, from, to));
    const std::int64_t shared_once = largest(timeline.pss_bytes, from, to);
    pss.add(shared_once == 0 ? std::nullopt : std::optional<std::int64_t>(shared_once));
    processes.add(largest(timeline.processes, from, to));
    threads.add(largest(timeline.threads, from, to));
  }
  writer.key("timeline");
  writer.open('{');
  column(writer, "time_ns", times);
  column(writer, "cpu_ns", cpu);
  column(writer, "rss_bytes", rss);
  column(writer, "pss_bytes", pss);
  column(writer, "processes", processes);
  column(writer, "threads", threads);
  writer.close('}');
}

void write_spans(JsonWriter& writer, const std::vector<model::ProfileSpan>& spans) {
  std::vector<std::size_t> order(spans.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto wall = [&](std::size_t i) { return spans[i].end_ns - spans[i].start_ns; };
  if (order.size() > kMaxSpans) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wall(a) > wall(b); });
    order.resize(kMaxSpans);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return spans[a].start_ns < spans[b].start_ns; });
  DictionaryColumn kinds;
  NumberColumn processes, tids, starts(true), walls;
  writer.key("spans");
  writer.open('{');
  writer.key("names");
  writer.open('[');
  for (const std::size_t i : order) {
    writer.string(prefix_of(spans[i].name, kMaxSpanName));
    kinds.add(spans[i].kind);
    processes.add(spans[i].process);
    tids.add(spans[i].tid);
    starts.add(spans[i].start_ns / kSpanUnit * kSpanUnit);
    walls.add(wall(i) / kSpanUnit * kSpanUnit);
  }
  writer.close(']');
  writer.key("kinds");
  kinds.write(writer);
  column(writer, "process", processes);
  column(writer, "tid", tids);
  column(writer, "start_ns", starts);
  column(writer, "wall_ns", walls);
  writer.key("left_out");
  writer.number(std::uint64_t{spans.size() - order.size()});
  writer.close('}');
}

}  // namespace rh::reporters
