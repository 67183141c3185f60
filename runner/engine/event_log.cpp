#include "runner/engine/event_log.h"

#include <fcntl.h>
#include <sys/file.h>

#include "reporters/reporter.h"
#include "runner/base/file.h"

namespace rh::engine {

namespace {

constexpr std::size_t kMaxPending = 256 * 1024;

}  // namespace

Result<void> EventLog::open(const std::filesystem::path& file) {
  fd_ = UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!fd_) return fail_errno("create the event log", file.string());
  // Held until the end: tells a later run with the same folder that this one is still going.
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return fail_errno("lock the event log", file.string());
  path_ = file;
  return {};
}

void EventLog::subscribe(Subscriber subscriber) { subscribers_.push_back(std::move(subscriber)); }

void EventLog::append(const model::RunEvent& event) {
  // Encoding is the expensive part and needs no lock.
  if (secrets_) return store_hidden(event);
  store(event, fd_ ? reporters::encode_event(event) + "\n" : std::string());
}

// An event is one line of text, so one search finds a secret in whichever member it stands. Only an event
// that held one is read back.
void EventLog::store_hidden(const model::RunEvent& event) {
  const std::string line = reporters::encode_event(event);
  Redactor redactor(*secrets_);
  std::string hidden;
  redactor.feed(line, hidden);
  redactor.finish(hidden);
  hidden += '\n';
  if (redactor.found() == 0) return store(event, hidden);
  if (const auto clean = reporters::decode_event(std::string_view(hidden).substr(0, hidden.size() - 1)))
    return store(*clean, hidden);
  const model::DiagnosticRaised left_out{
      {model::Severity::error,
       "event-left-out",
       "an event of this run cannot be read without the secret in it and was left out",
       "events.jsonl",
       {}}};
  store(left_out, reporters::encode_event(left_out) + "\n");
}

void EventLog::store(const model::RunEvent& event, const std::string& line) {
  const std::lock_guard lock(mutex_);
  pending_ += line;
  if (batches_ == 0 || pending_.size() >= kMaxPending) flush();
  for (const Subscriber& subscriber : subscribers_) subscriber(event);
}

void EventLog::begin_batch() {
  const std::lock_guard lock(mutex_);
  ++batches_;
}

// Batches of several suites may overlap. The events of one are written when it ends, whoever else goes on.
void EventLog::end_batch() {
  const std::lock_guard lock(mutex_);
  --batches_;
  flush();
}

void EventLog::flush() {
  if (pending_.empty()) return;
  if (fd_ && !write_error_) {
    if (auto written = write_all(fd_, pending_, path_.string()); !written) write_error_ = written.error();
  }
  pending_.clear();
}

std::optional<Error> EventLog::write_error() const {
  const std::lock_guard lock(mutex_);
  return write_error_;
}

}  // namespace rh::engine
