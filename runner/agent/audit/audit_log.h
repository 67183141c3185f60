// Who asked for what and what came of it: lines of JSON, each bound to the one before it by a keyed digest, in a folder
// that code cannot reach. A line that was changed, cut, moved or put in is found, and a tail that was cut off is
// missed by the head beside the log. docs/formats/audit-log.md describes both files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/base/redact.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

struct ExecutionRecord;
struct CallContext;

// When lines are forced to the disk. A crash of runharness loses none in any case; a power cut loses what the kernel
// has not written by itself yet (about 30 s). `each_second`: at most one line in a second waits for the disk.
enum class AuditSync { never, each_second, always };

constexpr std::size_t kMaxAuditLineBytes = 1 << 20;
constexpr std::size_t kMaxAuditPromptBytes = 16 << 10;

struct AuditBreak {
  std::uint64_t line = 0;  // of the file, from 1; one behind the last where the tail is missing
  std::string problem;     // "changed", "missing before", "moved", "incomplete", "truncated", "no head"
  std::string detail;      // a sentence
};

struct AuditVerdict {
  std::uint64_t lines = 0;
  std::optional<AuditBreak> broken;     // the first one; absent: the log is whole
  std::vector<std::string> unfinished;  // executions that were asked for and have no completion; bounded
  std::vector<std::string> notes;       // what is not wrong, but worth knowing
};

// Thread-safe; other processes may write at the same time.
class AuditLog {
 public:
  // `folder`: of make_private_folder; its error is that of every call.
  AuditLog(Result<std::filesystem::path> folder, std::shared_ptr<const Secrets> secrets, AuditSync sync);

  // Before anything is started: id, user, caller, prompt, digest of the code, UTC time.
  [[nodiscard]] Result<void> before(const ExecutionRecord& record, const CallContext& context);
  // When everything has ended: id, success, status.
  [[nodiscard]] Result<void> after(const ExecutionRecord& record);
  // Another event; `fields` is a JSON object without "seq", "time", "event", "prev" and "mac".
  [[nodiscard]] Result<void> append(std::string_view event, const nlohmann::json& fields);

  [[nodiscard]] Result<AuditVerdict> verify();
  // The newest lines, oldest first; `key`: those of one execution, by the begin of either of its ids.
  [[nodiscard]] Result<std::vector<std::string>> lines(std::size_t limit, std::string_view key);
  [[nodiscard]] Result<std::filesystem::path> file() const;

 private:
  struct Head {
    std::uint64_t seq = 0, bytes = 0;
    std::string mac;  // of the last line
  };
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<std::optional<Head>> read_head() const;
  [[nodiscard]] Result<void> write_head(const Head& head);
  [[nodiscard]] Result<Head> take_up(std::uint64_t size);
  [[nodiscard]] Result<void> put_line(Head& head, std::string_view event, const nlohmann::json& fields);
  [[nodiscard]] Result<void> sync(std::int64_t now_ns);

  Result<std::filesystem::path> folder_;
  std::shared_ptr<const Secrets> secrets_;
  AuditSync sync_;
  std::mutex mutex_;
  std::string key_;
  UniqueFd log_, head_;
  std::int64_t synced_ns_ = 0;
};

}  // namespace rh::agent
