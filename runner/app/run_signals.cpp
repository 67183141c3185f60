#include "runner/app/run_signals.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace rh::app {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Signal handlers reach only lock-free globals.
std::atomic<int> g_event{-1}, g_second{-1};
std::atomic<int> g_command{-1};
std::atomic<int> g_first{0};
std::atomic<bool> g_at_once{false};
static_assert(std::atomic<int>::is_always_lock_free);

void raise(const std::atomic<int>& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(event.load(), &one, sizeof one);
}

void send_to_command(int signal) {
  if (const int command = g_command.load(); command >= 0) ::syscall(SYS_pidfd_send_signal, command, signal, nullptr, 0);
}

// Killing the command itself is enough: the supervision kills the rest of the tree after it.
void kill_command() {
  g_at_once = true;
  send_to_command(SIGKILL);
}

void on_signal(int signal) {
  const int saved = errno;
  int none = 0;
  if (g_first.compare_exchange_strong(none, signal)) {
    raise(g_event);
  } else {
    raise(g_second);
    kill_command();
  }
  errno = saved;
}

// The command has a session of its own, so the terminal's signals reach only this process.
void on_terminal_signal(int signal) {
  const int saved = errno;
  if (signal == SIGTSTP) {
    send_to_command(SIGSTOP);
    ::kill(::getpid(), SIGSTOP);  // returns when the shell continues us
    send_to_command(SIGCONT);
  } else {
    send_to_command(signal);
  }
  errno = saved;
}

Result<void> handle(int signal, void (*handler)(int)) {
  struct sigaction action {
  }, present{};
  ::sigaction(signal, nullptr, &present);
  if (present.sa_handler == SIG_IGN) return {};  // nohup, and what a shell starts in the background
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  if (::sigaction(signal, &action, nullptr) != 0) return fail_errno("install a signal handler", ::strsignal(signal));
  return {};
}

}  // namespace

Result<RunSignals> RunSignals::install() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), second(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event || !second) return fail_errno("create an event descriptor", "eventfd");
  g_event = event.get();
  g_second = second.get();
  for (const int signal : kSignals) RH_CHECK(handle(signal, on_signal));
  for (const int signal : {SIGTSTP, SIGWINCH}) RH_CHECK(handle(signal, on_terminal_signal));
  return RunSignals(std::move(event), std::move(second));
}

RunSignals::~RunSignals() {
  if (!event_) return;
  g_event = g_second = g_command = -1;
}

int RunSignals::first() const { return g_first.load(); }

void RunSignals::watch(int pid) {
  command_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  g_command = command_.get();
  if (g_at_once.load()) kill_command();
}

void RunSignals::stop() const {
  raise(g_event);
  kill_command();
}

}  // namespace rh::app
