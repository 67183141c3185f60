#include "runner/agent/approval/approval_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/approval_file.h"
#include "runner/agent/audit/audit_log.h"
#include "runner/agent/audit/private_folder.h"
#include "runner/agent/digest.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kIdLength = 32, kShortestKey = 4;
constexpr std::chrono::minutes kClockStep{5};  // that a clock is corrected by without anybody's doing

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// One change at a time, of all processes.
class FolderLock {
 public:
  static Result<FolderLock> take(const fs::path& folder) {
    UniqueFd fd(::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail_errno("lock the approvals", folder.string());
    while (::flock(fd.get(), LOCK_EX) != 0)
      if (errno != EINTR) return fail_errno("lock the approvals", folder.string());
    return FolderLock(std::move(fd));
  }

 private:
  explicit FolderLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

ApprovalState current_state(const Approval& approval, bool used) {
  if (used) return ApprovalState::used;
  const bool open = approval.state == ApprovalState::waiting || approval.state == ApprovalState::approved;
  const auto now = wall_now();
  // A clock that was put back would give an old approval a longer life.
  const bool of_future = now + kClockStep < approval.asked;
  return open && (of_future || now >= approval.expires) ? ApprovalState::expired : approval.state;
}

Failure not_open(const Approval& approval) {
  const std::string by = approval.decided_by.empty() ? "" : fmt::format(" by {}", approval.decided_by);
  switch (approval.state) {
    case ApprovalState::approved:
      return fail(rh::ErrorKind::usage, fmt::format("decide: it was approved{} already", by), approval.id);
    case ApprovalState::denied:
      return fail(rh::ErrorKind::usage, fmt::format("decide: it was denied{} already", by), approval.id);
    case ApprovalState::used:
      return fail(rh::ErrorKind::usage, "decide: it was approved and used already", approval.id);
    default:
      return fail(rh::ErrorKind::usage,
                  fmt::format("decide: it expired at {}; ask for the run again", to_rfc3339(approval.expires)),
                  approval.id);
  }
}

}  // namespace

std::string_view name_of(ApprovalState state) {
  constexpr std::array<std::string_view, 5> kNames{"waiting", "approved", "denied", "used", "expired"};
  return kNames[static_cast<std::size_t>(state)];
}

ApprovalStore::ApprovalStore(Result<fs::path> folder, AuditLog* audit)
    : private_folder_(std::move(folder)), audit_(audit) {}

Result<fs::path> ApprovalStore::folder() const {
  RH_TRY(const fs::path above, private_folder_);
  const fs::path path = above / "approvals";
  for (const fs::path& one : {path, path / "used"})
    if (::mkdir(one.c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno("make the folder of approvals", one.string());
  return path;
}

Result<std::string> ApprovalStore::seal(std::string_view text) const {
  RH_TRY(const fs::path above, private_folder_);
  RH_TRY(const std::string key, private_key(above / "key"));
  return hmac_sha256_hex(key, text);
}

Result<Approval> ApprovalStore::read(const std::string& id) const {
  RH_TRY(const fs::path path, folder());
  const fs::path file = path / (id + ".json");
  if (!is_file(file)) return fail(rh::ErrorKind::not_found, "find the approval: there is none of this id", id);
  RH_TRY(const std::string text, read_file(file, kMaxApprovalBytes));
  RH_TRY(const SealedText sealed, open_sealed(text, file.string()));
  RH_TRY(const std::string mac, seal(sealed.body));
  if (!same_digest(mac, sealed.mac))
    return fail(rh::ErrorKind::parse,
                "trust the approval: its file was changed behind the back of runharness; deny it and ask again", id);
  RH_TRY(Approval approval, approval_from_json(sealed.body, file.string()));
  // A file of another id, copied over this one.
  if (approval.id != id) return fail(rh::ErrorKind::parse, "trust the approval: its file is that of another one", id);
  approval.state = current_state(approval, ::access((path / "used" / id).c_str(), F_OK) == 0);
  return approval;
}

Result<void> ApprovalStore::write(const Approval& approval) const {
  RH_TRY(const fs::path path, folder());
  const std::string body = approval_to_json(approval);
  RH_TRY(const std::string mac, seal(body));
  const std::string text = seal_text(body, mac);
  if (text.size() > kMaxApprovalBytes)
    return fail(rh::ErrorKind::limit,
                fmt::format("store the approval: with its code and files it has {}, at most {} can wait",
                            format_size(text.size()), format_size(kMaxApprovalBytes)));
  const fs::path file = path / (approval.id + ".json");
  const std::string fresh = fmt::format("{}.{}.unfinished", file.string(), ::gettid());
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("store the approval", file.string());
  auto written = write_all(fd, text, file.string());
  if (written && ::fdatasync(fd.get()) != 0) written = fail_errno("store the approval", file.string());
  if (written && ::rename(fresh.c_str(), file.c_str()) != 0) written = fail_errno("store the approval", file.string());
  if (!written) ::unlink(fresh.c_str());
  return written;
}

Result<std::vector<std::string>> ApprovalStore::ids() const {
  RH_TRY(const fs::path path, folder());
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(path.c_str()), ::closedir);
  if (!entries) return fail_errno("list the approvals", path.string());
  std::vector<std::string> found;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name.size() == kIdLength + 5 && name.ends_with(".json") && is_hex(name.substr(0, kIdLength)))
      found.emplace_back(name.substr(0, kIdLength));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::string> ApprovalStore::id_of(std::string_view key) const {
  const std::string subject = to_valid_utf8(key.substr(0, 80));
  if (key.size() < kShortestKey || key.size() > kIdLength || !is_hex(key))
    return fail(
        rh::ErrorKind::usage,
        fmt::format("find the approval: an id is {} hex digits, or {} and more of its begin", kIdLength, kShortestKey),
        subject);
  RH_TRY(const std::vector<std::string> all, ids());
  std::vector<std::string> matches;
  for (const std::string& id : all)
    if (id.starts_with(key)) matches.push_back(id);
  if (matches.size() == 1) return std::move(matches.front());
  if (matches.empty())
    return fail(rh::ErrorKind::not_found,
                "find the approval: there is none of this id; `runharness approvals list` shows those that wait",
                subject);
  return fail(rh::ErrorKind::usage, fmt::format("find the approval: {} begin with this", matches.size()), subject);
}

Result<Approval> ApprovalStore::find(std::string_view key) const {
  RH_TRY(const std::string id, id_of(key));
  return read(id);
}

Result<std::vector<Approval>> ApprovalStore::list(std::vector<std::string>* damaged) const {
  RH_TRY(const std::vector<std::string> all, ids());
  std::vector<Approval> found;
  // Without the key none could be told from a damaged one.
  if (!all.empty()) RH_CHECK(seal({}));
  for (const std::string& id : all) {
    auto one = read(id);
    if (one)
      found.push_back(std::move(*one));
    else if (damaged != nullptr && one.error().kind != rh::ErrorKind::not_found)
      damaged->push_back(id);
  }
  std::sort(found.begin(), found.end(), [](const Approval& a, const Approval& b) { return a.asked > b.asked; });
  return found;
}

// What was decided long ago; a marker of use outlives its approval's own end, so that an old file put back is of no
// use.
void ApprovalStore::remove_old() const {
  const auto path = folder();
  const auto all = ids();
  if (!path || !all) return;
  for (const std::string& id : *all) {
    const auto one = read(id);
    if (!one || one->expires + kDecidedApprovalsKept > wall_now()) continue;
    ::unlink((*path / (id + ".json")).c_str());
    ::unlink((*path / "used" / id).c_str());
  }
}

Result<std::string> ApprovalStore::ask(Approval approval) {
  const std::lock_guard guard(mutex_);
  RH_TRY(const fs::path path, folder());
  RH_TRY(const FolderLock lock, FolderLock::take(path));
  RH_TRY(std::vector<std::string> all, ids());
  if (all.size() >= kMaxApprovals) {
    remove_old();
    RH_TRY(all, ids());
  }
  if (all.size() >= kMaxApprovals)
    return fail(rh::ErrorKind::limit,
                fmt::format("store the approval: {} are stored; decide some of them first", all.size()), path.string());
  for (const std::string& id : all)
    if (const auto known = read(id);
        known && known->state == ApprovalState::waiting && same_digest(known->binding, approval.binding))
      return id;
  RH_TRY(approval.id, random_hex(kIdLength / 2));
  approval.state = ApprovalState::waiting;
  approval.asked = wall_now();
  approval.expires = approval.asked + kApprovalLifetime;
  RH_CHECK(write(approval));
  note("approval_requested", approval);
  return approval.id;
}

Result<Approval> ApprovalStore::decide(std::string_view key, bool yes, const std::string& by,
                                       const std::string& reason) {
  const std::lock_guard guard(mutex_);
  RH_TRY(const fs::path path, folder());
  RH_TRY(const std::string id, id_of(key));
  RH_TRY(const FolderLock lock, FolderLock::take(path));
  RH_TRY(Approval approval, read(id));
  if (approval.state != ApprovalState::waiting) return not_open(approval);
  approval.state = yes ? ApprovalState::approved : ApprovalState::denied;
  approval.decided = wall_now();
  approval.decided_by = by;
  approval.reason = reason;
  RH_CHECK(write(approval));
  note(yes ? "approval_granted" : "approval_denied", approval);
  return approval;
}

Result<Approval> ApprovalStore::take(std::string_view id, std::string_view binding) {
  const std::lock_guard guard(mutex_);
  RH_TRY(const fs::path path, folder());
  RH_TRY(const std::string whole, id_of(id));
  RH_TRY(const FolderLock lock, FolderLock::take(path));
  RH_TRY(Approval approval, read(whole));
  if (!same_digest(approval.binding, binding)) {
    note("approval_refused", approval);
    return fail(rh::ErrorKind::usage,
                "use the approval: it is for another request; code, files, limits and policy must be what was approved",
                whole);
  }
  if (approval.state != ApprovalState::approved) return approval;
  // Made once and never again, whoever comes.
  const UniqueFd marker(::open((path / "used" / whole).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!marker) return fail_errno("use the approval: it was used already", whole);
  if (::fsync(marker.get()) != 0) return fail_errno("use the approval", whole);
  // Twice: a marker that somebody removes makes it no approval again.
  Approval spent = approval;
  spent.state = ApprovalState::used;
  RH_CHECK(write(spent));
  note("approval_used", approval);
  return approval;
}

void ApprovalStore::note(std::string_view event, const Approval& approval) const {
  if (audit_ == nullptr) return;
  json fields = {{"approval", approval.id}, {"caller", approval.caller}, {"binding", approval.binding}};
  if (!approval.decided_by.empty()) fields["by"] = approval.decided_by;
  if (!approval.reason.empty()) fields["reason"] = to_valid_utf8(approval.reason.substr(0, kMaxAuditPromptBytes));
  // The decision stands in the approval itself; a log that cannot be written shows before any run.
  [[maybe_unused]] const auto logged = audit_->append(event, fields);
}

}  // namespace rh::agent
