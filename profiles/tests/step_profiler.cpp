// Profiles of steps, on the recording loop that `runharness profile` has.
#include "profiles/step_profiler.h"

#include <utility>

#include "profiles/recording.h"
#include "runner/base/clock.h"

namespace rh::profiles {
namespace {

class RecordedStep : public StepProfiler {
 public:
  explicit RecordedStep(const StepProfilerOptions& options) : options_(options), recording_(make()) {}

  [[nodiscard]] Result<void> prepare(model::Command& command) override;
  void start(int root_pid) override;
  [[nodiscard]] model::Profile finish(std::optional<std::chrono::nanoseconds> cpu) override;

 private:
  [[nodiscard]] std::unique_ptr<Recording> make() const {
    RecordingOptions recorded;
    recorded.scratch = options_.scratch;
    return std::make_unique<Recording>(recorded);
  }

  StepProfilerOptions options_;
  std::unique_ptr<Recording> recording_;
  Launch launch_;  // as it was given
  std::string started_at_;
  bool started_ = false;
};

Result<void> RecordedStep::prepare(model::Command& command) {
  started_at_ = to_rfc3339(wall_now());
  Launch launch;
  launch.argv = command.argv;
  launch.cwd = command.cwd;
  launch.executable = command.argv.empty() ? std::string() : command.argv.front();
  for (const auto& [name, value] : command.env) launch.env.push_back(name + "=" + value);
  launch_ = launch;
  RH_CHECK(recording_->prepare(launch));
  command.argv = std::move(launch.argv);
  command.env.clear();
  for (const std::string& entry : launch.env) {
    const std::size_t equals = entry.find('=');
    command.env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return {};
}

void RecordedStep::start(int root_pid) {
  started_ = true;
  recording_->start(root_pid);
}

model::Profile RecordedStep::finish(std::optional<std::chrono::nanoseconds> cpu) {
  if (!started_) return {};
  RecordedEnd end;
  if (cpu) end.cpu_ns = cpu->count();
  model::Profile profile = recording_->finish(end);
  profile.command = launch_.argv;
  profile.cwd = options_.root.string();
  profile.started_at = started_at_;
  return profile;
}

}  // namespace

std::unique_ptr<StepProfiler> make_step_profiler(const StepProfilerOptions& options) {
  return std::make_unique<RecordedStep>(options);
}

}  // namespace rh::profiles
