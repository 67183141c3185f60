// One stage of an execution, from its begin to the end of the clock's life, in the record.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "runner/agent/exec/record.h"
#include "runner/base/clock.h"

namespace rh::agent {

class StageClock {
 public:
  StageClock(ExecutionRecord& record, std::string name) : record_(record), begin_(monotonic_now()) {
    record_.stages.push_back({std::move(name), "ok", {}, {}});
    at_ = record_.stages.size() - 1;
  }
  void end(std::string_view outcome, std::string detail = {}) {
    record_.stages[at_].outcome = outcome;
    record_.stages[at_].detail = std::move(detail);
  }
  ~StageClock() { record_.stages[at_].wall = monotonic_now() - begin_; }
  StageClock(const StageClock&) = delete;

 private:
  ExecutionRecord& record_;
  std::size_t at_ = 0;
  Nanoseconds begin_;
};

}  // namespace rh::agent
