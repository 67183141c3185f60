// Reading the audit log: is it whole, and what does it say?
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/audit/audit_line.h"
#include "runner/agent/audit/audit_log.h"
#include "runner/agent/audit/private_folder.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kListedUnfinished = 20;
constexpr std::size_t kChunk = 256 << 10;

// Calls `take` with each line; `ended`: a newline stands behind it. Stops when it says false.
Result<void> each_line(BorrowedFd fd, const fs::path& file,
                       const std::function<bool(std::string_view line, bool ended)>& take) {
  std::string held;
  std::string chunk(kChunk, '\0');
  off_t at = 0;
  while (true) {
    const ssize_t got = ::pread(fd.fd, chunk.data(), chunk.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read the audit log", file.string());
    if (got == 0) break;
    at += got;
    held.append(chunk.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n', begin)) {
      if (!take(std::string_view(held).substr(begin, end - begin), true)) return {};
      begin = end + 1;
    }
    held.erase(0, begin);
    // What is longer than any line of ours is shown as far as it matters.
    if (held.size() > kMaxAuditLineBytes) {
      take(held, false);
      return {};
    }
  }
  if (!held.empty()) take(held, false);
  return {};
}

class ChainCheck {
 public:
  explicit ChainCheck(std::string_view key) : key_(key) {}

  bool take(std::string_view text, bool ended) {
    ++verdict.lines;
    if (!ended) return broken("incomplete", "its end is missing: it was cut, or its writer was ended just now");
    const auto line = read_audit_line(key_, text);
    if (!line) return broken("changed", "its digest is not that of its bytes: it was changed or put in");
    if (line->seq > last_ + 1)
      return broken("missing before",
                    fmt::format("{} of the log are missing before it: it is number {}, number {} is due",
                                count_text(line->seq - last_ - 1), line->seq, last_ + 1));
    if (line->seq <= last_)
      return broken("moved", fmt::format("it is number {} and stands behind number {}: it was moved or put in again",
                                         line->seq, last_));
    if (line->prev != mac) return broken("changed", "the line before it is not the one that it was written behind");
    last_ = line->seq;
    mac = line->mac;
    note_execution(*line);
    return true;
  }

  void finish(std::uint64_t head_seq, const std::string& head_mac) {
    if (verdict.broken) return;
    if (head_seq > last_) {
      ++verdict.lines;
      broken("truncated", fmt::format("{} of the log are missing at its end: the head counts {}",
                                      count_text(head_seq - last_), head_seq));
      --verdict.lines;
    } else if (head_seq == last_ && head_mac != mac) {
      broken("changed", "the head knows another last line");
    } else if (head_seq < last_) {
      verdict.notes.push_back(fmt::format(
          "the head counts {} and the log has {}: a writer was ended between the two; the next line mends it", head_seq,
          last_));
    }
  }

  bool broken(std::string_view problem, std::string detail) {
    verdict.broken = AuditBreak{verdict.lines, std::string(problem), std::move(detail)};
    return false;
  }

  AuditVerdict verdict;
  std::string mac = audit_origin();
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] const std::map<std::string, std::string>& unfinished() const { return unfinished_; }

 private:
  static std::string count_text(std::uint64_t count) { return fmt::format("{} line{}", count, count == 1 ? "" : "s"); }

  void note_execution(const AuditLine& line) {
    if (line.event == "request")
      unfinished_[line.short_id] = line.execution_id;
    else if (line.event == "completion")
      unfinished_.erase(line.short_id);
  }

  std::string_view key_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::string> unfinished_;
};

}  // namespace

Result<AuditVerdict> AuditLog::verify() {
  const std::lock_guard guard(mutex_);
  RH_TRY(const fs::path path, file());
  if (!is_file(path) && !is_file(path.parent_path() / "audit.head"))
    return fail(rh::ErrorKind::not_found, "verify the audit log: nothing was logged for this project yet",
                path.string());
  RH_CHECK(open());
  while (::flock(log_.get(), LOCK_SH) != 0)
    if (errno != EINTR) return fail_errno("lock the audit log", path.string());
  ChainCheck check(key_);
  const auto read = each_line(log_, path, [&](std::string_view line, bool ended) { return check.take(line, ended); });
  const auto head = read_head();
  ::flock(log_.get(), LOCK_UN);
  RH_CHECK(read);
  RH_TRY(const std::optional<Head> known, head);
  if (known)
    check.finish(known->seq, known->mac);
  else if (!check.verdict.broken)
    check.broken("no head",
                 "the head beside the log is missing or not ours: whether lines are missing at the end "
                 "cannot be told");
  for (const auto& [short_id, id] : check.unfinished())
    if (check.verdict.unfinished.size() < kListedUnfinished) check.verdict.unfinished.push_back(id);
  return std::move(check.verdict);
}

Result<std::vector<std::string>> AuditLog::lines(std::size_t limit, std::string_view key) {
  const std::lock_guard guard(mutex_);
  RH_TRY(const fs::path path, file());
  if (!is_file(path)) return std::vector<std::string>();
  const UniqueFd log(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!log) return fail_errno("read the audit log", path.string());
  std::deque<std::string> kept;
  RH_CHECK(each_line(log, path, [&](std::string_view line, bool) {
    if (!key.empty()) {
      const auto object = nlohmann::json::parse(line, nullptr, false);
      const auto begins = [&](const char* name) {
        return object.is_object() && object.contains(name) && object[name].is_string() &&
               object[name].get_ref<const std::string&>().starts_with(key);
      };
      if (!begins("id") && !begins("execution_id") && !begins("approval")) return true;
    }
    kept.emplace_back(line);
    if (limit != 0 && kept.size() > limit) kept.pop_front();
    return true;
  }));
  return std::vector<std::string>(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
}

}  // namespace rh::agent
