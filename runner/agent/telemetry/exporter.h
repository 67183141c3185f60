// Sends telemetry beside the work. The connection is opened when the exporter is made, so that at the end only what is
// still queued has to go out; an endpoint that is dead, does not answer or is slow costs a few milliseconds there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/agent/telemetry/endpoint.h"

namespace rh::agent {

constexpr std::size_t kMaxQueuedTelemetry = 32ULL << 20;    // of one signal; more is dropped, and said
constexpr std::chrono::milliseconds kTelemetryPatience{3};  // at the end, while nothing moves
constexpr std::chrono::milliseconds kTelemetryDelay{200};   // before the thread takes what was queued
constexpr unsigned kMaxTelemetryTries = 4;

class Exporter {
 public:
  Exporter(const TelemetryPlan& plan, std::filesystem::path http_program);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void send(Signal signal, std::string body);  // returns at once
  // Waits while bytes still move, and gives up on what does not. Called by the destructor.
  void finish();
  // What went wrong, one line each; after finish().
  [[nodiscard]] std::vector<std::string> problems() const;

  class Line;

 private:
  std::vector<std::shared_ptr<Line>> lines_;  // by Signal; null: not sent
  bool finished_ = false;
};

}  // namespace rh::agent
