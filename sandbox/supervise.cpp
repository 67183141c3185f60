// The run passes through phases in one direction: starting, running, [stopping,] settling, killing,
// gone. Only init's messages, the clock and the control groups move it; output never does.
#include "sandbox/supervise.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runner/base/text.h"
#include "sandbox/disk_watch.h"
#include "sandbox/oom_watch.h"
#include "sandbox/output_pipes.h"
#include "sandbox/process_clocks.h"
#include "sandbox/tree_kill.h"
#include "sandbox/watchdog.h"

namespace rh::sandbox {
namespace {

using model::Ending;
using std::chrono::milliseconds;

// Processes that end by themselves this soon after the command are not worth a word.
constexpr Nanoseconds kSettleTime = milliseconds(100);
constexpr Nanoseconds kSettleInterval = milliseconds(2);
// Init answers within this, or is killed together with its tree.
constexpr Nanoseconds kKillTime = milliseconds(2000);
constexpr Nanoseconds kDrainTime = milliseconds(500);
constexpr Nanoseconds kCancelGrace = milliseconds(2000);
constexpr Nanoseconds kCpuLookMin = milliseconds(5);
constexpr std::uint64_t kOwnGrowth = 4U << 20;  // of the runner between clone and now
constexpr std::size_t kMaxLeftovers = 100;
constexpr std::size_t kFewLeftovers = 8;
constexpr Nanoseconds kNamingTime = milliseconds(50);

class Supervisor {
 public:
  Supervisor(const LaunchSpec& spec, const SuperviseHooks& hooks, LaunchPlan& plan, InitProcess& init,
             Nanoseconds begin)
      : spec_(spec),
        hooks_(hooks),
        plan_(plan),
        init_(init),
        begin_(begin),
        clocks_(tree_, init_.pid()),
        watchdog_(tree_, init_.pid(), watchdog_limits()),
        disk_({spec.files.bounded, spec.files.bounded_bytes}),
        output_(plan.stdout_read, plan.stderr_read, spec.limits.output_bytes, hooks.on_output),
        oom_(*plan.cgroup) {
    if (plan_.cgroup->memory().empty()) own_bytes_ = tree_.resident_bytes(getpid()) + kOwnGrowth;
  }

  Outcome run() {
    next_tick_ = begin_ + hooks_.tick;
    while (phase_ != Phase::gone) {
      wait_for_something();
      read_messages();
      collect_output();
      check_limits();
      advance();
    }
    drain();
    return std::move(outcome_);
  }

 private:
  enum class Phase { starting, running, stopping, settling, killing, gone };

  [[nodiscard]] WatchdogLimits watchdog_limits() const {
    WatchdogLimits limits;
    if (!plan_.cgroup->limits_memory()) limits.memory_bytes = spec_.limits.memory_bytes;
    if (!plan_.cgroup->limits_pids()) limits.pids = spec_.limits.pids;
    limits.record_peak = plan_.cgroup->memory().empty();
    limits.granted = spec_.files.writable;
    return limits;
  }

  [[nodiscard]] Nanoseconds next_deadline() const {
    Nanoseconds next = next_tick_;
    const auto consider = [&](Nanoseconds at) { next = std::min(next, at); };
    if (phase_ == Phase::running || phase_ == Phase::stopping) {
      if (watchdog_.needed()) consider(watchdog_.next_look());
      if (disk_.needed()) consider(disk_.next_look());
      if (spec_.limits.cpu) consider(next_cpu_look_);
    }
    if (const auto at = oom_.next_look()) consider(*at);
    if ((phase_ == Phase::starting || phase_ == Phase::running) && spec_.limits.wall)
      consider(begin_ + *spec_.limits.wall);
    if (phase_ == Phase::stopping || phase_ == Phase::killing) consider(deadline_);
    if (phase_ == Phase::settling) consider(monotonic_now() + kSettleInterval);
    if (output_.pausing()) consider(output_.pause_end());
    return next;
  }

