// A running interpreter with a sampler on it, ticked by the test.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "profiles/profile_builder.h"
#include "profiles/python/py_sampler.h"

namespace rh::profiles::python {

inline constexpr auto kPatienceLimit = std::chrono::seconds(60);  // only a hang takes so long

// One sampled process.
class Sampled {
 public:
  explicit Sampled(int pid) : builder_(0), profiler_(make_py_sampler({}, builder_)) {
    model::ProfileProcess process;
    process.pid = pid;
    ProcessImage image;
    image.pid = pid;
    image.process = builder_.add_process(std::move(process));
    image.executable = "/proc/" + std::to_string(pid) + "/exe";
    sampler_ = profiler_->adopt(image);
  }

  TickOutcome tick() {
    ++ticks_;
    last_ = sampler_->tick({ticks_ * 1'000'000, 1'000'000});
    return last_;
  }
  // The stacks of the threads that have Python frames, root first: "name:line;name:line".
  std::multiset<std::string> stacks() {
    std::multiset<std::string> all;
    for (const auto& [thread, stack] : sampler_->last_stacks()) all.insert(text_of(stack));
    return all;
  }
  // Ticks until some thread stands where it should; the last stacks seen when it never does.
  std::string until(const std::string& wanted) {
    const auto end = std::chrono::steady_clock::now() + kPatienceLimit;
    std::string seen;
    while (std::chrono::steady_clock::now() < end) {
      if (tick() == TickOutcome::gone) return "the process is gone";
      const auto all = stacks();
      if (all.count(wanted) > 0) return wanted;
      seen = all.empty() ? "no stack" : *all.rbegin();
      std::this_thread::yield();
    }
    return seen;
  }
  std::string text_of(std::uint32_t stack) {
    std::string text;
    const model::Profile& profile = builder_.profile();
    for (; stack != model::kNoIndex; stack = profile.stacks[stack].parent) {
      const model::StackNode& node = profile.stacks[stack];
      const std::string frame = fmt::format("{}:{}", profile.frames[node.frame].name, node.line);
      text = text.empty() ? frame : frame + ";" + text;
    }
    return text;
  }
  [[nodiscard]] bool adopted() const { return sampler_ != nullptr; }
  [[nodiscard]] TickOutcome last() const { return last_; }
  ProfileBuilder& builder() { return builder_; }
  model::Profile finish() {
    sampler_->finish({ticks_ * 1'000'000, 0});
    return builder_.take();
  }

 private:
  ProfileBuilder builder_;
  std::unique_ptr<Profiler> profiler_;
  std::unique_ptr<ProcessSampler> sampler_;
  TickOutcome last_ = TickOutcome::gone;
  std::int64_t ticks_ = 0;
};

}  // namespace rh::profiles::python
