// The steps of one launch, for those that make them in one go and those that park in between: plan
// and spawn, then supervise and record. Knows what the host allows: at first it assumes the best,
// because the launch itself is the trial; when a set-up fails, the host is probed step by step.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "sandbox/host.h"
#include "sandbox/launch_plan.h"
#include "sandbox/sandbox.h"
#include "sandbox/spawn.h"

namespace rh::sandbox {

// A child with everything in place but its command.
struct Prepared {
  std::shared_ptr<const Host> host;
  std::unique_ptr<LaunchPlan> plan;
  InitProcess init;
};

class LaunchEngine {
 public:
  explicit LaunchEngine(const HostSwitches& switches) : switches_(switches) {}

  // Plans, spawns and supervises; tries again with what the host really has where the set-up failed.
  [[nodiscard]] Result<ExitRecord> run(const LaunchSpec& spec, const SuperviseHooks& hooks);
  [[nodiscard]] model::IsolationReport probe(model::IsolationLevel level);
  [[nodiscard]] std::shared_ptr<const Host> probed_host();

  // A child that waits for InitCommand::start, with `room` bytes for its command.
  [[nodiscard]] Result<Prepared> park(const LaunchSpec& shape, std::size_t room);
  // From the start of the command to the end of its tree.
  [[nodiscard]] ExitRecord follow(const LaunchSpec& spec, Prepared& prepared, const SuperviseHooks& hooks);

 private:
  std::shared_ptr<const Host> host();
  // Once, when the runner has nothing else to do: what dead runners left costs no start any time.
  void sweep();
  [[nodiscard]] Result<Prepared> prepare(const LaunchSpec& spec, std::shared_ptr<const Host> host, std::size_t room,
                                         bool parked, std::function<void(int pid)> held);

  HostSwitches switches_;
  IdMapper mapper_;
  std::once_flag swept_;
  std::mutex mutex_;
  std::shared_ptr<const Host> host_;
};

}  // namespace rh::sandbox
