// Small profiles for the tests of the analysis: stacks are written as lists of function names.
#pragma once

#include <string>
#include <vector>

#include "profiles/profile_builder.h"

namespace rh::profiles {

class MadeProfile {
 public:
  MadeProfile() {
    model::ProfileProcess process;
    process.pid = 10;
    process.profiler = "python";
    (void)builder_.add_process(process);
    (void)add_thread(0, 10);
  }

  std::uint32_t add_thread(std::uint32_t process, int tid) { return builder_.add_thread({process, tid, "thread"}); }

  // Root first. A name may be "name@line"; all are in a.py.
  std::uint32_t stack(const std::vector<std::string>& path, model::FrameKind leaf = model::FrameKind::python) {
    std::uint32_t node = model::kNoIndex;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const std::size_t at = path[i].find('@');
      const std::uint32_t line =
          at == std::string::npos ? 1 : static_cast<std::uint32_t>(std::stoul(path[i].substr(at + 1)));
      const model::FrameKind kind = i + 1 == path.size() ? leaf : model::FrameKind::python;
      node = builder_.stack(node, builder_.frame({path[i].substr(0, at), "/w/a.py", 1, kind, {}}), line);
    }
    return node;
  }

  // One sample at the next tick, or at the same one.
  void sample(std::uint32_t stack, std::int64_t cpu_ns = 1'000'000, std::int64_t wall_ns = 1'000'000,
              std::uint32_t thread = 0, bool same_tick = false) {
    if (!same_tick) now_ += 1'000'000;
    builder_.add({now_, thread, stack, wall_ns, cpu_ns, static_cast<std::uint8_t>(cpu_ns > 0 ? model::kOnCpu : 0)});
  }
  void samples(int count, std::uint32_t stack, std::int64_t cpu_ns = 1'000'000) {
    for (int i = 0; i < count; ++i) sample(stack, cpu_ns);
  }

  ProfileBuilder& builder() { return builder_; }
  model::Profile take() {
    model::Profile profile = builder_.take();
    profile.cwd = "/w";
    profile.rate_hz = 1000;
    return profile;
  }

 private:
  ProfileBuilder builder_{0};
  std::int64_t now_ = 0;
};

}  // namespace rh::profiles
