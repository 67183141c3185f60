#include "profiles/recording.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include <fmt/core.h>

#include "profiles/proc_file.h"
#include "profiles/thread_cpu.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kFollowEveryNs = 5'000'000;
constexpr std::int64_t kUsageEveryNs = 10'000'000;
constexpr std::int64_t kDrainEveryNs = 20'000'000;
// A long run is not worth a hundred rows a second.
constexpr std::size_t kManyRows = 30'000;
// Following and measuring the tree may each take a hundredth of the time, however many processes there are.
constexpr std::int64_t kUpkeepShare = 100;
constexpr std::int64_t kPausePerProcessNs = 1'000'000;
constexpr std::size_t kFewProcesses = 2;  // cost less than asking what they cost
constexpr int kTickNice = -10;
constexpr std::size_t kMaxCommandBytes = 4096;

std::int64_t thread_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * kSecond + used.tv_nsec;
}

// CPU time, not wall time: being out of the CPU once must not stop the upkeep for seconds.
std::int64_t pause_after(std::int64_t cpu_ns, std::int64_t least_ns, std::size_t processes) {
  const std::int64_t longest = least_ns * 2 + static_cast<std::int64_t>(processes) * kPausePerProcessNs;
  return std::clamp(cpu_ns * kUpkeepShare, least_ns, longest);
}

std::int64_t upkeep_clock(std::size_t processes) { return processes <= kFewProcesses ? 0 : thread_cpu_ns(); }

void sleep_until(std::int64_t monotonic_ns) {
  const timespec until{monotonic_ns / kSecond, monotonic_ns % kSecond};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace

Recording::Recording(RecordingOptions options)
    : options_(std::move(options)),
      builder_(monotonic_now().count()),
      usage_(builder_.profile()),
      noise_(builder_.profile().noise) {
  for (const ProfilerRow& row : profiler_rows()) profilers_.push_back(row.make(options_, builder_));
  builder_.profile().rate_hz = options_.rate_hz;
}

Recording::~Recording() { stop_loop(); }

void Recording::stop_loop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<void> Recording::prepare(Launch& launch) {
  for (const auto& profiler : profilers_) RH_CHECK(profiler->prepare(launch));
  return {};
}

void Recording::start(int root_pid) {
  stop_loop();
  end_all(since_start());
  for (const auto& profiler : profilers_)
    if (const auto started = profiler->started(root_pid); !started)
      builder_.say(model::Severity::warning, "profiler-not-started", started.error().message(),
                   std::string(profiler->name()));
  follower_ = std::make_unique<ProcessFollower>(root_pid, options_.follow_children, read_proc_link("/proc/self/exe"));
  stop_ = false;
  next_follow_ns_ = 0;
  thread_ = std::thread([this] { loop(); });
}

std::int64_t Recording::since_start() const { return monotonic_now().count() - builder_.started_ns(); }

// The distances of the ticks are random and independent, one period in the mean: a program with a period of its own
// cannot keep in step with them.
void Recording::loop() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  ::prctl(PR_SET_NAME, "rh-profile");
  // Where it is allowed: a tick is short, and one that comes late is lost. Refused, it is late more often, which is
  // told.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kTickNice);
  std::minstd_rand random(static_cast<unsigned>(builder_.started_ns()));
  const std::int64_t period_ns = kSecond / options_.rate_hz;
  std::uniform_int_distribution<std::int64_t> distance(period_ns / 2, period_ns + period_ns / 2);
  std::int64_t due = monotonic_now().count();
  while (!stop_) {
    sleep_until(due);
    const std::int64_t now = monotonic_now().count();
    wake_ups_.add(now - due);
    std::uint64_t missed = 0;
    due += distance(random);
    for (; due <= now; due += distance(random)) ++missed;
    tick(missed);
  }
  builder_.profile().noise.own_cpu_ns = static_cast<std::uint64_t>(thread_cpu_ns());
}

void Recording::count(Followed& followed, TickOutcome outcome, std::uint64_t slots_missed) {
  model::SampleQuality& quality = builder_.process(followed.process).quality;
  if (followed.slots == 0) slots_missed = 0;  // it was not there yet
  followed.slots += slots_missed + 1;
  quality.expected += slots_missed + 1;
  quality.late += slots_missed;
  if (outcome == TickOutcome::taken)
    ++quality.taken;
  else if (outcome == TickOutcome::rejected)
    ++quality.rejected;
  else
    ++quality.idle;
}

void Recording::tick(std::uint64_t slots_missed) {
  const std::int64_t now = since_start();
  const Tick current{now, now - last_tick_ns_};
  last_tick_ns_ = now;
  bool lost = false;
  for (auto& [pid, followed] : followed_) {
    if (!followed.sampler) continue;
    const TickOutcome outcome = followed.sampler->tick(current);
    count(followed, outcome, slots_missed);
    followed.read = outcome != TickOutcome::gone && outcome != TickOutcome::not_ready;
    lost = lost || outcome == TickOutcome::gone;
  }
  if (lost || now >= next_follow_ns_) follow(now);
  if (now >= next_usage_ns_) usage_row(now);
  if (now >= next_drain_ns_) {
    next_drain_ns_ = now + kDrainEveryNs;
    for (const auto& profiler : profilers_) profiler->drain();
  }
}

