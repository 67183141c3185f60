// What a sandbox costs a short command, beside bare posix_spawn and the sandboxes found on this machine; how fast a
// large tree dies; how much memory the runner needs for much output. Candidates take turns within one run, because the
// load of a machine changes more between minutes than between candidates.
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "runner/base/file.h"
#include "sandbox/sandbox.h"
#include "tests/bench/sandbox/peers.h"
#include "tests/bench/sandbox/scoreboard.h"
#include "tests/bench/sandbox/timed_process.h"

namespace rh::bench {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr double kMaxToBare = 3.0, kMaxToBwrap = 1.0, kMaxPooledToBare = 1.3;
constexpr double kMaxOwnStartMs = 0.5;  // of the program itself, over a bare exec
constexpr double kMaxTreeMs = 150;
constexpr double kMaxRunnerMib = 64;
constexpr int kWarmRounds = 3;
constexpr int kTreeRounds = 5;
constexpr int kTreeProcesses = 1000;
constexpr useconds_t kRefillUs = 5000;

struct Options {
  std::string program = RUNHARNESS_PROGRAM;
  int rounds = 200;
  int output_gib = 1;
  bool json = false, check = false;
  std::vector<std::string> only;
  [[nodiscard]] bool wants(const std::string& part) const {
    return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
  }
};

// What `run --preset strict` asks for, in this process.
sandbox::LaunchSpec strict_spec(const fs::path& workspace, const Words& command) {
  sandbox::LaunchSpec spec;
  spec.command = {command, workspace, {{"PATH", "/usr/bin:/bin"}}};
  spec.level = model::IsolationLevel::strict;
  spec.limits.memory_bytes = 2ULL << 30;
  spec.limits.pids = 2 * kTreeProcesses;
  spec.limits.tmp_bytes = 1ULL << 30;
  spec.limits.network = model::NetworkPolicy::none;
  spec.limits.grace = std::chrono::seconds(0);
  spec.files.overlays = {workspace};
  if (const char* home = std::getenv("HOME")) spec.files.home = home;
  spec.name = "bench";
  return spec;
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "start_bench: %s\n", why.c_str());
  std::exit(2);
}

void check(const Result<sandbox::ExitRecord>& record, model::Ending expected) {
  if (!record) give_up(record.error().message());
  if (record->ending != expected) give_up("a run ended otherwise than it should: " + record->ending_detail);
}

// --- start ------------------------------------------------------------------------------------------

struct Candidate {
  std::string name, policy;
  std::function<double()> run;  // µs
  std::vector<double> us;
};

Candidate of_process(std::string name, std::string policy, const TimedCommand& command) {
  return {std::move(name),
          std::move(policy),
          [command, name] {
            const Finished finished = run_timed(command);
            if (!finished.ok()) give_up(command.argv.front() + " " + complaint_of(command));
            return finished.wall_us;
          },
          {}};
}

class StartSection {
 public:
  StartSection(const Options& options, const fs::path& workspace, const fs::path& folder, Scoreboard& board)
      : options_(options), board_(board), launcher_(sandbox::make_launcher()) {
    const Words command{"/bin/true"};
    const sandbox::LaunchSpec spec = strict_spec(workspace, command);
    const std::string place = workspace.string();
    candidates_.push_back(of_process("posix_spawn", "no sandbox", {command, place, -1}));
    candidates_.push_back(
        of_process("runharness --version", "process start alone", {{options.program, "--version"}, place, -1}));
    candidates_.push_back(of_process("runharness run --preset strict", "everything",
                                     {{options.program, "run", "--preset", "strict", "--", "/bin/true"}, place, -1}));
    add_in_process(spec);
    peers_ = find_peers(command, workspace, folder);
    for (const Peer& peer : peers_) {
      if (peer.missing.empty())
        candidates_.push_back(of_process(peer.name, peer.policy, peer.command));
      else
        board_.missing.push_back({peer.name, peer.missing});
    }
  }

  void measure() {
    for (int round = -kWarmRounds; round < options_.rounds; ++round)
      for (Candidate& candidate : candidates_) {
        const double us = candidate.run();
        if (round >= 0) candidate.us.push_back(us);
      }
    for (const Candidate& candidate : candidates_) {
      const Spread us = spread_of(candidate.us);
      board_.starts.push_back({candidate.name, us, us.p50 / p50_of("posix_spawn"), candidate.policy});
    }
    const double bare = p50_of("posix_spawn"), ours = p50_of("runharness run --preset strict");
    board_.targets.push_back(
        {"process start over a bare exec", "ms", (p50_of("runharness --version") - bare) / 1e3, kMaxOwnStartMs});
    board_.targets.push_back({"run --preset strict / posix_spawn", "x", ours / bare, kMaxToBare});
    if (const double bwrap = p50_of("bwrap"); bwrap > 0)
      board_.targets.push_back({"run --preset strict / bwrap", "x", ours / bwrap, kMaxToBwrap});
    board_.targets.push_back(
        {"from a pool / posix_spawn", "x", p50_of("from a pool, in process") / bare, kMaxPooledToBare});
  }

 private:
  void add_in_process(const sandbox::LaunchSpec& spec) {
    candidates_.push_back({"launched in process",
                           "everything",
                           [this, spec] {
                             const double begin = now_us();
                             const auto record = launcher_->run(spec, {});
                             const double us = now_us() - begin;
                             check(record, model::Ending::exited);
                             return us;
                           },
                           {}});
    pool_ = launcher_->make_pool(spec, 2);
    candidates_.push_back({"from a pool, in process",
                           "everything, made ahead",
                           [this, spec] {
                             const double begin = now_us();
                             const auto record = pool_->run(spec.command, spec.limits, {});
                             const double us = now_us() - begin;
                             check(record, model::Ending::exited);
                             usleep(kRefillUs);  // the next candidate shall not share the machine with the refill
                             return us;
                           },
                           {}});
  }

