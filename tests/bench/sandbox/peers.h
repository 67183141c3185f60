// Other sandboxes that are on this machine, each with the nearest policy that it offers: read-only host, private /tmp,
// own namespaces without network, no capabilities, a system call filter where it has one, limits where it has them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/base/unique_fd.h"
#include "tests/bench/sandbox/timed_process.h"

namespace rh::bench {

struct Peer {
  std::string name;
  std::string policy;   // what it does more or less than runharness' strict preset
  std::string missing;  // why it takes no part; empty: it does
  TimedCommand command;
  UniqueFd filter;  // what command.passed_fd refers to
};

// Each runs `command` with write access to `workspace` alone; files that it needs lie in `folder`.
[[nodiscard]] std::vector<Peer> find_peers(const std::vector<std::string>& command,
                                           const std::filesystem::path& workspace, const std::filesystem::path& folder);

}  // namespace rh::bench
