// Unix sockets of the host that have a name in the file system. A read-only mount does not keep a
// command from connecting to one, so each is covered.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace rh::sandbox {

// Real paths from the text of /proc/net/unix, sorted, without repetition; at most `most`.
[[nodiscard]] std::vector<std::filesystem::path> named_sockets(std::string_view table, std::size_t most);
// Of this machine. Those of other network namespaces are not listed by the kernel.
[[nodiscard]] std::vector<std::filesystem::path> host_sockets();

}  // namespace rh::sandbox
