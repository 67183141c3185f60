// What all suites of one run share.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collectors/sampling/sampler.h"
#include "runner/adapters/adapter.h"
#include "runner/base/redact.h"
#include "runner/engine/event_log.h"
#include "runner/engine/registry.h"
#include "runner/engine/run_options.h"
#include "runner/model/repository.h"
#include "sandbox/sandbox.h"

namespace rh::engine {

// Steps that several suites have in common (one `npm ci` for a whole workspace) run once; the other
// suites wait for it and take over its meaning.
class SharedSteps {
 public:
  model::StepMeaning run_once(const std::string& key, const std::function<model::StepMeaning()>& step);

 private:
  struct Entry {
    bool done = false;
    model::StepMeaning meaning = model::StepMeaning::ok;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
};

struct RunPaths {
  std::filesystem::path run;      // events.jsonl, samples.bin, suites/
  std::filesystem::path support;  // plugins, read-only in the sandbox
  std::filesystem::path state;    // .runharness of the repository: caches, history
  std::string state_problem;      // why `state` is only a temporary folder; empty: it is not
};

struct RunContext {
  const RunOptions& options;
  const Registry& registry;
  const adapters::Host& host;
  const model::Repository& repository;
  sandbox::Launcher& launcher;
  EventLog& log;
  RunPaths paths;
  BorrowedFd cancel;  // readable once the run is to end
  SharedSteps shared_steps;
  std::mutex samples_mutex;  // samples.bin is appended block by block
  std::function<void(model::SampleSeries)> on_series;
  std::shared_ptr<const Secrets> secrets;                          // null: nothing is hidden
  std::vector<std::pair<std::string, std::string>> suite_roots{};  // root and ecosystem of each suite
  std::function<void(const model::SuiteId&, const collectors::LatestSample&)> on_usage = {};  // at every sample
};

}  // namespace rh::engine
