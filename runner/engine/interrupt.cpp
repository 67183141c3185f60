#include "runner/engine/interrupt.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace rh::engine {
namespace {

// Signal handlers reach only lock-free globals.
std::atomic<int> g_event{-1};
std::atomic<int> g_cause{static_cast<int>(RunStop::none)};
static_assert(std::atomic<int>::is_always_lock_free);

void raise_event(RunStop cause) {
  int expected = static_cast<int>(RunStop::none);
  g_cause.compare_exchange_strong(expected, static_cast<int>(cause));
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(g_event.load(), &one, sizeof one);
}

void on_signal(int signal) {
  const int saved = errno;
  static std::atomic<int> seen{0};
  if (seen.fetch_add(1) > 0) ::_exit(128 + signal);
  raise_event(signal == SIGINT ? RunStop::interrupted : RunStop::terminated);
  errno = saved;
}

}  // namespace

Result<Interrupt> Interrupt::install() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail_errno("create an event descriptor", "eventfd");
  g_event = event.get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // A caller that ignores a signal (nohup) keeps that choice.
    struct sigaction present {};
    ::sigaction(signal, nullptr, &present);
    if (present.sa_handler == SIG_IGN && signal == SIGHUP) continue;
    if (::sigaction(signal, &action, nullptr) != 0) return fail_errno("install a signal handler", ::strsignal(signal));
  }
  // A reader of our output that went away, and a file that may grow no further (ulimit -f), are
  // errors of write(), not a death.
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  return Interrupt(std::move(event));
}

Interrupt::Interrupt(Interrupt&& other) noexcept : event_(std::move(other.event_)) {}

Interrupt::~Interrupt() {
  if (!event_) return;
  g_event = -1;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
}

void Interrupt::stop(RunStop cause) { raise_event(cause); }

RunStop Interrupt::cause() const { return static_cast<RunStop>(g_cause.load()); }

}  // namespace rh::engine