void Recording::usage_row(std::int64_t now_ns) {
  const std::size_t rows = builder_.profile().timeline.time_ns.size();
  const std::int64_t cpu_before = upkeep_clock(followed_.size());
  usage_.sample(now_ns, [this] {
    TreeUsage::Stacks all;
    for (const auto& [pid, followed] : followed_) {
      if (!followed.sampler) continue;
      const auto some = followed.sampler->last_stacks();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  });
  if (rows % 100 == 0) noise_.look();
  next_usage_ns_ =
      now_ns + pause_after(upkeep_clock(followed_.size()) - cpu_before,
                           kUsageEveryNs * static_cast<std::int64_t>(1 + rows / kManyRows), followed_.size());
}

void Recording::follow(std::int64_t now_ns) {
  const std::size_t processes = followed_.size();
  const std::int64_t cpu_before = upkeep_clock(processes);
  const ProcessChanges changes = follower_->look([this](int pid) {
    const auto at = followed_.find(pid);
    return at != followed_.end() && at->second.read && at->second.sampler->notices_exec();
  });
  next_follow_ns_ = now_ns + pause_after(upkeep_clock(processes) - cpu_before, kFollowEveryNs, processes);
  for (const int pid : changes.ended) end_process(pid, now_ns);
  for (const FollowedProcess& process : changes.appeared) begin_process(process, now_ns);
}

void Recording::begin_process(const FollowedProcess& process, std::int64_t now_ns) {
  model::ProfileProcess made;
  made.pid = process.pid;
  made.inner_pid = inner_id(fmt::format("/proc/{}/status", process.pid), process.pid);
  if (const auto parent = process_of_pid_.find(process.parent); parent != process_of_pid_.end())
    made.parent = parent->second;
  ProcessImage image{process.pid, process.parent, 0, process.executable, read_arguments(process.pid)};
  made.command = to_valid_utf8(join(image.argv, " ")).substr(0, kMaxCommandBytes);
  made.start_ns = now_ns;
  image.process = builder_.add_process(std::move(made));
  process_of_pid_[process.pid] = image.process;
  Followed followed;
  followed.process = image.process;
  for (const auto& profiler : profilers_) {
    followed.sampler = profiler->adopt(image);
    if (followed.sampler && builder_.process(image.process).profiler.empty())
      builder_.process(image.process).profiler = std::string(profiler->name());
    if (!builder_.process(image.process).profiler.empty()) break;
  }
  // Those that let a process go to another profiler are to do so at once.
  if (!builder_.process(image.process).profiler.empty()) next_drain_ns_ = now_ns;
  usage_.add(process.pid);
  followed_[process.pid] = std::move(followed);
}

void Recording::end_process(int pid, std::int64_t now_ns) {
  const auto at = followed_.find(pid);
  if (at == followed_.end()) return;
  if (at->second.sampler) at->second.sampler->finish({now_ns, now_ns - last_tick_ns_});
  usage_.remove(pid);
  model::ProfileProcess& process = builder_.process(at->second.process);
  process.end_ns = now_ns;
  if (const std::uint64_t bytes = usage_.peak_rss(pid); bytes > 0)
    process.peak_rss = {bytes, model::Scope::sampled, "VmHWM, read every 50 ms", {}};
  else
    process.peak_rss = model::BytesFigure::unknown("the process ended before its memory could be read");
  if (const std::uint64_t cpu_ns = usage_.cpu_ns(pid); cpu_ns > 0)
    process.cpu = {std::chrono::nanoseconds(cpu_ns), model::Scope::sampled, "CPU clock of the process", {}};
  else
    process.cpu = model::CpuFigure::unknown("the process ended before its CPU clock could be read");
  followed_.erase(at);
}

void Recording::end_all(std::int64_t now_ns) {
  std::vector<int> left;
  for (const auto& [pid, followed] : followed_) left.push_back(pid);
  std::sort(left.begin(), left.end());
  for (const int pid : left) end_process(pid, now_ns);
}

model::Profile Recording::finish(const RecordedEnd& end) {
  stop_loop();
  const std::int64_t now = since_start();
  end_all(now);
  for (const auto& profiler : profilers_) {
    profiler->drain();
    profiler->finish();
  }
  model::Profile& profile = builder_.profile();
  profile.duration_ns = now;
  usage_.finish(end.max_rss_bytes);
  noise_.finish();
  profile.noise.wake_up_ns_median = wake_ups_.quantile(0.5);
  profile.noise.wake_up_ns_p99 = wake_ups_.quantile(0.99);
  if (end.cpu_ns >= 0)
    profile.cpu = {std::chrono::nanoseconds(end.cpu_ns), model::Scope::exact_process, "rusage of the target", {}};
  else if (!profile.timeline.cpu_ns.empty())
    profile.cpu = {std::chrono::nanoseconds(profile.timeline.cpu_ns.back()),
                   model::Scope::sampled,
                   "CPU clocks of the processes",
                   {}};
  else
    profile.cpu = model::CpuFigure::unknown("no reading of the CPU clock");
  if (follower_ && follower_->not_followed() > 0)
    builder_.say(model::Severity::warning, "processes-not-followed",
                 fmt::format("more than {} processes lived at one time: the others have no stacks", kMaxFollowed));
  for (model::ProfileProcess& process : profile.processes)
    if (process.profiler.empty() && process.unprofiled_reason.empty())
      process.unprofiled_reason = "no profiler reads this kind of program: time and memory only";
  return builder_.take();
}

}  // namespace rh::profiles
