// One thread makes sandboxes ahead and clears used ones away. It lives as long as the pool, because a
// child dies with the thread that made it. A parked child has no descriptor but its own pipes, which
// nobody else has, and is given to one run only; so nothing can go from one run to the next.
#include "sandbox/pool.h"

#include <poll.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "sandbox/rlimits.h"

namespace rh::sandbox {
namespace {

// Most that the kernel lets a command line and environment have with the usual stack limit, doubled.
constexpr std::size_t kRoom = 4U << 20;
constexpr int kParkMilliseconds = 5000;

class ParkedPool : public Pool {
 public:
  ParkedPool(std::shared_ptr<LaunchEngine> engine, const LaunchSpec& shape, std::size_t size)
      : engine_(std::move(engine)), shape_(shape), size_(size) {
    shape_.streams = {};
    shape_.command = {{"/bin/true"}, "/", {}};
    keeper_ = std::thread([this] { keep_filled(); });
  }
  ParkedPool(const ParkedPool&) = delete;
  ParkedPool& operator=(const ParkedPool&) = delete;
  ~ParkedPool() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    keeper_.join();
  }

  Result<ExitRecord> run(const model::Command& command, const model::Limits& limits,
                         const SuperviseHooks& hooks) override {
    LaunchSpec spec = shape_;
    spec.command = command;
    spec.limits = limits;
    spec.limits.network = shape_.limits.network;
    spec.limits.tmp_bytes = shape_.limits.tmp_bytes;
    const bool has_name = !command.argv.empty() && !command.argv.front().empty();
    auto parked = has_name ? take() : std::nullopt;
    if (!parked || !order(*parked, spec)) return engine_->run(spec, hooks);
    ExitRecord record = engine_->follow(spec, *parked, hooks);
    retire(*std::move(parked));
    return record;
  }

 private:
  // False: the command does not fit, and the sandbox stays unused.
  static bool order(Prepared& parked, const LaunchSpec& spec) {
    LaunchPlan& plan = *parked.plan;
    if (!plan.command.write(adapted(spec.command, plan), resource_limits(spec.limits, plan.pids_limit))) return false;
    plan.cgroup->set_limits(spec.limits);
    plan.cpu_before = plan.cgroup->cpu_used();
    parked.init.command(InitCommand::start);
    return true;
  }

  std::optional<Prepared> take() {
    std::optional<Prepared> parked;
    {
      const std::lock_guard lock(mutex_);
      if (ready_.empty()) return std::nullopt;
      parked = std::move(ready_.front());
      ready_.pop_front();
    }
    changed_.notify_all();
    return parked;
  }

  void retire(Prepared used) {
    {
      const std::lock_guard lock(mutex_);
      used_.push_back(std::move(used));
    }
    changed_.notify_all();
  }

  void keep_filled() {
    std::unique_lock lock(mutex_);
    while (!closing_) {
      if (!used_.empty()) {
        const std::deque<Prepared> gone = std::exchange(used_, {});
        lock.unlock();
        // Their destructors remove the control groups.
      } else if (ready_.size() < size_ && !broken_) {
        lock.unlock();
        auto parked = park();
        lock.lock();
        if (parked)
          ready_.push_back(*std::move(parked));
        else
          broken_ = true;
        continue;
      } else {
        changed_.wait(lock);
        continue;
      }
      lock.lock();
    }
  }

  // Waits until the child says that everything is in place. A host that cannot do what was assumed
  // shows here; every run then finds out for itself what is left.
  std::optional<Prepared> park() {
    auto made = engine_->park(shape_, kRoom);
    if (!made) return std::nullopt;
    std::vector<InitMessage> said;
    for (;;) {
      pollfd event{made->init.status().fd, POLLIN, 0};
      if (poll(&event, 1, kParkMilliseconds) <= 0) return std::nullopt;
      const auto message = made->init.next_message();
      if (!message || message->kind == InitMessage::failed) return std::nullopt;
      if (message->kind == InitMessage::ready) break;
      said.push_back(*message);
    }
    for (const InitMessage& message : said) made->init.put_back(message);
    return *std::move(made);
  }

  std::shared_ptr<LaunchEngine> engine_;
  LaunchSpec shape_;
  std::size_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Prepared> ready_, used_;
  bool closing_ = false, broken_ = false;
  std::thread keeper_;
};

}  // namespace

std::unique_ptr<Pool> make_parked_pool(std::shared_ptr<LaunchEngine> engine, const LaunchSpec& shape,
                                       std::size_t size) {
  return std::make_unique<ParkedPool>(std::move(engine), shape, size);
}

}  // namespace rh::sandbox