  [[nodiscard]] double p50_of(const std::string& name) const {
    for (const Candidate& candidate : candidates_)
      if (candidate.name == name) return spread_of(candidate.us).p50;
    return 0;
  }

  const Options& options_;
  Scoreboard& board_;
  std::unique_ptr<sandbox::Launcher> launcher_;
  std::unique_ptr<sandbox::Pool> pool_;
  std::vector<Peer> peers_;
  std::vector<Candidate> candidates_;
};

// --- a large tree -----------------------------------------------------------------------------------

// From the order to end the run until it has ended, tree, namespaces and control groups gone.
double kill_large_tree(const fs::path& workspace) {
  int ends[2];
  if (pipe(ends) != 0) give_up("no pipe");
  const UniqueFd cancel(ends[0]), order(ends[1]);
  const std::string script =
      fmt::format("i=1; while [ $i -lt {} ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait", kTreeProcesses);
  double ordered = 0;
  sandbox::SuperviseHooks hooks;
  hooks.cancel = cancel;
  hooks.on_output = [&](model::Stream, std::string_view) {
    ordered = now_us();
    if (write(order.get(), "x", 1) != 1) give_up("no order");
  };
  const auto record = sandbox::make_launcher()->run(strict_spec(workspace, {"/bin/sh", "-c", script}), hooks);
  const double gone = now_us();
  check(record, model::Ending::cancelled);
  return (gone - ordered) / 1e3;
}

void measure_tree(const fs::path& workspace, Scoreboard& board) {
  std::vector<double> milliseconds;
  for (int round = 0; round < kTreeRounds; ++round) milliseconds.push_back(kill_large_tree(workspace));
  board.targets.push_back(
      {fmt::format("tree of {} processes gone, p50", kTreeProcesses), "ms", spread_of(milliseconds).p50, kMaxTreeMs});
}

// --- much output ------------------------------------------------------------------------------------

void measure_output(const Options& options, const fs::path& workspace, Scoreboard& board) {
  const std::string script = fmt::format("head -c {}G /dev/zero", options.output_gib);
  // A limit sends the output through the runner, which otherwise hands its own descriptors on. A record keeps what a
  // limit of the caller allows, so there the figure is taken without one.
  const std::string limit = fmt::format("{}G", options.output_gib + 1);
  for (const bool json : {false, true}) {
    Words words{options.program, "run", "--preset", "strict", "--timeout", "600s", "--output-limit"};
    words.push_back(json ? "unlimited" : limit);
    if (json) words.emplace_back("--json");
    for (const std::string& word : {std::string("--"), std::string("/bin/sh"), std::string("-c"), script})
      words.push_back(word);
    const TimedCommand command{words, workspace, -1};
    const Finished finished = run_timed(command);
    if (!finished.ok()) give_up("run with much output " + complaint_of(command));
    const char* how = json ? "--json" : "relayed";
    board.targets.push_back({fmt::format("peak RSS of the runner, {} GiB {}", options.output_gib, how), "MiB",
                             static_cast<double>(finished.peak_rss_bytes) / (1 << 20), kMaxRunnerMib});
    board.targets.push_back(
        {fmt::format("output {}", how), "GiB/s", options.output_gib / (finished.wall_us / 1e6), std::nullopt});
  }
}

// ----------------------------------------------------------------------------------------------------

std::string describe_machine() {
  utsname name{};
  uname(&name);
  double load = 0;
  getloadavg(&load, 1);
  return fmt::format("Linux {}, {} processors, load {:.1f}, uid {}", name.release, std::thread::hardware_concurrency(),
                     load, getuid());
}

int run(const Options& options) {
  const auto folder = TempDir::make("runharness-bench");
  if (!folder) give_up(folder.error().message());
  const fs::path workspace = folder->path() / "workspace";
  fs::create_directory(workspace);
  Scoreboard board;
  board.machine = describe_machine();
  board.rounds = options.rounds;
  if (options.wants("start")) StartSection(options, workspace, folder->path(), board).measure();
  if (options.wants("tree")) measure_tree(workspace, board);
  if (options.wants("output")) measure_output(options, workspace, board);
  std::fputs((options.json ? board.json() : board.table()).c_str(), stdout);
  return options.check && !board.all_met() ? 1 : 0;
}

}  // namespace
}  // namespace rh::bench

int main(int argc, char** argv) {
  rh::bench::Options options;
  CLI::App app{
      "What the sandbox costs, beside its peers. Exit code 0 whatever the figures say, unless --check is given."};
  app.add_option("--runharness", options.program, "the program to measure")->check(CLI::ExistingFile);
  app.add_option("--rounds", options.rounds, "interleaved rounds of short commands")->check(CLI::PositiveNumber);
  app.add_option("--output-gib", options.output_gib, "GiB of output for the memory of the runner")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", options.only, "start, tree, output")->check(CLI::IsMember({"start", "tree", "output"}));
  app.add_flag("--json", options.json, "print JSON");
  app.add_flag("--check", options.check, "exit with 1 when a target is missed");
  CLI11_PARSE(app, argc, argv);
  return rh::bench::run(options);
}
