// See invariants.h.
#include "tests/escape/invariants.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "reporters/json/encoder.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::escape {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// What is on its way out when the run ends (a zombie that its new parent has not yet reaped) is given
// this long.
constexpr milliseconds kLeaving{1000};
constexpr milliseconds kSettling{50};
constexpr milliseconds kRemoval{20000};
constexpr std::size_t kMostNamed = 20;

// pid -> parent, of every process in /proc.
std::map<int, int> parents() {
  std::map<int, int> found;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto pid = parse_u64(at->path().filename().native());
    if (!pid) continue;
    const auto stat = read_file(at->path() / "stat");
    if (!stat) continue;
    // "PID (NAME) STATE PARENT": the name may hold anything, so the last parenthesis counts.
    const std::size_t name_end = stat->rfind(')');
    if (name_end == std::string::npos || name_end + 4 > stat->size()) continue;
    found[static_cast<int>(*pid)] = std::atoi(stat->c_str() + name_end + 4);
  }
  return found;
}

std::string command_line(int pid) {
  const fs::path folder = fs::path("/proc") / std::to_string(pid);
  std::string text = read_file(folder / "cmdline").value_or("");
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.empty()) text = "[" + read_file(folder / "comm").value_or("gone\n");
  return std::to_string(pid) + " " + text;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.insert(at->path().string());
  return names;
}

// Groups that bear this process's name, in every hierarchy that is mounted.
std::set<std::string> own_groups() {
  const std::string mark = "runharness-" + std::to_string(getpid()) + "-";
  std::set<std::string> found;
  const std::string mounts = read_file("/proc/self/mountinfo").value_or("");
  for (const std::string_view line : split_lines(mounts)) {
    if (line.find(" - cgroup") == std::string_view::npos) continue;
    const fs::path root(split(line, ' ')[4]);
    std::error_code error;
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error)) {
      std::error_code ignored;
      if (!at->is_directory(ignored)) continue;
      if (at->path().filename().native().find(mark) != std::string::npos) found.insert(at->path().string());
    }
  }
  return found;
}

// Others on the machine have abstract sockets too; the probes give theirs this name and number.
std::set<std::string> own_sockets() {
  std::set<std::string> found;
  const std::string sockets = read_file("/proc/net/unix").value_or(""), number = "-" + std::to_string(getpid());
  for (const std::string_view line : split_lines(sockets)) {
    const std::size_t at = line.find("@rh-escape");
    if (at != std::string_view::npos && line.substr(at).ends_with(number)) found.emplace(line.substr(at));
  }
  return found;
}

std::string difference(const std::set<std::string>& before, const std::set<std::string>& after) {
  std::string text;
  for (const std::string& one : after)
    if (!before.contains(one)) text += " +" + one;
  for (const std::string& one : before)
    if (!after.contains(one)) text += " -" + one;
  return text;
}

template <class T>
void append_bytes(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// The record as a report would hold it.
std::string record_json(const sandbox::ExitRecord& record) {
  model::StepReport step;
  step.ending = record.ending;
  step.ending_detail = record.ending_detail;
  step.status = record.status;
  step.usage = record.usage;
  step.isolation = record.isolation;
  step.signals_sent = record.signals_sent;
  step.leftovers = record.leftovers;
  step.oom_kills = record.oom_kills;
  step.output_bytes = record.output_bytes;
  step.output_truncated = record.output_truncated;
  reporters::JsonWriter writer(1);
  reporters::Encoder(writer, reporters::Density::full, {}).value(step);
  return writer.take();
}

}  // namespace

std::set<int> descendants() {
  const std::map<int, int> all = parents();
  const int top = getppid(), self = getpid();
  std::set<int> found;
  for (const auto& [pid, parent] : all) {
    int at = pid;
    // A chain that changes while it is read ends where a link is missing.
    for (std::size_t steps = 0; at != top && at > 1 && steps < all.size(); ++steps) {
      const auto up = all.find(at);
      at = up == all.end() ? 0 : up->second;
    }
    if (at == top && pid != top && pid != self) found.insert(pid);
  }
  return found;
}

std::vector<std::string> kill_descendants_except(const std::set<int>& kept) {
  const auto is_new = [&](int pid) { return !kept.contains(pid); };
  // What is ending by itself does not count.
  for (const auto deadline = steady_clock::now() + kSettling; steady_clock::now() < deadline;) {
    const std::set<int> now = descendants();
    if (std::none_of(now.begin(), now.end(), is_new)) return {};
    std::this_thread::yield();
  }
  std::map<int, std::string> killed;
  const auto deadline = steady_clock::now() + kRemoval;
  for (bool any = true; any;) {
    any = false;
    for (const int pid : descendants()) {
      if (!is_new(pid)) continue;
      any = true;
      // Reading an argument vector waits for a lock of its process: a storm's members hold it for long.
      if (killed.size() < kMostNamed)
        killed.try_emplace(pid, command_line(pid));
      else
        killed.try_emplace(pid, std::to_string(pid));
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, WNOHANG);  // a child of this process; the others are the subreaper's
    }
    if (steady_clock::now() > deadline) {
      ADD_FAILURE() << "processes could not be killed: " << killed.begin()->second;
      break;
    }
    std::this_thread::yield();
  }
  std::vector<std::string> lines;
  for (auto& [pid, line] : killed) lines.push_back(std::move(line));
  return lines;
}

