// The run's event log: every event becomes one line of events.jsonl, written before append returns or,
// within a batch, before the batch ends; then it goes to the subscribers in the order of the log.
// Thread-safe. When the disk refuses, the run goes on in memory and the failure is kept for the report.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/redact.h"
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
  // From now on neither the file nor a subscriber sees one of these. Before the first event.
  void hide(std::shared_ptr<const Secrets> secrets) { secrets_ = std::move(secrets); }
  void append(const model::RunEvent& event);

  // While one lives, lines gather and are written together: the results of a thousand tests that
  // arrive in one read cost one write instead of two thousand. Keep it as short as such a read.
  class Batch {
   public:
    explicit Batch(EventLog& log) : log_(log) { log_.begin_batch(); }
    ~Batch() { log_.end_batch(); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

   private:
    EventLog& log_;
  };

  // The first write that failed.
  [[nodiscard]] std::optional<Error> write_error() const;

 private:
  void begin_batch();
  void end_batch();
  void flush();  // with the lock held
  void store(const model::RunEvent& event, const std::string& line);
  void store_hidden(const model::RunEvent& event);

  mutable std::mutex mutex_;
  std::string pending_;  // whole lines
  unsigned batches_ = 0;
  std::filesystem::path path_;
  UniqueFd fd_;
  std::vector<Subscriber> subscribers_;
  std::shared_ptr<const Secrets> secrets_;
  std::optional<Error> write_error_;
};

}  // namespace rh::engine
