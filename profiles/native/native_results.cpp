#include "profiles/native/native_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "profiles/native/program_language.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

using model::kNoIndex;
using model::Severity;

constexpr const char* kKallsyms = "/proc/kallsyms";
constexpr std::uint64_t kToldShare = 20;  // a module without names is told if it has 1/20 of the samples
constexpr std::int64_t kMaxHiddenSamples = 1'000'000;
constexpr std::int64_t kNoticedEarlyNs = 20'000'000;
constexpr double kNoticeOfShare = 0.01;   // stacks cut, records lost: told from this share on
constexpr double kWarningOfShare = 0.05;  // of stacks cut: totals of callers are too low by as much

constexpr const char* kHiddenKernel = "[kernel: not permitted to sample]";

}  // namespace

std::uint32_t StackNames::of(std::uint32_t raw) {
  if (raw == kNoStack) return kNoIndex;
  if (known_.size() < stacks_.size()) known_.resize(stacks_.size(), kNoIndex);
  std::vector<std::uint32_t> path;
  std::uint32_t at = raw;
  for (; at != kNoStack && known_[at] == kNoIndex; at = stacks_.node(at).parent) path.push_back(at);
  std::uint32_t stack = at == kNoStack ? kNoIndex : known_[at];
  for (; !path.empty(); path.pop_back()) {
    for (const NamedFrame& named : symbols_.frames_at(stacks_.node(path.back()).at))
      stack = builder_.stack(stack, builder_.frame(named.frame), named.line);
    known_[path.back()] = stack;
  }
  return stack;
}

NativeResults::NativeResults(const NativeRun& run, const TaskTable& tasks, CodeObjects& objects,
                             ProfileBuilder& builder)
    : run_(run),
      tasks_(tasks),
      objects_(objects),
      builder_(builder),
      symbols_(objects, [] { return read_file(kKallsyms, 256ULL << 20).value_or(""); }),
      names_(tasks.stacks(), symbols_, builder) {}

// An image is the process of its number that the recording loop noticed while it ran. The loop notes the time
// before it looks, so a process may seem to be there a little before it is.
void NativeResults::match_processes() {
  const std::vector<RawProcess>& images = tasks_.processes();
  const auto& known = builder_.profile().processes;
  processes_.assign(images.size(), kNoIndex);
  std::unordered_map<int, std::vector<std::size_t>> by_pid;
  for (std::size_t image = 0; image < images.size(); ++image) by_pid[images[image].pid].push_back(image);
  for (std::uint32_t index = 0; index < known.size(); ++index) {
    const std::int64_t noticed = known[index].start_ns + builder_.started_ns();
    const auto ran = [&](std::size_t image, std::int64_t early_ns) {
      return images[image].start_ns - early_ns <= noticed &&
             (images[image].end_ns == 0 || noticed <= images[image].end_ns);
    };
    const std::vector<std::size_t>& own = by_pid[known[index].pid];
    auto at = std::find_if(own.begin(), own.end(), [&](std::size_t image) { return ran(image, 0); });
    if (at == own.end())
      at = std::find_if(own.begin(), own.end(), [&](std::size_t image) {
        return processes_[image] == kNoIndex && ran(image, kNoticedEarlyNs);
      });
    if (at != own.end()) processes_[*at] = index;
  }
  // Between fork and exec it is the program to come that spends the time.
  for (std::size_t image = images.size(); image-- > 0;) {
    if (processes_[image] != kNoIndex || images[image].execed || images[image].end_ns == 0) continue;
    for (const std::size_t next : by_pid[images[image].pid])
      if (images[next].execed && images[next].start_ns == images[image].end_ns) processes_[image] = processes_[next];
  }
}

