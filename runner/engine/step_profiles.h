// The profiles of one suite's steps: joined to the tests that ran, stored in the run directory, and told in the
// event log.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/step_profiler.h"
#include "runner/engine/run_context.h"
#include "runner/model/profile.h"

namespace rh::engine {

class StepProfiles {
 public:
  StepProfiles(RunContext& context, model::SuiteId suite) : context_(context), suite_(std::move(suite)) {}

  // When the attempt that comes next ended, its hooks included.
  void end_of_next(std::chrono::nanoseconds at) { end_of_next_ = at; }
  // An attempt of a test of the step that runs.
  void take(const model::TestCase& test, const model::Attempt& attempt);
  // The step has ended. `file`: where the whole profile goes.
  void finish_step(const std::string& step, const std::filesystem::path& file, const model::Profile& profile);
  // All steps have: of the slowest tests it is known now which they are.
  void finish();

 private:
  struct Held {
    std::chrono::nanoseconds duration{};
    model::TestId test;
    model::TestProfile profile;
  };
  void want_slowest();
  void store(const std::filesystem::path& file, const model::Profile& profile, model::StepProfile& step);
  void note(std::string code, std::string message);

  RunContext& context_;
  model::SuiteId suite_;
  std::vector<profiles::RanTest> ran_;                     // in the step
  std::unordered_map<std::string, std::size_t> last_run_;  // test id -> place in `ran_` of its last attempt
  std::vector<Held> held_;                                 // of --profile=slowest:N
  std::optional<std::chrono::nanoseconds> end_of_next_;
  std::size_t told_ = 0, left_out_ = 0;
};

}  // namespace rh::engine
