// The export formats, in the order of the help.
#include "profiles/export/exporter.h"

namespace rh::profiles {

const std::vector<Exporter>& exporters() {
  static const std::vector<Exporter> rows{
      {"collapsed", "--collapsed", "profile.collapsed.txt", "stacks as lines, root first, with a count of samples",
       "flamegraph.pl, inferno, speedscope", write_collapsed},
      {"speedscope", "--speedscope", "profile.speedscope.json", "speedscope's own format, one profile per thread",
       "https://www.speedscope.app", write_speedscope},
      {"pprof", "--pprof", "profile.pb.gz", "gzip'd pprof protobuf with CPU and wall time, labels pid and thread",
       "go tool pprof, Grafana Pyroscope, speedscope", write_pprof},
      {"firefox", "--firefox", "profile.firefox.json", "processed profile of the Firefox Profiler",
       "https://profiler.firefox.com", write_firefox},
      {"chrome", "--chrome", "profile.trace.json", "Trace Event Format",
       "Chrome DevTools (Performance), https://ui.perfetto.dev, speedscope", write_chrome_trace},
  };
  return rows;
}

const Exporter* find_exporter(std::string_view name) {
  for (const Exporter& row : exporters())
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace rh::profiles