OwnState OwnState::now() {
  OwnState state;
  termios terminal{};
  winsize size{};
  if (tcgetattr(STDIN_FILENO, &terminal) == 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
    append_bytes(state.terminal, terminal);
    append_bytes(state.terminal, size);
  }
  state.folder = fs::current_path().string();
  state.mask = umask(0);
  umask(static_cast<mode_t>(state.mask));
  sigset_t blocked;
  sigemptyset(&blocked);
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int signal = 1; signal < SIGRTMAX; ++signal) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    state.signals += sigismember(&blocked, signal) == 1 ? 'b' : '-';
    state.signals += action.sa_handler == SIG_DFL ? 'd' : action.sa_handler == SIG_IGN ? 'i' : 'h';
  }
  for (int fd = 0; fd < 3; ++fd) state.flags.push_back(fcntl(fd, F_GETFL));
  return state;
}

Invariants::Invariants(fs::path folder)
    : folder_(std::move(folder)),
      processes_(descendants()),
      groups_(own_groups()),
      temporary_(names_in(fs::temp_directory_path())),
      sockets_(own_sockets()),
      state_(OwnState::now()) {}

void Invariants::expect_no_process_left() const {
  const auto deadline = steady_clock::now() + kLeaving;
  std::string left;
  do {
    left.clear();
    std::size_t count = 0;
    for (const int pid : descendants())
      if (!processes_.contains(pid) && ++count <= kMostNamed) left += command_line(pid) + "; ";
    if (left.empty()) return;
    std::this_thread::yield();
  } while (steady_clock::now() < deadline);
  ADD_FAILURE() << "G1: processes are left: " << left;
  (void)kill_descendants_except(processes_);  // the next test is to find its own only
}

void Invariants::expect_nothing_left_on_the_host() const {
  const std::string mounts = read_file("/proc/self/mountinfo").value_or("");
  for (const std::string_view line : split_lines(mounts))
    EXPECT_EQ(line.find(folder_.native()), std::string_view::npos) << "G2: a mount is left: " << line;
  EXPECT_EQ(difference(groups_, own_groups()), "") << "G2: control groups";
  // What an earlier runner, killed by a test, has left may go.
  std::set<std::string> temporary = names_in(fs::temp_directory_path());
  temporary.insert(temporary_.begin(), temporary_.end());
  EXPECT_EQ(difference(temporary_, temporary), "") << "G2: temporary files";
  EXPECT_EQ(difference(sockets_, own_sockets()), "") << "G2: abstract sockets";
}

void Invariants::expect_kept() const {
  expect_no_process_left();
  expect_nothing_left_on_the_host();
  const OwnState now = OwnState::now();
  EXPECT_EQ(now.terminal == state_.terminal, true) << "G3: the terminal's settings have changed";
  EXPECT_EQ(now.folder, state_.folder) << "G3";
  EXPECT_EQ(now.signals, state_.signals) << "G3";
  EXPECT_EQ(now.mask, state_.mask) << "G3";
  EXPECT_EQ(now.flags, state_.flags) << "G3: flags of the standard streams";
}

void Invariants::expect_kept(const sandbox::ExitRecord& record) const {
  expect_kept();
  expect_valid_record(record);
}

void expect_valid_record(const sandbox::ExitRecord& record) {
  const std::string text = record_json(record);
  int endings = 0;
  const auto count_endings = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (depth == 1 && event == nlohmann::json::parse_event_t::key && parsed == "ending") ++endings;
    return true;
  };
  const nlohmann::json parsed = nlohmann::json::parse(text, count_endings, false);
  EXPECT_FALSE(parsed.is_discarded()) << "G4: no JSON: " << text;
  EXPECT_EQ(endings, 1) << "G4: " << text;
  const bool exited = record.status.exit_code.has_value(), signaled = record.status.signal.has_value();
  EXPECT_FALSE(exited && signaled) << "G4: " << text;
  using model::Ending;
  EXPECT_TRUE(record.ending != Ending::exited || exited) << "G4: " << text;
  EXPECT_TRUE(record.ending != Ending::signaled || signaled) << "G4: " << text;
  EXPECT_TRUE(record.ending != Ending::start_failed || (!exited && !signaled)) << "G4: " << text;
}

}  // namespace rh::escape
