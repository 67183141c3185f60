#include "runner/agent/telemetry/exporter.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include <fmt/core.h>

#include "runner/agent/http/http_client.h"
#include "runner/agent/telemetry/afterwards.h"
#include "runner/agent/telemetry/delivery.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, kSignals> kSignalNames{"traces", "metrics", "logs"};
constexpr milliseconds kThreadYields{50};  // how long a thread may take to notice that it is over

// One message by runharness-http: for https, and for names that need a resolver. False: the endpoint is not there.
bool deliver_by_helper(const std::filesystem::path& program, const Endpoint& endpoint, const std::string& body,
                       std::string& problem, const std::function<bool(milliseconds)>& pause) {
  constexpr std::size_t kMaxAnswerBytes = 64 << 10;
  constexpr milliseconds kFirstPause{250};
  HttpRequest request;
  request.url = endpoint.url;
  request.headers = endpoint.headers;
  request.headers.emplace_back("Content-Type: application/json");
  request.timeout = endpoint.timeout;
  request.connect_timeout = std::min<milliseconds>(endpoint.timeout, request.connect_timeout);
  request.authority_file = endpoint.authority_file;
  request.certificate_file = endpoint.certificate_file;
  request.key_file = endpoint.key_file;
  request.body = body;
  for (unsigned tries = 1;; ++tries) {
    HttpAnswer answer;
    HttpHooks hooks;
    hooks.on_data = [&](std::string_view bytes) {
      answer.body += bytes;
      return answer.body.size() < kMaxAnswerBytes;
    };
    const HttpOutcome outcome = http_call(program, request, hooks);
    answer.status = outcome.head.status;
    if (answer.status >= 200 && answer.status < 300) {
      problem.clear();
      return true;
    }
    problem =
        answer.status == 0 ? fmt::format("{}: {}", endpoint.url, outcome.message) : refusal_text(endpoint, answer);
    if (answer.status != 0 && !may_be_repeated(answer.status)) return true;
    const auto asked =
        std::chrono::seconds(std::min<std::uint64_t>(parse_u64(outcome.head.retry_after).value_or(0), 3600));
    if (tries >= kMaxTelemetryTries || !pause(std::max<milliseconds>(asked, kFirstPause * (1U << tries))))
      return answer.status != 0;
  }
}

}  // namespace

