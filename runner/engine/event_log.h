// The run's event log: every event becomes one line of events.jsonl by one write, then goes to the
// subscribers in the order of the log. Thread-safe. When the disk refuses, the run goes on in memory
// and the failure is kept for the report.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/event.h"

namespace rh::engine {

class EventLog {
 public:
  using Subscriber = std::function<void(const model::RunEvent&)>;

  // Creates the file; without a path the log lives in its subscribers only.
  [[nodiscard]] Result<void> open(const std::filesystem::path& file);
  void subscribe(Subscriber subscriber);  // before the first event
  void append(const model::RunEvent& event);
  // The first write that failed.
  [[nodiscard]] std::optional<Error> write_error() const;

 private:
  mutable std::mutex mutex_;
  std::filesystem::path path_;
  UniqueFd fd_;
  std::vector<Subscriber> subscribers_;
  std::optional<Error> write_error_;
};

}  // namespace rh::engine
