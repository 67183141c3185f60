#include "sandbox/local_launcher.h"

#include "sandbox/launch_engine.h"
#include "sandbox/pool.h"
#include "sandbox/survey_facts.h"

namespace rh::sandbox {
namespace {

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(const HostSwitches& switches) : engine_(std::make_shared<LaunchEngine>(switches)) {}

  Result<ExitRecord> run(const LaunchSpec& spec, const SuperviseHooks& hooks) override {
    return engine_->run(spec, hooks);
  }
  model::IsolationReport probe(model::IsolationLevel level) override { return engine_->probe(level); }
  model::HostSurvey survey() override {
    const auto host = engine_->probed_host();
    return survey_host(*host, gather_facts(*host, *engine_));
  }
  std::unique_ptr<Pool> make_pool(const LaunchSpec& shape, std::size_t size) override {
    return make_parked_pool(engine_, shape, size);
  }

 private:
  std::shared_ptr<LaunchEngine> engine_;
};

}  // namespace

std::unique_ptr<Launcher> make_local_launcher(const HostSwitches& switches) {
  return std::make_unique<LocalLauncher>(switches);
}

std::unique_ptr<Launcher> make_launcher() { return make_local_launcher({}); }

}  // namespace rh::sandbox