// A process that ended before the loop saw it is known from the kernel's records alone.
void NativeResults::make_missing_process(std::size_t image, bool sampled) {
  const RawProcess& raw = tasks_.processes()[image];
  if (processes_[image] != kNoIndex || !sampled) return;
  if (!run_.follow_children && raw.pid != run_.root_pid) return;
  model::ProfileProcess process;
  process.pid = raw.pid;
  process.command = to_valid_utf8(raw.name);
  process.start_ns = raw.start_ns - builder_.started_ns();
  process.end_ns = (raw.end_ns == 0 ? tasks_.last_ns() : raw.end_ns) - builder_.started_ns();
  for (std::size_t parent = 0; parent < processes_.size(); ++parent)
    if (tasks_.processes()[parent].pid == raw.parent_pid && processes_[parent] != kNoIndex)
      process.parent = processes_[parent];
  process.cpu = model::CpuFigure::unknown("the process ended before its clock could be read");
  process.peak_rss = model::BytesFigure::unknown("the process ended before its memory could be read");
  processes_[image] = builder_.add_process(std::move(process));
}

void NativeResults::count_unnamed(std::uint32_t raw_stack) {
  ++samples_;
  if (raw_stack == kNoStack) return;
  const CodeAddress& leaf = tasks_.stacks().node(raw_stack).at;
  const std::string& name = symbols_.frames_at(leaf).back().frame.name;
  if (name.starts_with('[')) ++unnamed_[leaf.object];
  ++leaves_[leaf.object];
}

void NativeResults::add_wait(std::uint32_t thread, std::int64_t time_ns, std::int64_t wall_ns) {
  model::ProfileFrame frame;
  frame.name = "[off CPU]";
  frame.kind = model::FrameKind::idle;
  builder_.add(
      {time_ns - builder_.started_ns(), thread, builder_.stack(kNoIndex, builder_.frame(frame), 0), wall_ns, 0, 0});
}

// A sample stands for the CPU time since the one before it; what else passed meanwhile the thread was waiting,
// for something or for a CPU, and nobody saw at which stack.
void NativeResults::add_samples(const RawThread& thread, std::uint32_t index, std::int64_t weight_ns) {
  std::int64_t before = thread.start_ns;
  for (const RawSample& sample : thread.samples) {
    const std::int64_t passed = std::max<std::int64_t>(sample.time_ns - before, 0);
    const std::int64_t waited = passed > weight_ns + run_.period_ns / 2 ? passed - weight_ns : 0;
    if (waited > 0) add_wait(index, sample.time_ns - weight_ns, waited);
    builder_.add({sample.time_ns - builder_.started_ns(), index, names_.of(sample.stack), passed - waited, weight_ns,
                  model::kOnCpu});
    count_unnamed(sample.stack);
    before = sample.time_ns;
  }
  const std::int64_t end = thread.end_ns == 0 ? tasks_.last_ns() : thread.end_ns;
  if (end - before > run_.period_ns) add_wait(index, end, end - before);
}

// The CPU time of the task as its counter told it, or else as its samples do. Kernels were seen that add a
// child's time to its parent's counter (6.18, where the scheduler exchanges the two tasks' counters); a thread
// that ran has samples for it, so a figure far beyond them is not believed.
std::int64_t NativeResults::cpu_of(const RawTask& task) const {
  const auto told = static_cast<std::int64_t>(task.cpu_ns);
  const std::int64_t sampled = static_cast<std::int64_t>(task.samples) * run_.period_ns;
  const bool believable = std::abs(told - sampled) <= std::max(3 * run_.period_ns, sampled / 4);
  return told > 0 && (believable || tasks_.lost() > 0) ? told : sampled;
}

