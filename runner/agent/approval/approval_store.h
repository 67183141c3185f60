// Approvals that wait for a person, and what became of them: one file each in the private folder, bound by an HMAC to
// everything they are for. Waiting ones survive a restart. docs/agents/approvals-sessions.md tells how they are used.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

class AuditLog;

enum class ApprovalState { waiting, approved, denied, used, expired };
[[nodiscard]] std::string_view name_of(ApprovalState state);

constexpr std::chrono::hours kApprovalLifetime{24};  // from the question to the run
constexpr std::chrono::hours kDecidedApprovalsKept{24 * 7};
constexpr std::size_t kMaxApprovals = 1000;               // files in the folder
constexpr std::uint64_t kMaxApprovalBytes = 64ULL << 20;  // of one, with the code and files it is for

struct Approval {
  std::string id;  // 32 hex digits
  ApprovalState state = ApprovalState::waiting;
  std::chrono::system_clock::time_point asked, expires, decided;
  std::string caller;  // who asked for the run
  std::string decided_by, reason;
  std::string binding;          // digest of request, files, limits and policy
  std::string question;         // as it was shown
  std::string request_json;     // the ExecutionRequest: what is run when it is resumed
  std::string context_json;     // {code, language, findings, assessment, access, kernel_name, reasons}
  std::string checkpoint_json;  // where the work goes on: {stage} or {stage, pipeline}
};

// Thread-safe; other processes may use the folder at the same time.
class ApprovalStore {
 public:
  // `folder`: of make_private_folder; its error is that of every call. `audit` may be null.
  ApprovalStore(Result<std::filesystem::path> folder, AuditLog* audit);

  // Stores it as waiting and gives it an id. The same question of the same binding that still waits is not asked twice:
  // its id comes back.
  [[nodiscard]] Result<std::string> ask(Approval approval);
  // `key`: an id or a begin of at least 4 digits that only one has. A file that was changed is an error.
  [[nodiscard]] Result<Approval> find(std::string_view key) const;
  // The newest first. Files that are damaged are named in `damaged`.
  [[nodiscard]] Result<std::vector<Approval>> list(std::vector<std::string>* damaged = nullptr) const;
  // A person's answer. An error when it is not waiting any more: the first one counts.
  [[nodiscard]] Result<Approval> decide(std::string_view key, bool yes, const std::string& by,
                                        const std::string& reason);
  // Takes an approval for the one run it is for. An error when it is of another binding, not approved, expired, changed
  // or was taken before, also by another process.
  [[nodiscard]] Result<Approval> take(std::string_view id, std::string_view binding);

  // Digest of a text under the key of this folder.
  [[nodiscard]] Result<std::string> seal(std::string_view text) const;
  [[nodiscard]] Result<std::filesystem::path> folder() const;

 private:
  [[nodiscard]] Result<Approval> read(const std::string& id) const;
  [[nodiscard]] Result<void> write(const Approval& approval) const;
  [[nodiscard]] Result<std::vector<std::string>> ids() const;
  [[nodiscard]] Result<std::string> id_of(std::string_view key) const;
  void remove_old() const;
  void note(std::string_view event, const Approval& approval) const;

  Result<std::filesystem::path> private_folder_;
  AuditLog* audit_;
  mutable std::mutex mutex_;
};

}  // namespace rh::agent
