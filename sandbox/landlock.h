// Landlock: the file and socket rules that need no namespace. The whole file policy where namespaces
// are refused; otherwise only what they leave open.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "sandbox/sandbox.h"

namespace rh::sandbox {

[[nodiscard]] int landlock_abi();  // 0: none

// A ruleset without file rules: no abstract unix socket and no signal leaves the domain.
[[nodiscard]] Result<UniqueFd> scope_ruleset(int abi);

// Everything readable but HOME, hidden folders and the shared folders for temporary files; writable only
// as granted, and `tmp`.
[[nodiscard]] Result<UniqueFd> file_ruleset(int abi, const FilesystemPolicy& policy, const std::filesystem::path& tmp,
                                            bool deny_tcp);

}  // namespace rh::sandbox