// Where the kernel may not be looked into, the CPU clock of the process says what the samples do not show; of a
// process that was never noticed, its counters.
void NativeResults::add_hidden_kernel(std::uint32_t process, std::uint32_t thread, std::int64_t end_ns) {
  const model::ProfileProcess& owner = builder_.process(process);
  if (run_.sees_kernel) return;
  const auto sampled = static_cast<std::int64_t>(owner.quality.taken) * run_.period_ns;
  const std::int64_t hidden = (owner.cpu.value ? owner.cpu.value->count() : told_[process]) - sampled;
  if (hidden <= 2 * run_.period_ns) return;
  model::ProfileFrame frame;
  frame.name = kHiddenKernel;
  frame.kind = model::FrameKind::kernel;
  const std::uint32_t stack = builder_.stack(kNoIndex, builder_.frame(frame), 0);
  // As many samples as ticks would have given, so that intervals of shares are as wide as they should be. When it was
  // is not known: they are spread over the life of the process.
  const std::int64_t count = std::min(hidden / run_.period_ns, kMaxHiddenSamples);
  const std::int64_t life = std::max<std::int64_t>(end_ns - owner.start_ns, 0);
  for (std::int64_t i = 0; i < count; ++i)
    builder_.add({owner.start_ns + life * (i + 1) / count, thread, stack, 0, hidden / count, model::kOnCpu});
}

void NativeResults::add_thread(const RawThread& thread, std::uint32_t process) {
  const RawTask& task = tasks_.tasks()[thread.task];
  model::ProfileThread made;
  made.process = process;
  made.tid = thread.tid;
  made.name = to_valid_utf8(thread.name);
  const std::uint32_t index = builder_.add_thread(std::move(made));
  const auto samples = static_cast<std::int64_t>(task.samples);
  const std::int64_t cpu = cpu_of(task);
  // Where the kernel may be seen every tick gives a sample: they share the exact time between them.
  const std::int64_t weight = run_.sees_kernel && samples > 0 ? cpu / samples : run_.period_ns;
  add_samples(thread, index, weight);
  const std::int64_t end = (thread.end_ns == 0 ? tasks_.last_ns() : thread.end_ns) - builder_.started_ns();
  if (samples == 0 && cpu > 0) builder_.add({end, index, kNoIndex, cpu, cpu, model::kOnCpu});  // too short for a tick
  const auto taken = static_cast<std::uint64_t>(thread.samples.size());
  // An image's part of the ticks that its thread's CPU time should have given.
  const std::uint64_t due =
      run_.sees_kernel && samples > 0 ? static_cast<std::uint64_t>(cpu / run_.period_ns) * taken / task.samples : taken;
  model::SampleQuality& quality = builder_.process(process).quality;
  quality.taken += taken;
  quality.expected += std::max(taken, due);
  quality.late += std::max(taken, due) - taken;
  if (counted_.insert(thread.task).second) told_[process] += static_cast<std::int64_t>(task.cpu_ns);
  cpu_[process] += task.samples > 0 ? cpu * static_cast<std::int64_t>(taken) / samples : cpu;
  last_thread_[process] = {index, end};
}

void NativeResults::describe_processes() {
  for (std::size_t image = 0; image < processes_.size(); ++image) {
    if (processes_[image] == kNoIndex) continue;
    model::ProfileProcess& process = builder_.process(processes_[image]);
    if (process.profiler != kProfilerName) continue;
    const RawProcess& raw = tasks_.processes()[image];
    process.quality.lost += raw.lost;
    process.quality.taken -= std::min(process.quality.taken, raw.broken);
    process.quality.rejected += raw.broken;
    if (process.runtime.empty()) process.runtime = "native";
    // The kernel counted to the end; the recording loop's last look was some time before.
    const std::chrono::nanoseconds counted(cpu_[processes_[image]]);
    if (run_.sees_kernel && (!process.cpu.value || *process.cpu.value < counted))
      process.cpu = {counted, model::Scope::exact_process, "cpu-clock of perf_event_open", {}};
    // The program is the first file that was mapped into the image.
    if (const auto program = raw.space.first_file(objects_); program && raw.execed)
      if (const ElfFile* elf = objects_.elf(*program)) process.runtime = runtime_of(*elf);
  }
}

