// The folder for what code must never reach: the key of approvals, approvals themselves and the audit log. It
// lies in the account's state folder, not in the project, whose files code may be allowed to write.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runner/base/result.h"
#include "runner/model/command.h"

namespace rh::agent {

// $XDG_STATE_HOME/runharness/agent/NAME-DIGEST of the project, else ~/.local/state/...; made with mode 0700. An
// error when neither is known, or when the folder is not the account's alone.
[[nodiscard]] Result<std::filesystem::path> make_private_folder(const model::Environment& environment,
                                                                const std::filesystem::path& project);
// Where that is, without making it: sandboxes hide it. Empty when there is no home.
[[nodiscard]] std::filesystem::path private_folder_path(const model::Environment& environment,
                                                        const std::filesystem::path& project);

// 32 random bytes in `file`, made once with mode 0600. A key that others could read or write is refused.
[[nodiscard]] Result<std::string> private_key(const std::filesystem::path& file);

}  // namespace rh::agent