  void wait_for_something() {
    std::array<pollfd, 6> events{{{init_.pidfd().fd, POLLIN, 0},
                                  {status_ended_ ? -1 : init_.status().fd, POLLIN, 0},
                                  {output_.out_fd(), POLLIN, 0},
                                  {output_.err_fd(), POLLIN, 0},
                                  {cancelled_ ? -1 : hooks_.cancel.fd, POLLIN, 0},
                                  {oom_.event().fd, POLLIN, 0}}};
    const Nanoseconds wait = std::max(next_deadline() - monotonic_now(), Nanoseconds{});
    const timespec timeout{static_cast<time_t>(wait.count() / 1'000'000'000), wait.count() % 1'000'000'000};
    if (ppoll(events.data(), events.size(), &timeout, nullptr) < 0) return;
    init_ended_ = events[0].revents != 0;
    status_ended_ = status_ended_ || events[1].revents == POLLHUP;
    cancelled_ = cancelled_ || (events[4].revents & POLLIN) != 0;
    if (events[5].revents != 0) oom_.event_came(monotonic_now());
  }

  void read_messages() {
    while (const auto message = init_.next_message()) {
      switch (message->kind) {
        case InitMessage::degraded:
          outcome_.degraded.push_back(*message);
          break;
        case InitMessage::failed:
          outcome_.failure = *message;
          break;
        case InitMessage::started:
          started();
          break;
        case InitMessage::main_exited:
          note_largest_process(message->usage);
          main_exited(message->wait_status);
          break;
        case InitMessage::finished:
          note_largest_process(message->usage);
          outcome_.tree_usage = message->usage;
          finished_ = true;
          break;
        case InitMessage::ready:
          break;
      }
    }
  }

  void started() {
    outcome_.started = true;
    if (phase_ == Phase::starting) phase_ = Phase::running;
    if (!hooks_.on_start) return;
    // What else init may have for children has ended already.
    std::vector<int> children = tree_.children(init_.pid());
    std::erase_if(children, [this](int pid) { return !tree_.alive(pid); });
    TreeLocation location;
    location.root_pid = children.empty() ? init_.pid() : children.front();
    location.memory_cgroup = plan_.cgroup->memory();
    location.cpu_cgroup = plan_.cgroup->cpu();
    location.procs_cgroup = plan_.cgroup->procs();
    location.cgroup_v2 = plan_.cgroup->memory_v2() || (location.memory_cgroup.empty() && plan_.cgroup->cpu_v2());
    hooks_.on_start(location);
  }

  // Before its exec every process was a copy of the runner, and the kernel counts that, too.
  void note_largest_process(const rusage& usage) {
    const auto bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    if (bytes > own_bytes_) outcome_.largest_process_bytes = std::max(outcome_.largest_process_bytes, bytes);
  }

  void main_exited(int wait_status) {
    outcome_.facts.status = read_wait_status(wait_status);
    outcome_.wall = monotonic_now() - begin_;
    note_exhausted_pids();
    refused_before_ = plan_.cgroup->pids_refused().value_or(0);
    if (phase_ == Phase::killing) return;
    const Nanoseconds settled = monotonic_now() + kSettleTime;
    deadline_ = phase_ == Phase::stopping ? std::min(deadline_, settled) : settled;
    phase_ = Phase::settling;
  }

  void collect_output() {
    output_.read_what_is_there(monotonic_now());
    if (output_.over_limit()) stop(Ending::output_limit, output_.limit_text(), Nanoseconds{});
  }

  void check_limits() {
    const Nanoseconds now = monotonic_now();
    if (now >= next_tick_) {
      next_tick_ = now + hooks_.tick;
      if (plan_.cgroup->cpu().empty()) clocks_.look();
      if (outcome_.started && hooks_.on_tick && phase_ != Phase::gone) hooks_.on_tick();
    }
    if (cancelled_)
      stop(Ending::cancelled, "cancelled by the caller", std::min<Nanoseconds>(spec_.limits.grace, kCancelGrace));
    if (phase_ == Phase::killing || phase_ == Phase::gone) return;
    check_oom(now);
    if (const auto alarm = watchdog_.look(now)) stop(alarm->ending, alarm->detail, Nanoseconds{});
    if (phase_ == Phase::settling || phase_ == Phase::killing) return;
    if (const auto full = disk_.look(now, [this] { return tree_.descendants(init_.pid()); }))
      stop(Ending::file_size, *full, Nanoseconds{});
    if (spec_.limits.wall && now - begin_ >= *spec_.limits.wall)
      stop(Ending::wall_time, fmt::format("wall clock: {} passed", format_duration(*spec_.limits.wall)),
           spec_.limits.grace);
    check_cpu(now);
  }

  // What lost a process to the kernel is not left to go on without it.
  void check_oom(Nanoseconds now) {
    if (const auto kills = oom_.look(now))
      stop(Ending::memory, fmt::format("{}: oom_kill {}", plan_.cgroup->oom_source(), *kills), Nanoseconds{});
  }

  // A fork bomb is never over where the command waits for it, and else outlives the command.
  void note_exhausted_pids() {
    const bool refused =
        plan_.cgroup->pids_exhausted() || (plan_.pids_limit == PidsLimit::own_count && watchdog_.pids_exhausted());
    outcome_.facts.pids_exhausted = outcome_.facts.pids_exhausted || refused;
  }

  void check_cpu(Nanoseconds now) {
    if (!spec_.limits.cpu || now < next_cpu_look_) return;
    const Nanoseconds used = cpu_used();
    const Nanoseconds left = *spec_.limits.cpu - used;
    // All cores together cannot use up what is left any sooner.
    static const long cores = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
    next_cpu_look_ = now + std::clamp<Nanoseconds>(left / cores, kCpuLookMin, milliseconds(1000));
    if (left > Nanoseconds{}) return;
    stop(Ending::cpu_time,
         fmt::format("{}: {} used, limit {}",
                     plan_.cgroup->cpu().empty() ? "process clocks" : plan_.cgroup->cpu_source(), format_duration(used),
                     format_duration(*spec_.limits.cpu)),
         spec_.limits.grace);
  }

  [[nodiscard]] Nanoseconds cpu_used() {
    if (const auto used = plan_.cgroup->cpu_used()) return used->user + used->system;
    return clocks_.look().total();
  }

  // Ends the run. The first reason counts; a later one may only shorten the grace. Once the command has
  // ended, only what the rest of its tree takes is a reason.
  void stop(Ending reason, std::string detail, Nanoseconds grace) {
    const Nanoseconds now = monotonic_now();
    if (phase_ == Phase::settling && (reason == Ending::memory || reason == Ending::pids)) {
      outcome_.facts.stopped_for = reason;
      outcome_.facts.stop_detail = std::move(detail);
      outcome_.signals_sent.push_back(SIGKILL);
      return begin_killing(now);
    }
    if (phase_ != Phase::starting && phase_ != Phase::running && !(phase_ == Phase::stopping && grace == Nanoseconds{}))
      return;
    if (phase_ != Phase::stopping) {
      note_exhausted_pids();
      outcome_.facts.stopped_for = reason;
      outcome_.facts.stop_detail = std::move(detail);
      if (grace > Nanoseconds{}) terminate_tree();
      deadline_ = now + grace;
    }
    deadline_ = std::min(deadline_, now + grace);
    phase_ = Phase::stopping;
  }

  void terminate_tree() {
    outcome_.signals_sent.push_back(SIGTERM);
    if (plan_.child.own_pids)
      init_.command(InitCommand::terminate);
    else
      for (int pid : tree_.descendants(init_.pid())) kill(pid, SIGTERM);
  }

  // Everything but init that still lives.
  [[nodiscard]] std::vector<int> living() const {
    std::vector<int> pids = plan_.cgroup->procs().empty() ? tree_.descendants(init_.pid()) : plan_.cgroup->pids();
    std::erase_if(pids, [&](int pid) { return pid == init_.pid() || !tree_.alive(pid); });
    return pids;
  }

  void advance() {
    const Nanoseconds now = monotonic_now();
    if (finished_ && plan_.child.own_pids) {
      // Nothing can come after the last process of a pid namespace but init's own end.
      if (outcome_.wall == Nanoseconds{}) outcome_.wall = now - begin_;
      phase_ = Phase::gone;
    } else if (init_ended_) {
      read_messages();
      kill_all();  // only without a pid namespace can anything be left
      init_.wait(-1);
      if (outcome_.wall == Nanoseconds{}) outcome_.wall = monotonic_now() - begin_;
      phase_ = Phase::gone;
    } else if (phase_ == Phase::stopping && now >= deadline_) {
      outcome_.signals_sent.push_back(SIGKILL);
      begin_killing(now);
    } else if (phase_ == Phase::settling) {
      settle(now);
    } else if (phase_ == Phase::killing && now >= deadline_) {
      kill_all();
      init_.kill();
      deadline_ = now + kKillTime;
    }
  }

  void settle(Nanoseconds now) {
    const std::vector<int> left = living();
    if (!left.empty() && now < deadline_) return;
    name_leftovers(left);
    begin_killing(now);
  }

  // A command line lies in the process's memory: reading it waits for a process that changes its
  // mappings without rest. Those are stopped first, and what takes too long is named by the kernel.
  void name_leftovers(const std::vector<int>& left) {
    if (left.size() > kFewLeftovers) init_.command(InitCommand::halt);
    const Nanoseconds enough = monotonic_now() + kNamingTime;
    for (int pid : left) {
      if (outcome_.leftovers.size() == kMaxLeftovers) return;
      const bool in_time = monotonic_now() < enough;
      outcome_.leftovers.push_back({pid, in_time ? tree_.command_line(pid) : tree_.kernel_name(pid)});
    }
  }

  void begin_killing(Nanoseconds now) {
    if (plan_.pids_limit == PidsLimit::own_count) note_exhausted_pids();
    if (plan_.cgroup->cpu().empty()) clocks_.look();
    if (!plan_.child.own_pids) stop_and_kill([this] { return living(); });
    init_.command(InitCommand::finish);
    phase_ = Phase::killing;
    deadline_ = now + kKillTime;
  }

  void kill_all() {
    if (!plan_.cgroup->kill() && !plan_.child.own_pids) stop_and_kill([this] { return living(); });
  }

  // The tree is dead; what it wrote is in the pipes.
  void drain() {
    output_.drain(kDrainTime);
    outcome_.output_bytes = output_.bytes();
    outcome_.output_truncated = output_.over_limit();
    const bool had_ended = outcome_.facts.status.exit_code || outcome_.facts.status.signal;
    if (had_ended && plan_.cgroup->pids_refused().value_or(0) > refused_before_) outcome_.facts.pids_exhausted = true;
    outcome_.clocks = clocks_.largest();
    outcome_.watched_peak_bytes = watchdog_.peak_bytes();
    if (plan_.pids_limit == PidsLimit::own_count && spec_.limits.pids && watchdog_.peak_threads() >= *spec_.limits.pids)
      outcome_.facts.pids_at_limit = watchdog_.peak_threads();
    if (outcome_.output_truncated && !outcome_.facts.stopped_for && plan_.cgroup->oom_kills().value_or(0) == 0) {
      outcome_.facts.stopped_for = Ending::output_limit;
      outcome_.facts.stop_detail = output_.limit_text();
    }
  }

  const LaunchSpec& spec_;
  const SuperviseHooks& hooks_;
  LaunchPlan& plan_;
  InitProcess& init_;
  Nanoseconds begin_;
  ProcessTree tree_;
  ProcessClocks clocks_;
  Watchdog watchdog_;
  DiskWatch disk_;
  OutputPipes output_;
  OomWatch oom_;
  std::uint64_t own_bytes_ = 0, refused_before_ = 0;
  Phase phase_ = Phase::starting;
  Nanoseconds next_tick_{}, next_cpu_look_{}, deadline_{};
  bool finished_ = false;  // init has said that it is the last
  bool init_ended_ = false, status_ended_ = false, cancelled_ = false;
  Outcome outcome_;
};

}  // namespace

Outcome supervise(const LaunchSpec& spec, const SuperviseHooks& hooks, LaunchPlan& plan, InitProcess& init,
                  Nanoseconds begin) {
  return Supervisor(spec, hooks, plan, init, begin).run();
}

}  // namespace rh::sandbox
