#include "profiles/native/task_table.h"

#include <algorithm>
#include <ranges>

namespace rh::profiles::native {

std::size_t RawStacks::Hash::operator()(const Node& node) const {
  std::uint64_t hash = (node.parent + 1ULL) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (node.at.offset + (static_cast<std::uint64_t>(node.at.object) << 48U))) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32U);
}

std::uint32_t RawStacks::intern(const std::vector<CodeAddress>& leaf_first) {
  std::uint32_t parent = kNoStack;
  for (const CodeAddress& at : std::views::reverse(leaf_first)) {
    const Node node{parent, at};
    if (const auto known = known_.find(node); known != known_.end()) {
      parent = known->second;
      continue;
    }
    if (nodes_.size() >= kMaxStackNodes) return kNoStack;
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    known_.emplace(node, index);
    nodes_.push_back(node);
    parent = index;
  }
  return parent;
}

RawProcess& TaskTable::process(int pid, std::int64_t time_ns) {
  const auto [at, made] = live_processes_.try_emplace(pid, processes_.size());
  if (made) {
    RawProcess process;
    process.pid = pid;
    process.start_ns = time_ns;
    processes_.push_back(std::move(process));
  }
  return processes_[at->second];
}

RawThread& TaskTable::thread(int pid, int tid, std::int64_t time_ns) {
  const auto [at, made] = live_threads_.try_emplace({pid, tid}, threads_.size());
  if (made) {
    RawThread thread;
    thread.tid = tid;
    thread.name = process(pid, time_ns).name;
    thread.process = live_processes_.at(pid);
    thread.task = tasks_.size();
    thread.start_ns = time_ns;
    tasks_.emplace_back();
    threads_.push_back(std::move(thread));
  }
  return threads_[at->second];
}

void TaskTable::take(const Record& record, const MapRecord& map, std::int64_t wall_offset_ns) {
  const std::uint32_t object = objects_.of_map(record.pid, map, record.time_ns + wall_offset_ns);
  const bool generated = objects_.at(object).kind == ObjectKind::generated;
  process(record.pid, record.time_ns)
      .space.map({map.start, map.start + map.bytes, generated ? map.start : map.file_offset, object});
}

// exec: another program in the same process and thread; the other threads have ended.
void TaskTable::begin_image(const Record& record) {
  RawThread& before = thread(record.pid, record.tid, record.time_ns);
  RawProcess& old = processes_[before.process];
  before.end_ns = old.end_ns = record.time_ns;
  RawProcess image;
  image.pid = record.pid;
  image.parent_pid = old.parent_pid;
  image.start_ns = record.time_ns;
  RawThread thread;
  thread.tid = record.tid;
  thread.task = before.task;
  thread.process = processes_.size();
  thread.start_ns = record.time_ns;
  live_processes_[record.pid] = processes_.size();
  live_threads_[{record.pid, record.tid}] = threads_.size();
  processes_.push_back(std::move(image));
  threads_.push_back(std::move(thread));
}

void TaskTable::take(const Record& record, const NameRecord& name) {
  if (name.exec && live_processes_.contains(record.pid)) begin_image(record);
  RawThread& named = thread(record.pid, record.tid, record.time_ns);
  named.name = name.name;
  if (record.pid == record.tid) processes_[named.process].name = name.name;
  if (name.exec) processes_[named.process].execed = true;
}

void TaskTable::take(const Record& record, const TaskRecord& task) {
  if (!task.ended) {
    if (record.pid != task.parent_pid) {
      const AddressSpace inherited = process(task.parent_pid, record.time_ns).space;
      const std::string name = process(task.parent_pid, record.time_ns).name;
      live_processes_.erase(record.pid);  // the number was another's before
      RawProcess& child = process(record.pid, record.time_ns);
      child.parent_pid = task.parent_pid;
      child.space = inherited;
      child.name = name;
    }
    live_threads_.erase({record.pid, record.tid});
    RawThread& made = thread(record.pid, record.tid, record.time_ns);
    made.start_ns = record.time_ns;
    // The kernel gives a new thread the name of the one that made it.
    const auto maker = live_threads_.find({task.parent_pid, task.parent_tid});
    if (record.pid == task.parent_pid && maker != live_threads_.end()) made.name = threads_[maker->second].name;
    return;
  }
  thread(record.pid, record.tid, record.time_ns).end_ns = record.time_ns;
  if (record.pid == record.tid) process(record.pid, record.time_ns).end_ns = record.time_ns;
}

void TaskTable::take(const Record& record, const SampleRecord& sample) {
  if (ignored_.contains(record.pid)) return;
  if (samples_ >= kMaxSamples) {
    ++dropped_;
    return;
  }
  RawProcess& owner = process(record.pid, record.time_ns);
  const StackEnd end = unwinder_.unwind(owner.space, sample, scratch_);
  if (end == StackEnd::cut) ++cut_;
  const std::uint32_t stack = stacks_.intern(scratch_);
  if (stack == kNoStack) ++owner.broken;
  for (const CodeAddress& at : scratch_)
    if (at.object > kMarkObject && objects_.at(at.object).kind == ObjectKind::generated) {
      objects_.keep_perf_map(at.object);
      break;
    }
  RawThread& to = thread(record.pid, record.tid, record.time_ns);
  to.samples.push_back({record.time_ns, stack});
  ++tasks_[to.task].samples;
  ++samples_;
}

void TaskTable::consume(const Record& record, std::int64_t wall_offset_ns) {
  last_ns_ = std::max(last_ns_, record.time_ns);
  if (const auto* sample = std::get_if<SampleRecord>(&record.body)) take(record, *sample);
  if (const auto* map = std::get_if<MapRecord>(&record.body)) take(record, *map, wall_offset_ns);
  if (const auto* name = std::get_if<NameRecord>(&record.body)) take(record, *name);
  if (const auto* task = std::get_if<TaskRecord>(&record.body)) take(record, *task);
  if (std::holds_alternative<ThrottleRecord>(record.body)) ++throttled_;
  if (const auto* lost = std::get_if<LostRecord>(&record.body)) {
    lost_ += lost->count;
    process(record.pid, record.time_ns).lost += lost->count;
  }
  // The counts of a thread, one for each CPU, are written as it ends: before and after its end is told. Two CPUs may
  // have written one record at once: what names no thread that is known is that.
  if (const auto* count = std::get_if<CountRecord>(&record.body))
    if (const auto known = live_threads_.find({record.pid, record.tid}); known != live_threads_.end())
      tasks_[threads_[known->second].task].cpu_ns += count->cpu_ns;
}

void TaskTable::set_total(int root_pid, std::uint64_t cpu_ns, std::int64_t period_ns) {
  const auto root = live_threads_.find({root_pid, root_pid});
  if (root == live_threads_.end()) return;
  RawTask& first = tasks_[threads_[root->second].task];
  std::uint64_t told = 0;
  for (const RawTask& task : tasks_)
    told += task.cpu_ns > 0 || &task == &first ? task.cpu_ns : task.samples * static_cast<std::uint64_t>(period_ns);
  if (cpu_ns > told) first.cpu_ns += cpu_ns - told;
}

}  // namespace rh::profiles::native
