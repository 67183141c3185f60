#include "profiles/thread_cpu.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

constexpr std::size_t kMaxThreads = 4096;

std::optional<std::int64_t> read_run_time(int fd) {
  std::array<char, 96> text{};
  const ssize_t got = pread(fd, text.data(), text.size(), 0);
  if (got <= 0) return std::nullopt;
  const std::string_view line(text.data(), static_cast<std::size_t>(got));
  return parse_i64(line.substr(0, line.find(' ')));
}

// The part of [from, to) that the samples which are (not) idle cover, in wall time.
struct Window {
  std::int64_t running_ns = 0, waiting_ns = 0;
};

std::int64_t overlap(const TimedSample& sample, std::int64_t from, std::int64_t to) {
  return std::max<std::int64_t>(std::min(sample.time_ns, to) - std::max(sample.time_ns - sample.wall_ns, from), 0);
}

std::int64_t part_of(std::int64_t total, std::int64_t part, std::int64_t whole) {
  return whole <= 0 ? 0
                    : static_cast<std::int64_t>(static_cast<double>(total) * static_cast<double>(part) /
                                                static_cast<double>(whole));
}

}  // namespace

void CpuCurve::add(std::int64_t time_ns, std::int64_t cpu_ns) {
  if (!knots_.empty() && time_ns <= knots_.back().first) return;
  // A thread that stays idle needs the ends of that time only.
  const std::size_t count = knots_.size();
  if (count >= 2 && knots_[count - 1].second == cpu_ns && knots_[count - 2].second == cpu_ns)
    knots_.back().first = time_ns;
  else
    knots_.emplace_back(time_ns, cpu_ns);
}

void spread_cpu(const CpuCurve& curve, std::vector<TimedSample>& samples) {
  const auto& knots = curve.knots();
  std::size_t first = 0;  // the first sample that ends after the window begins
  for (std::size_t k = 1; k < knots.size(); ++k) {
    const std::int64_t from = knots[k - 1].first, to = knots[k].first;
    while (first < samples.size() && samples[first].time_ns <= from) ++first;
    Window window;
    std::size_t end = first;
    for (; end < samples.size() && samples[end].time_ns - samples[end].wall_ns < to; ++end)
      (samples[end].idle ? window.waiting_ns : window.running_ns) += overlap(samples[end], from, to);
    const std::int64_t used = std::min(knots[k].second - knots[k - 1].second, to - from);
    const std::int64_t running = std::min(used, window.running_ns);
    const std::int64_t waiting = std::min(used - running, window.waiting_ns);
    for (std::size_t i = first; i < end; ++i) {
      TimedSample& sample = samples[i];
      const std::int64_t shared = overlap(sample, from, to);
      sample.known = true;
      sample.cpu_ns +=
          sample.idle ? part_of(waiting, shared, window.waiting_ns) : part_of(running, shared, window.running_ns);
    }
  }
}

ThreadClocks::ThreadClocks(int pid, std::int64_t start_ns, const std::string& proc)
    : folder_(fmt::format("{}/{}/task", proc, pid)),
      start_ns_(start_ns),
      last_read_ns_(start_ns - kReadEveryNs),
      last_list_ns_(start_ns - kListEveryNs) {}

// What is new has run for no longer than since the list before.
bool ThreadClocks::list_threads(std::int64_t since_ns) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error);
  if (error) return false;
  for (const std::filesystem::directory_iterator end; entry != end && threads_.size() < kMaxThreads;
       entry.increment(error)) {
    if (error) return true;
    const std::string name = entry->path().filename();
    const auto tid = parse_i64(name);
    if (!tid || threads_.count(static_cast<int>(*tid)) > 0) continue;
    Thread thread;
    thread.schedstat = UniqueFd(open((folder_ + "/" + name + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC));
    thread.curve.add(since_ns, 0);
    thread.inner_tid = inner_id(folder_ + "/" + name + "/status", static_cast<int>(*tid));
    threads_.emplace(static_cast<int>(*tid), std::move(thread));
  }
  return true;
}

bool ThreadClocks::read(std::int64_t time_ns) {
  if (time_ns - last_read_ns_ < kReadEveryNs) return true;
  last_read_ns_ = time_ns;
  if (time_ns - last_list_ns_ >= kListEveryNs) {
    const bool listed = list_threads(std::max(last_list_ns_, start_ns_));
    last_list_ns_ = time_ns;
    if (!listed) return false;
  }
  bool alive = false;
  for (auto& [tid, thread] : threads_) {
    if (!thread.schedstat.valid()) continue;
    const auto run_time = read_run_time(thread.schedstat.get());
    if (run_time) {
      thread.curve.add(time_ns, *run_time);
      alive = true;
    } else {
      thread.schedstat.reset();
    }
  }
  return alive || last_list_ns_ != time_ns;
}

const CpuCurve* ThreadClocks::find(int inner_tid) const {
  for (const auto& [tid, thread] : threads_)
    if (thread.inner_tid == inner_tid) return &thread.curve;
  return nullptr;
}

int inner_id(const std::string& status_path, int fallback) {
  const auto status = read_file(status_path, 1U << 16U);
  if (!status) return fallback;
  for (const std::string_view line : split_lines(*status)) {
    if (!line.starts_with("NSpid:")) continue;
    const std::size_t last = line.find_last_of(" \t");
    const auto id = parse_i64(line.substr(last + 1));
    return id ? static_cast<int>(*id) : fallback;
  }
  return fallback;
}

}  // namespace rh::profiles
