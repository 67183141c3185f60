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
  const std::string line = fd_ ? reporters::encode_event(event) + "\n" : std::string();
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
