// The socket of the holder, in a folder that only the account reaches. Its path may be longer than an address of a
// socket can be, so that the folder is named by a descriptor.
#pragma once

#include <filesystem>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

// not_found: nobody listens.
[[nodiscard]] Result<UniqueFd> connect_holder(const std::filesystem::path& folder);
// Replaces what a holder that was killed left behind; the caller holds the lock.
[[nodiscard]] Result<UniqueFd> listen_as_holder(const std::filesystem::path& folder);
// Held as long as it lives; absent: another holder has it.
[[nodiscard]] Result<UniqueFd> lock_holder(const std::filesystem::path& folder);
// Is the other side of this account?
[[nodiscard]] bool is_own_account(BorrowedFd socket);

}  // namespace rh::agent