// Its interpreter is looked for when a program begins; one that is loaded later is machine code like any other.
void NativeResults::say_python_as_machine_code() {
  for (const auto& [object, count] : leaves_) {
    const std::filesystem::path file(objects_.at(object).path);
    if (count * kToldShare < samples_ || !file.filename().string().starts_with("libpython")) continue;
    builder_.say(Severity::warning, "python-loaded-while-running",
                 fmt::format("{:.1f} % of the native samples are in a Python that the program has loaded while it ran: "
                             "it is shown as machine code, for only an interpreter that is there from the start of its "
                             "program (linked with it) is found",
                             100.0 * static_cast<double>(count) / static_cast<double>(samples_)),
                 file.string());
  }
}

void NativeResults::say_what_is_missing() {
  if (samples_ == 0) return;
  say_python_as_machine_code();
  for (const auto& [object, count] : unnamed_) {
    if (count * kToldShare < samples_ || object <= kMarkObject) continue;
    const CodeObject& code = objects_.at(object);
    const bool generated = code.kind == ObjectKind::generated;
    const std::string why = generated ? "generated while it ran, and its runtime wrote no /tmp/perf-PID.map"
                            : code.problem.empty()
                                ? "stripped of its symbols, and no debug file for it is in /usr/lib/debug"
                                : code.problem;
    builder_.say(Severity::warning, "code-without-names",
                 fmt::format("{:.1f} % of the native samples are in code without names: {}",
                             100.0 * static_cast<double>(count) / static_cast<double>(samples_), why),
                 code.path);
  }
  const auto share = [&](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(samples_); };
  if (share(tasks_.cut()) > kNoticeOfShare)
    builder_.say(share(tasks_.cut()) > kWarningOfShare ? Severity::warning : Severity::info, "native-stacks-cut",
                 fmt::format("{} of {} native samples ({:.1f} %) have a stack that goes on beyond the piece that is "
                             "copied with a sample; they begin with \"[deeper than was copied]\", and their outermost "
                             "callers are not known",
                             tasks_.cut(), samples_, 100 * share(tasks_.cut())));
  if (tasks_.lost() > 0)
    builder_.say(share(tasks_.lost()) > kNoticeOfShare ? Severity::warning : Severity::info, "native-records-lost",
                 fmt::format("the kernel dropped {} records because they were not read in time; a lower --rate helps",
                             tasks_.lost()));
  if (tasks_.throttled() > 0)
    builder_.say(
        Severity::warning, "native-throttled",
        fmt::format("the kernel held back the sampling {} times: it took too much of a CPU; a lower --rate helps",
                    tasks_.throttled()));
  if (tasks_.dropped() > 0)
    builder_.say(Severity::warning, "native-samples-dropped",
                 fmt::format("more than {} native samples: {} were not kept", kMaxSamples, tasks_.dropped()));
  if (!run_.sees_kernel)
    builder_.say(Severity::info, "kernel-not-sampled",
                 "native samples show user mode only: kernel.perf_event_paranoid or missing CAP_PERFMON forbid more; "
                 "time in the kernel is one entry");
}

void NativeResults::add() {
  match_processes();
  std::vector<bool> sampled(processes_.size(), false);
  for (const RawThread& thread : tasks_.threads())
    if (!thread.samples.empty()) sampled[thread.process] = true;
  for (std::size_t image = 0; image < processes_.size(); ++image) make_missing_process(image, sampled[image]);
  for (const std::uint32_t index : processes_) {
    if (index == kNoIndex) continue;
    model::ProfileProcess& process = builder_.process(index);
    if (process.profiler.empty()) process.profiler = kProfilerName;
  }
  for (const RawThread& thread : tasks_.threads()) {
    const std::uint32_t process = processes_[thread.process];
    if (process != kNoIndex && builder_.process(process).profiler == kProfilerName) add_thread(thread, process);
  }
  for (const auto& [process, last] : last_thread_) add_hidden_kernel(process, last.first, last.second);
  describe_processes();
  say_what_is_missing();
}

}  // namespace rh::profiles::native