// What is queued, and a thread that sends it while the work goes on. At the end the thread lets go in the middle of
// whatever it does, and whoever finishes goes on with it.
class Exporter::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(const TelemetryPlan& plan, std::filesystem::path http_program)
      : plan_(plan), http_program_(std::move(http_program)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (std::size_t i = 0; i < kSignals; ++i)
      if (!plan_.endpoints[i].url.empty() && plan_.endpoints[i].plain()) plain_[i].emplace(plan_.endpoints[i]);
  }

  void add(std::size_t signal, std::string body) {
    const std::lock_guard lock(mutex_);
    if (plan_.endpoints[signal].url.empty()) return;
    Queue& queue = queues_[signal];
    if (queue.bytes + body.size() > kMaxQueuedTelemetry) {
      queue.problem =
          fmt::format("more than {} waited to be sent; the rest is dropped", format_size(kMaxQueuedTelemetry));
      return;
    }
    queue.bytes += body.size();
    queue.bodies.push_back(std::move(body));
    if (!std::exchange(started_, true)) start();
    changed_.notify_all();
  }

  void finish() {
    const Nanoseconds begun = monotonic_now();
    std::unique_lock lock(mutex_);
    finishing_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
    changed_.notify_all();
    if (plan_.wait) changed_.wait(lock, [&] { return !helping_; });
    const bool free = changed_.wait_for(lock, kThreadYields, [&] { return !driving_; });
    if (free) end_plain(begun);
    if (waiting()) end_helped();
    leave_the_rest(free);
  }

  [[nodiscard]] std::vector<std::string> problems() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (std::size_t i = 0; i < kSignals; ++i)
      if (!queues_[i].problem.empty())
        all.push_back(fmt::format("telemetry: {} were not sent: {}", kSignalNames[i], queues_[i].problem));
    return all;
  }

 private:
  struct Queue {
    std::deque<std::string> bodies;
    std::size_t bytes = 0;
    std::string problem;
  };

  void start() {
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([self = shared_from_this()] { self->work(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  [[nodiscard]] bool waiting() const {
    return std::any_of(queues_.begin(), queues_.end(), [](const Queue& one) { return !one.bodies.empty(); });
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return finishing_ || waiting(); });
      // Short commands end before that, and send all of it at once.
      changed_.wait_for(lock, kTelemetryDelay, [&] { return finishing_; });
      if (finishing_) return;
      take_plain();
      driving_ = true;
      lock.unlock();
      drive(plain(), std::nullopt, wake_);
      lock.lock();
      driving_ = false;
      changed_.notify_all();
      say_plain();
      for (std::size_t i = 0; i < kSignals && !finishing_; ++i) help(lock, i);
    }
  }

  // The caller holds the lock, or is the only thread.
  void take_plain() {
    for (std::size_t i = 0; i < kSignals; ++i) {
      if (!plain_[i]) continue;
      for (std::string& body : queues_[i].bodies) plain_[i]->add(std::move(body));
      queues_[i].bodies.clear();
      queues_[i].bytes = 0;
    }
  }
  std::vector<Delivery*> plain() {
    std::vector<Delivery*> all;
    for (auto& one : plain_)
      if (one) all.push_back(&*one);
    return all;
  }
  void say_plain() {
    for (std::size_t i = 0; i < kSignals; ++i)
      if (plain_[i]) queues_[i].problem = plain_[i]->problem();
  }

  void help(std::unique_lock<std::mutex>& lock, std::size_t signal) {
    while (!plain_[signal] && !queues_[signal].bodies.empty() && !finishing_) {
      const std::string body = std::move(queues_[signal].bodies.front());
      queues_[signal].bodies.pop_front();
      queues_[signal].bytes -= body.size();
      helping_ = true;
      lock.unlock();
      std::string problem;
      (void)deliver_by_helper(http_program_, plan_.endpoints[signal], body, problem, [&](milliseconds pause) {
        std::unique_lock own(mutex_);
        return !changed_.wait_for(own, pause, [&] { return finishing_; });
      });
      lock.lock();
      helping_ = false;
      changed_.notify_all();
      queues_[signal].problem = std::move(problem);
    }
  }

  // A moment for collectors that are there.
  void end_plain(Nanoseconds begun) {
    take_plain();
    for (Delivery* one : plain()) one->last_call();
    drive(plain(), plan_.wait ? std::nullopt : std::optional(begun + Nanoseconds(kTelemetryPatience)), {});
    say_plain();
  }

  void end_helped() {
    if (http_program_.empty()) {
      for (std::size_t i = 0; i < kSignals; ++i)
        if (!queues_[i].bodies.empty())
          queues_[i].problem = fmt::format("{} needs runharness-http, which is not there", plan_.endpoints[i].url);
      for (Queue& one : queues_) one.bodies.clear();
    } else if (plan_.wait) {
      send_helped();
    }
  }

  // One signal after another; an endpoint that is not there is not asked for the rest.
  void send_helped() {
    for (std::size_t i = 0; i < kSignals; ++i) {
      for (const std::string& body : queues_[i].bodies)
        if (!deliver_by_helper(http_program_, plan_.endpoints[i], body, queues_[i].problem, [](milliseconds pause) {
              std::this_thread::sleep_for(pause);
              return true;
            }))
          break;
      queues_[i].bodies.clear();
    }
  }

  void leave_the_rest(bool free) {
    std::vector<int> sockets;
    std::size_t messages = 0;
    milliseconds longest{0};
    for (std::size_t i = 0; i < kSignals; ++i) {
      const std::size_t own = queues_[i].bodies.size() + (free && plain_[i] ? plain_[i]->queued() : 0);
      if (own == 0) continue;
      messages += own;
      longest = std::max(longest, plan_.endpoints[i].timeout);
      if (plain_[i] && plain_[i]->descriptor() >= 0) sockets.push_back(plain_[i]->descriptor());
    }
    if (messages == 0) return;
    const bool left = go_on_afterwards(std::move(sockets), longest * static_cast<long>(messages + 1), [&] {
      if (free) drive(plain(), std::nullopt, {});
      send_helped();
    });
    for (std::size_t i = 0; i < kSignals; ++i) {
      const bool own = !queues_[i].bodies.empty() || (free && plain_[i] && !plain_[i]->idle());
      if (own && !left) queues_[i].problem = fmt::format("{} is too slow", plan_.endpoints[i].url);
    }
  }

  const TelemetryPlan plan_;
  const std::filesystem::path http_program_;
  const UniqueFd wake_;
  // Of the thread while it drives, else of whoever finishes.
  std::array<std::optional<Delivery>, kSignals> plain_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Queue, kSignals> queues_;
  bool started_ = false, driving_ = false, helping_ = false, finishing_ = false;
};

Exporter::Exporter(const TelemetryPlan& plan, std::filesystem::path http_program)
    : work_(std::make_shared<Work>(plan, std::move(http_program))) {}

Exporter::~Exporter() { finish(); }

void Exporter::send(Signal signal, std::string body) { work_->add(static_cast<std::size_t>(signal), std::move(body)); }

void Exporter::finish() {
  if (!std::exchange(finished_, true)) work_->finish();
}

std::vector<std::string> Exporter::problems() const { return work_->problems(); }

}  // namespace rh::agent
