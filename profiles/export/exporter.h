// Profiles for other tools. Each format is one file and one row of exporters.cpp; options, help and documentation
// come from the rows. The exporters are pure functions of the profile: the same bytes for the same profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/profile.h"

namespace rh::profiles {

struct Exporter {
  std::string_view name;          // "collapsed"
  std::string_view flag;          // "--collapsed"
  std::string_view default_file;  // name in a folder of results
  std::string_view help;          // one line
  std::string_view opened_by;     // the tools that read it
  // The bytes of the file, with the samples of that clock. Indices of the profile are in range.
  Result<std::string> (*write)(const model::Profile& profile, model::ProfileClock clock);
};

[[nodiscard]] const std::vector<Exporter>& exporters();
[[nodiscard]] const Exporter* find_exporter(std::string_view name);

Result<std::string> write_collapsed(const model::Profile& profile, model::ProfileClock clock);
Result<std::string> write_speedscope(const model::Profile& profile, model::ProfileClock clock);
Result<std::string> write_pprof(const model::Profile& profile, model::ProfileClock clock);
Result<std::string> write_firefox(const model::Profile& profile, model::ProfileClock clock);
Result<std::string> write_chrome_trace(const model::Profile& profile, model::ProfileClock clock);

}  // namespace rh::profiles
