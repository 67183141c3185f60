#include "runner/agent/session/holder_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <fmt/core.h>

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kBacklog = 64;

Result<UniqueFd> open_folder(const fs::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("open the folder of the holder", folder.string());
  return fd;
}

sockaddr_un address_in(const UniqueFd& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/sessions.sock", folder.get());
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<UniqueFd> make_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("make the socket of the holder", "socket");
  return socket;
}

}  // namespace

bool is_own_account(BorrowedFd socket) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(socket.fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == ::geteuid();
}

Result<UniqueFd> connect_holder(const fs::path& folder) {
  RH_TRY(const UniqueFd place, open_folder(folder));
  RH_TRY(UniqueFd socket, make_socket());
  const sockaddr_un address = address_in(place);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      return fail(rh::ErrorKind::not_found,
                  "reach the holder of sessions: there is none; `runharness sessions start` "
                  "starts one");
    return fail_errno("reach the holder of sessions", folder.string());
  }
  if (!is_own_account(socket))
    return fail(rh::ErrorKind::io, "reach the holder of sessions: another account holds its socket", folder.string());
  return socket;
}

Result<UniqueFd> listen_as_holder(const fs::path& folder) {
  RH_TRY(const UniqueFd place, open_folder(folder));
  RH_TRY(UniqueFd socket, make_socket());
  ::unlinkat(place.get(), "sessions.sock", 0);
  const sockaddr_un address = address_in(place);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(place.get(), "sessions.sock", 0600, 0) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return fail_errno("listen as the holder of sessions", folder.string());
  return socket;
}

Result<UniqueFd> lock_holder(const fs::path& folder) {
  const fs::path file = folder / "sessions.lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("lock the holder's place", file.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) return UniqueFd();
  return fail_errno("lock the holder's place", file.string());
}

}  // namespace rh::agent
