#include "profiles/bash/bash_profiler.h"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "profiles/bash/bash_memory.h"
#include "profiles/thread_cpu.h"

namespace rh::profiles {
namespace {

using model::kNoIndex;

constexpr std::int64_t kSecond = 1'000'000'000;
// Calls nested hundreds deep take long to read: ticks are left out rather than a core kept busy.
constexpr std::int64_t kRestAfterRead = 4;  // times the CPU time of the read

std::optional<std::int64_t> clock_ns(clockid_t clock) {
  timespec used{};
  if (clock_gettime(clock, &used) != 0) return std::nullopt;
  return used.tv_sec * kSecond + used.tv_nsec;
}

// Of the shells that live now, by pid: a fork has its variables where its parent has them.
using KnownAddresses = std::unordered_map<int, bash::BashAddresses>;

class BashSampler : public ProcessSampler {
 public:
  BashSampler(const ProcessImage& image, const bash::BashSymbols& symbols, std::shared_ptr<KnownAddresses> known,
              ProfileBuilder& builder)
      : image_(image), symbols_(symbols), known_(std::move(known)), builder_(builder), memory_(image.pid) {
    if (clock_getcpuclockid(image.pid, &clock_) != 0) clock_ = -1;
    thread_ =
        builder.add_thread({image.process, inner_id(fmt::format("/proc/{}/status", image.pid), image.pid), "bash"});
    const auto parent = known_->find(image.parent_pid);
    if (parent != known_->end() && bash::still_hold(memory_, parent->second))
      begin(bash::BashAddresses(parent->second));
  }

  [[nodiscard]] TickOutcome tick(const Tick& now) override;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> last_stacks() const override {
    if (last_stack_ == kNoIndex) return {};
    return {{thread_, last_stack_}};
  }
  void finish(const Tick&) override {
    add_waiting();
    known_->erase(image_.pid);
    if (reader_) builder_.process(image_.process).quality.retries = reader_->retries();
    if (left_out_ > builder_.process(image_.process).quality.taken)
      builder_.say(model::Severity::info, "bash-read-less-often",
                   fmt::format("reading its nested calls took long: {} ticks were left out, the samples are fewer and "
                               "stand for more time each",
                               left_out_),
                   builder_.process(image_.process).command);
    if (reader_ && truncated_)
      builder_.say(
          model::Severity::info, "bash-stack-cut",
          fmt::format("calls nested deeper than {} are shown without their outermost callers", bash::kMaxFrames),
          builder_.process(image_.process).command);
  }

 private:
  void begin(const bash::BashAddresses& addresses) {
    known_->insert_or_assign(image_.pid, addresses);
    reader_.emplace(memory_, addresses);
  }
  // The interval of a tick is that of the loop; the first one of a process begins with the process.
  [[nodiscard]] std::int64_t wall_since_last(const Tick& now) {
    const std::int64_t from = last_ns_ < 0 ? std::max(now.time_ns - now.interval_ns, start_ns()) : last_ns_;
    last_ns_ = now.time_ns;
    return std::max<std::int64_t>(now.time_ns - from, 0);
  }
  [[nodiscard]] std::int64_t start_ns() const { return builder_.profile().processes[image_.process].start_ns; }
  [[nodiscard]] bool another_program() const {
    std::error_code error;
    const auto now = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", image_.pid), error);
    return error || now != image_.executable;
  }
  [[nodiscard]] std::uint32_t make_stack();
  [[nodiscard]] std::uint32_t leaf_line(const std::vector<bash::BashFrame>& frames);
  void add_waiting();

