// Fills a model::Profile: every frame and stack gets one index however often it is seen. Not thread-safe:
// recorders call it from the one thread that samples.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runner/model/profile.h"

namespace rh::profiles {

struct Sample {
  std::int64_t time_ns = 0;  // since the start of the profile
  std::uint32_t thread = 0;
  std::uint32_t stack = model::kNoIndex;
  std::int64_t wall_ns = 0, cpu_ns = 0;
  std::uint8_t state = 0;  // model::SampleState bits
};

class ProfileBuilder {
 public:
  // `started_ns` on CLOCK_MONOTONIC is time zero of the profile.
  explicit ProfileBuilder(std::int64_t started_ns);

  [[nodiscard]] std::uint32_t add_process(model::ProfileProcess process);
  [[nodiscard]] std::uint32_t add_thread(model::ProfileThread thread);
  // The index of the frame or node, made if it is new.
  [[nodiscard]] std::uint32_t frame(const model::ProfileFrame& frame);
  [[nodiscard]] std::uint32_t stack(std::uint32_t parent, std::uint32_t frame, std::uint32_t line);
  // Wall and CPU time above 4.2 s are split into several samples.
  void add(const Sample& sample);
  void add_span(model::ProfileSpan span) { profile_.spans.push_back(std::move(span)); }
  void say(model::Severity severity, std::string_view code, std::string message, std::string subject = {});

  [[nodiscard]] model::Profile& profile() { return profile_; }
  [[nodiscard]] model::ProfileProcess& process(std::uint32_t index) { return profile_.processes.at(index); }
  [[nodiscard]] std::int64_t started_ns() const { return profile_.started_ns; }
  // The samples ordered by time within each thread; the builder is empty afterwards.
  [[nodiscard]] model::Profile take();

 private:
  struct FrameHash {
    std::size_t operator()(const model::ProfileFrame& frame) const;
  };
  struct NodeHash {
    std::size_t operator()(const model::StackNode& node) const;
  };
  model::Profile profile_;
  std::unordered_map<model::ProfileFrame, std::uint32_t, FrameHash> frames_;
  std::unordered_map<model::StackNode, std::uint32_t, NodeHash> stacks_;
};

}  // namespace rh::profiles
