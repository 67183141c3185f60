#include "runner/agent/audit/audit_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/audit/audit_line.h"
#include "runner/agent/audit/private_folder.h"
#include "runner/agent/digest.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/tool.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t kSecond = 1'000'000'000;

// Held by writers alone and by readers together; given back when it goes out of scope.
class FileLock {
 public:
  static Result<FileLock> take(BorrowedFd fd, int how, const fs::path& file) {
    while (::flock(fd.fd, how) != 0)
      if (errno != EINTR) return fail_errno("lock the audit log", file.string());
    return FileLock(fd);
  }
  ~FileLock() {
    if (fd_.valid()) ::flock(fd_.fd, LOCK_UN);
  }
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, BorrowedFd())) {}
  FileLock(const FileLock&) = delete;

 private:
  explicit FileLock(BorrowedFd fd) : fd_(fd) {}
  BorrowedFd fd_;
};

Result<UniqueFd> open_private(const fs::path& file, int flags) {
  UniqueFd fd(::open(file.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd) return fail_errno("open the audit log", file.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("open the audit log", file.string());
  if (!S_ISREG(info.st_mode))
    return fail(rh::ErrorKind::io, "open the audit log: it is no regular file", file.string());
  return fd;
}

std::string prompt_of(const ExecutionRequest& request) {
  for (const std::string* text : {&request.user_query, &request.instruction, &request.task_objective})
    if (!text->empty()) return to_valid_utf8(std::string_view(*text).substr(0, kMaxAuditPromptBytes));
  return {};
}

}  // namespace

AuditLog::AuditLog(Result<fs::path> folder, std::shared_ptr<const Secrets> secrets, AuditSync sync)
    : folder_(std::move(folder)), secrets_(std::move(secrets)), sync_(sync) {}

Result<fs::path> AuditLog::file() const {
  RH_TRY(const fs::path folder, folder_);
  return folder / "audit.jsonl";
}

Result<void> AuditLog::open() {
  RH_TRY(const fs::path path, file());
  struct stat ours {
  }, there{};
  // A log that was moved away is not written on in its new place.
  if (log_ && ::fstat(log_.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
      ours.st_dev == there.st_dev)
    return {};
  RH_TRY(key_, private_key(path.parent_path() / "key"));
  RH_TRY(log_, open_private(path, O_RDWR | O_APPEND));
  RH_TRY(head_, open_private(path.parent_path() / "audit.head", O_RDWR));
  return {};
}

// "SEQ BYTES MAC SIGNATURE\n", of one length, so that one write replaces it.
Result<std::optional<AuditLog::Head>> AuditLog::read_head() const {
  std::string text(256, '\0');
  const ssize_t got = ::pread(head_.get(), text.data(), text.size(), 0);
  if (got < 0) return fail_errno("read the head of the audit log", "audit.head");
  text.resize(static_cast<std::size_t>(got));
  const auto parts = split(trim(text), ' ');
  if (parts.size() != 4) return std::optional<Head>();
  const std::string_view body(text.data(), parts[0].size() + parts[1].size() + parts[2].size() + 2);
  const auto seq = parse_u64(parts[0]), bytes = parse_u64(parts[1]);
  if (!seq || !bytes || !same_digest(parts[3], hmac_sha256_hex(key_, body))) return std::optional<Head>();
  return std::optional<Head>(Head{*seq, *bytes, std::string(parts[2])});
}

Result<void> AuditLog::write_head(const Head& head) {
  const std::string body = fmt::format("{:020} {:020} {}", head.seq, head.bytes, head.mac);
  const std::string text = fmt::format("{} {}\n", body, hmac_sha256_hex(key_, body));
  if (::pwrite(head_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return fail_errno("write the head of the audit log", "audit.head");
  return {};
}

Result<void> AuditLog::put_line(Head& head, std::string_view event, const json& fields) {
  std::string mac;
  std::string line = make_audit_line(key_, head.seq + 1, head.mac, to_rfc3339(wall_now()), event, fields, mac);
  line += '\n';
  if (line.size() > kMaxAuditLineBytes)
    return fail(rh::ErrorKind::limit, fmt::format("write the audit log: a line of {} is longer than {}",
                                                  format_size(line.size()), format_size(kMaxAuditLineBytes)));
  struct stat before {};
  if (::fstat(log_.get(), &before) != 0) return fail_errno("write the audit log", "audit.jsonl");
  if (auto written = write_all(log_, line, "the audit log"); !written) {
    // Half a line would look like somebody's work.
    [[maybe_unused]] const int cut = ::ftruncate(log_.get(), before.st_size);
    return written;
  }
  head.seq += 1;
  head.bytes = static_cast<std::uint64_t>(before.st_size) + line.size();
  head.mac = mac;
  return write_head(head);
}

// Where the chain goes on. Usually the head says so; a writer that was killed may have left a line that the head does
// not know yet, or a part of one, which is kept as evidence in a line of its own.
Result<AuditLog::Head> AuditLog::take_up(std::uint64_t size) {
  RH_TRY(const std::optional<Head> known, read_head());
  if (known && known->bytes >= size) return *known;  // smaller: cut; `verify` misses what the head counts
  if (!known && size == 0) return Head{0, 0, audit_origin()};
  Head head = known.value_or(Head{0, 0, audit_origin()});
  RH_TRY(const std::string all, [&]() -> Result<std::string> {
    std::string text(size - head.bytes, '\0');
    const ssize_t got = ::pread(log_.get(), text.data(), text.size(), static_cast<off_t>(head.bytes));
    if (got != static_cast<ssize_t>(text.size())) return fail_errno("read the audit log", "audit.jsonl");
    return text;
  }());
  std::string_view rest = all;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (const auto line = read_audit_line(key_, rest.substr(0, end))) {
      head.seq = line->seq;
      head.mac = line->mac;
    }
    head.bytes += end + 1;
    rest.remove_prefix(end + 1);
  }
  if (!rest.empty()) {
    if (::ftruncate(log_.get(), static_cast<off_t>(head.bytes)) != 0)
      return fail_errno("mend the audit log", "audit.jsonl");
    RH_CHECK(put_line(head, "writer_was_ended", {{"unfinished_line", to_valid_utf8(rest)}}));
  }
  if (!known) RH_CHECK(put_line(head, "head_was_missing", json::object()));
  return head;
}

Result<void> AuditLog::sync(std::int64_t now_ns) {
  if (synced_ns_ == 0) synced_ns_ = now_ns;  // a process that writes two lines is over before the kernel is late
  if (sync_ == AuditSync::never || (sync_ == AuditSync::each_second && now_ns - synced_ns_ < kSecond)) return {};
  synced_ns_ = now_ns;
  if (::fdatasync(log_.get()) != 0 || ::fdatasync(head_.get()) != 0)
    return fail_errno("force the audit log to the disk", "audit.jsonl");
  return {};
}

Result<void> AuditLog::append(std::string_view event, const json& fields) {
  const std::lock_guard guard(mutex_);
  RH_CHECK(open());
  RH_TRY(const fs::path path, file());
  RH_TRY(const FileLock lock, FileLock::take(log_, LOCK_EX, path));
  struct stat info {};
  if (::fstat(log_.get(), &info) != 0) return fail_errno("write the audit log", path.string());
  RH_TRY(Head head, take_up(static_cast<std::uint64_t>(info.st_size)));
  json clean = fields;
  if (secrets_)
    for (auto& [name, value] : clean.items())
      if (value.is_string()) value = secrets_->redact(value.get_ref<const std::string&>());
  RH_CHECK(put_line(head, event, clean));
  return sync(monotonic_now().count());
}

Result<void> AuditLog::before(const ExecutionRecord& record, const CallContext& context) {
  const ExecutionRequest& request = record.request;
  json fields = {{"id", record.short_id},
                 {"execution_id", record.id},
                 {"user", request.user},
                 {"caller", context.caller},
                 {"over_mcp", context.over_mcp},
                 {"prompt", prompt_of(request)},
                 {"language", name_of(request.language)},
                 {"code_bytes", request.code.size()},
                 {"code_sha256", sha256_hex(request.code)}};
  if (!request.session.empty()) fields["session"] = request.session;
  if (!record.approval_id.empty()) fields["approval"] = record.approval_id;
  return append("request", fields);
}

Result<void> AuditLog::after(const ExecutionRecord& record) {
  json fields = {{"id", record.short_id},
                 {"execution_id", record.id},
                 {"success", record.success()},
                 {"status", name_of(record.status)},
                 {"seconds", std::chrono::duration<double>(record.total).count()}};
  if (record.error.kind != ErrorKind::none) fields["error"] = name_of(record.error.kind);
  if (record.exit_code) fields["exit_code"] = *record.exit_code;
  if (!record.approval_id.empty()) fields["approval"] = record.approval_id;
  return append("completion", fields);
}

}  // namespace rh::agent
