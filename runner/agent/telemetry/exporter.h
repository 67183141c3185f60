// Sends telemetry beside the work. Connections are opened when the exporter is made, so that at the end only what is
// still queued has to go out; what an endpoint has not taken a moment later is left to a process of its own
// (afterwards.h), so that one that is slow gets everything and one that is dead costs next to nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/agent/telemetry/endpoint.h"

namespace rh::agent {

constexpr std::size_t kMaxQueuedTelemetry = 32ULL << 20;        // of one signal; more is dropped, and said
constexpr std::chrono::microseconds kTelemetryPatience{1'500};  // at the end
constexpr std::chrono::milliseconds kTelemetryDelay{200};       // before the thread takes what was queued

class Exporter {
 public:
  Exporter(const TelemetryPlan& plan, std::filesystem::path http_program);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void send(Signal signal, std::string body);  // returns at once
  // Waits a moment, and leaves the rest to a process that goes on; with TelemetryPlan::wait until all is over. Called
  // by the destructor.
  void finish();
  // What went wrong as far as it is known, one line each; after finish().
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  class Work;
  std::shared_ptr<Work> work_;  // of the thread, too
  bool finished_ = false;
};

}  // namespace rh::agent