  ProcessImage image_;
  bash::BashSymbols symbols_;
  std::shared_ptr<KnownAddresses> known_;
  ProfileBuilder& builder_;
  bash::RemoteMemory memory_;
  clockid_t clock_ = -1;
  std::uint32_t thread_ = 0;
  std::optional<bash::StackReader> reader_;
  std::vector<bash::BashFrame> last_frames_;
  std::set<std::pair<std::string, std::uint32_t>> definitions_;  // file and line of functions that were seen
  std::uint32_t last_stack_ = kNoIndex;
  std::int64_t last_ns_ = -1, last_cpu_ns_ = 0;
  std::int64_t waiting_ns_ = 0;  // wall time with the last stack that is not added yet
  std::int64_t next_read_ns_ = 0;
  std::uint64_t left_out_ = 0;  // ticks at which the shell ran and was not read
  bool truncated_ = false;
};

// bash changes its calls and its line one after the other: a function that was just entered still has the line it was
// called from, and one that was just left leaves the line of its definition behind.
std::uint32_t BashSampler::leaf_line(const std::vector<bash::BashFrame>& frames) {
  const bash::BashFrame& leaf = frames.front();
  const std::uint32_t own = reader_->definition_line(leaf.function);
  if (own != 0) definitions_.insert({leaf.file, own});
  if (frames.size() > 1 && own != 0 && leaf.function != frames[1].function && leaf.file == frames[1].file &&
      leaf.line == frames[1].line)
    return own;
  return leaf.line != own && definitions_.count({leaf.file, leaf.line}) > 0 ? 0 : leaf.line;
}

std::uint32_t BashSampler::make_stack() {
  const auto& frames = reader_->frames();
  if (last_stack_ != kNoIndex && frames == last_frames_) return last_stack_;
  std::uint32_t stack = kNoIndex;
  for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
    const bool script = at->function == "main" || at->function == "source";
    model::ProfileFrame frame{
        at->function, at->file, script ? 1 : reader_->definition_line(at->function), model::FrameKind::shell, {}};
    stack = builder_.stack(stack, builder_.frame(frame), at + 1 == frames.rend() ? leaf_line(frames) : at->line);
  }
  last_frames_ = frames;
  truncated_ = truncated_ || reader_->truncated();
  return stack;
}

void BashSampler::add_waiting() {
  if (waiting_ns_ == 0) return;
  builder_.add({last_ns_, thread_, last_stack_, waiting_ns_, 0, 0});
  waiting_ns_ = 0;
}

TickOutcome BashSampler::tick(const Tick& now) {
  // bash runs in one thread: the clock of its process says at once and exactly whether it ran.
  const auto cpu = clock_ns(clock_);
  if (!cpu) return TickOutcome::gone;
  if (!reader_) {
    if (const auto found = bash::locate(memory_, symbols_))
      begin(*found);
    else
      return another_program() ? TickOutcome::gone : TickOutcome::not_ready;
  }
  const std::int64_t used = *cpu - last_cpu_ns_;
  // A shell that waits for its children all day is one sample a second.
  if (used == 0 && last_stack_ != kNoIndex) {
    waiting_ns_ += wall_since_last(now);
    if (waiting_ns_ >= kSecond) add_waiting();
    return TickOutcome::idle;
  }
  if (now.time_ns < next_read_ns_) {
    ++left_out_;
    return TickOutcome::idle;
  }
  add_waiting();
  const std::int64_t begun = clock_ns(CLOCK_THREAD_CPUTIME_ID).value_or(0);
  const bash::ReadOutcome outcome = reader_->read();
  next_read_ns_ = now.time_ns + (clock_ns(CLOCK_THREAD_CPUTIME_ID).value_or(0) - begun) * kRestAfterRead;
  if (outcome == bash::ReadOutcome::gone) return TickOutcome::gone;
  if (outcome == bash::ReadOutcome::changed && another_program()) return TickOutcome::gone;
  last_cpu_ns_ = *cpu;
  const std::int64_t wall = wall_since_last(now);
  // What was used before the first look (and before the fork) is not of this interval.
  const std::int64_t shown = std::min(used, wall);
  if (outcome == bash::ReadOutcome::changed) {
    builder_.add({now.time_ns, thread_, kNoIndex, wall, shown, model::kOnCpu});
    return TickOutcome::rejected;
  }
  last_stack_ = make_stack();
  builder_.add({now.time_ns, thread_, last_stack_, wall, shown, model::kOnCpu});
  return TickOutcome::taken;
}

class BashProfiler : public Profiler {
 public:
  BashProfiler(const RecordingOptions&, ProfileBuilder& builder) : builder_(builder) {}
  [[nodiscard]] std::string_view name() const override { return "bash"; }

  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override {
    if (!image.executable.filename().string().starts_with("bash")) return nullptr;
    model::ProfileProcess& process = builder_.process(image.process);
    const auto& symbols = symbols_of(image);
    if (!symbols) {
      process.unprofiled_reason = symbols.error().message();
      return nullptr;
    }
    process.runtime = "bash";
    return std::make_unique<BashSampler>(image, *symbols, living_, builder_);
  }

 private:
  const Result<bash::BashSymbols>& symbols_of(const ProcessImage& image) {
    const auto known = symbols_.find(image.executable.string());
    if (known != symbols_.end()) return known->second;
    return symbols_.emplace(image.executable.string(), bash::read_symbols(fmt::format("/proc/{}/exe", image.pid)))
        .first->second;
  }

  ProfileBuilder& builder_;
  std::map<std::string, Result<bash::BashSymbols>> symbols_;
  std::shared_ptr<KnownAddresses> living_ = std::make_shared<KnownAddresses>();
};

}  // namespace

std::unique_ptr<Profiler> make_bash_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<BashProfiler>(options, builder);
}

}  // namespace rh::profiles
