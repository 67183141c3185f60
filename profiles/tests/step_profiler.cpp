// Profiles of steps, on the recording loop that `runharness profile` has.
#include "profiles/step_profiler.h"

#include "profiles/recording.h"
#include "runner/base/clock.h"

namespace rh::profiles {
namespace {

class RecordedStep : public StepProfiler {
 public:
  explicit RecordedStep(const StepProfilerOptions& options) : root_(options.root), recording_(recorded_as(options)) {}

  [[nodiscard]] Result<void> prepare(model::Command& command) override;
  void start(int root_pid) override {
    recording_.start(root_pid);
    started_ = true;
  }
  [[nodiscard]] model::Profile finish(std::optional<std::chrono::nanoseconds> cpu) override;

 private:
  static RecordingOptions recorded_as(const StepProfilerOptions& options) {
    RecordingOptions recorded;
    recorded.scratch = options.scratch;
    return recorded;
  }

  std::filesystem::path root_;
  Recording recording_;
  std::vector<std::string> command_;
  std::string started_at_;
  bool started_ = false;
};

Result<void> RecordedStep::prepare(model::Command& command) {
  command_ = command.argv;
  started_at_ = to_rfc3339(wall_now());
  Launch launch;
  launch.argv = command.argv;
  launch.cwd = command.cwd;
  launch.executable = command.argv.empty() ? std::string() : command.argv.front();
  for (const auto& [name, value] : command.env) launch.env.push_back(name + "=" + value);
  RH_CHECK(recording_.prepare(launch));
  command.argv = std::move(launch.argv);
  command.env.clear();
  for (const std::string& entry : launch.env) {
    const std::size_t equals = entry.find('=');
    command.env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return {};
}

model::Profile RecordedStep::finish(std::optional<std::chrono::nanoseconds> cpu) {
  if (!started_) return {};
  RecordedEnd end;
  if (cpu) end.cpu_ns = cpu->count();
  model::Profile profile = recording_.finish(end);
  profile.command = command_;
  profile.cwd = root_.string();
  profile.started_at = started_at_;
  return profile;
}

}  // namespace

std::unique_ptr<StepProfiler> make_step_profiler(const StepProfilerOptions& options) {
  return std::make_unique<RecordedStep>(options);
}

}  // namespace rh::profiles
