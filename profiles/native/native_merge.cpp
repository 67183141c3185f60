#include "profiles/native/native_merge.h"

#include <fmt/format.h>

#include <algorithm>

namespace rh::profiles::native {
namespace {

using model::kNoIndex;

}  // namespace

bool runs_python(std::string_view function) {
  // CPython 3.14 built with tail calls has a function for each instruction.
  return function.starts_with("_PyEval_EvalFrame") || function.starts_with("PyEval_EvalFrame") ||
         function.starts_with("_TAIL_CALL_");
}

void NativeMerge::index_samples() {
  const model::Profile& profile = builder_.profile();
  changed_.assign(profile.samples.stack.size(), false);
  for (std::uint32_t i = 0; i < profile.samples.stack.size(); ++i) {
    const model::ProfileThread& thread = profile.threads[profile.samples.thread[i]];
    if (profile.processes[thread.process].profiler == kProfilerName) continue;
    samples_[{thread.process, thread.tid}].push_back(i);
  }
  for (auto& [thread, samples] : samples_)
    std::stable_sort(samples.begin(), samples.end(), [&](std::uint32_t a, std::uint32_t b) {
      return profile.samples.time_ns[a] < profile.samples.time_ns[b];
    });
}

bool NativeMerge::is_mark(std::uint32_t stack) const {
  const model::StackNode& node = builder_.profile().stacks[stack];
  return node.parent == kNoIndex && builder_.profile().frames[node.frame].kind == model::FrameKind::runtime;
}

std::vector<NamedFrame> NativeMerge::called_frames(std::uint32_t raw, bool all, bool& interpreter) {
  std::vector<NamedFrame> frames;  // leaf first while it is filled
  for (std::uint32_t at = raw; at != kNoStack; at = tasks_.stacks().node(at).parent) {
    const std::vector<NamedFrame>& here = results_.symbols().frames_at(tasks_.stacks().node(at).at);
    for (auto frame = here.rbegin(); frame != here.rend(); ++frame) {
      if (runs_python(frame->frame.name)) {
        // Functions of the evaluator that are inlined into it are the evaluator.
        interpreter = true;
        std::reverse(frames.begin(), frames.end());
        return frames;
      }
      frames.push_back(*frame);
    }
  }
  if (!all) return {};
  std::reverse(frames.begin(), frames.end());
  return frames;
}

void NativeMerge::join(const RawSample& sample, std::uint32_t at) {
  model::ProfileSamples& samples = builder_.profile().samples;
  if (changed_[at] || samples.stack[at] == kNoIndex) return;
  bool interpreter = false;
  const auto frames = called_frames(sample.stack, is_mark(samples.stack[at]), interpreter);
  if (frames.empty()) {
    ++(interpreter ? joined_.interpreter : joined_.alone);
    return;
  }
  std::uint32_t stack = samples.stack[at];
  for (const NamedFrame& named : frames) stack = builder_.stack(stack, builder_.frame(named.frame), named.line);
  samples.stack[at] = stack;
  changed_[at] = true;
  ++joined_.joined;
}

void NativeMerge::merge_thread(const RawThread& thread, const std::vector<std::uint32_t>& indices) {
  const model::ProfileSamples& samples = builder_.profile().samples;
  std::vector<std::uint32_t> stacks;  // as they were: joining changes them
  stacks.reserve(indices.size());
  for (const std::uint32_t at : indices) stacks.push_back(samples.stack[at]);
  std::size_t next = 0;  // the first sample of the interpreter after the native one
  for (const RawSample& sample : thread.samples) {
    const std::int64_t time = sample.time_ns - builder_.started_ns();
    while (next < indices.size() && samples.time_ns[indices[next]] < time) ++next;
    ++joined_.native;
    if (next == 0 || next == indices.size() || sample.stack == kNoStack) {
      ++joined_.alone;
      continue;
    }
    const std::int64_t before = time - samples.time_ns[indices[next - 1]];
    const std::int64_t after = samples.time_ns[indices[next]] - time;
    if (before + after > 3 * run_.period_ns) {
      ++joined_.alone;
    } else if (stacks[next - 1] != stacks[next]) {
      ++joined_.moved;
    } else {
      // The later one stands for the time in which the native one was taken, if it has CPU time to stand for.
      join(sample, samples.cpu_ns[indices[next]] > 0 ? indices[next] : indices[next - 1]);
    }
  }
}

void NativeMerge::say() const {
  if (joined_.native == 0) return;
  const auto percent = [&](std::uint64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(joined_.native);
  };
  builder_.say(
      model::Severity::info, "native-frames-joined",
      fmt::format("of {} native samples of interpreted programs {:.1f} % were joined to a stack, {:.1f} % were "
                  "the interpreter itself, {:.1f} % fell between two different stacks and were left out, "
                  "{:.1f} % had no stack beside them",
                  joined_.native, percent(joined_.joined), percent(joined_.interpreter), percent(joined_.moved),
                  percent(joined_.alone)));
}

void NativeMerge::merge() {
  index_samples();
  for (const RawThread& thread : tasks_.threads()) {
    const std::uint32_t process = results_.processes()[thread.process];
    if (process == kNoIndex || builder_.process(process).profiler == kProfilerName) continue;
    const auto samples = samples_.find({process, thread.tid});
    if (samples != samples_.end()) merge_thread(thread, samples->second);
  }
  say();
}

}  // namespace rh::profiles::native
