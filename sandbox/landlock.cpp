// The kernel interface is spelled out here because distribution headers lag behind the kernel by
// several versions of it.
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "sandbox/homes.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

struct RulesetAttributes {
  std::uint64_t files = 0, network = 0, scoped = 0;
};

#pragma pack(push, 1)
struct PathRule {
  std::uint64_t allowed = 0;
  std::int32_t parent_fd = -1;
};
#pragma pack(pop)

constexpr unsigned kVersionQuery = 1;
constexpr int kPathBeneath = 1;
constexpr std::uint64_t kExecute = 1, kWriteFile = 2, kReadFile = 4, kReadFolder = 8;
constexpr std::uint64_t kRefer = 1 << 13, kTruncate = 1 << 14, kIoctlDevice = 1 << 15;
constexpr std::uint64_t kAllOfVersion1 = (1 << 13) - 1;
constexpr std::uint64_t kReadOnly = kExecute | kReadFile | kReadFolder;
constexpr std::uint64_t kOfPlainFile = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDevice;
constexpr std::uint64_t kBindTcp = 1, kConnectTcp = 2;
constexpr std::uint64_t kAbstractSockets = 1, kSignals = 2;

std::uint64_t handled_files(int abi) {
  std::uint64_t rights = kAllOfVersion1;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDevice;
  return rights;
}

Result<UniqueFd> make_ruleset(int abi, RulesetAttributes attributes) {
  if (abi < 4) attributes.network = 0;
  if (abi < 6) attributes.scoped = 0;
  const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  UniqueFd fd(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!fd) return fail_errno("make a Landlock ruleset", "landlock_create_ruleset");
  return fd;
}

// A path that is gone by now has nothing to allow.
void allow(const UniqueFd& ruleset, const fs::path& path, std::uint64_t rights) {
  const UniqueFd file(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) return;
  PathRule rule{S_ISDIR(info.st_mode) ? rights : rights & kOfPlainFile, file.get()};
  syscall(SYS_landlock_add_rule, ruleset.get(), kPathBeneath, &rule, 0);
}

std::optional<fs::path> real(const fs::path& path) {
  std::error_code error;
  fs::path result = fs::canonical(path, error);
  if (path.empty() || error) return std::nullopt;
  return result;
}

// Rules only ever add rights, so a folder is kept out by allowing its neighbours one by one.
void allow_around(const UniqueFd& ruleset, const fs::path& folder, std::uint64_t rights,
                  const std::set<fs::path>& kept_out) {
  if (kept_out.contains(folder)) return;
  bool holds_one = false;
  for (const fs::path& path : kept_out) {
    const auto below = path.lexically_relative(folder);
    holds_one = holds_one || (!below.empty() && *below.begin() != "..");
  }
  if (!holds_one) {
    allow(ruleset, folder, rights);
    return;
  }
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (!at->is_symlink(error)) allow_around(ruleset, at->path(), rights, kept_out);
}

}  // namespace

int landlock_abi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionQuery);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<UniqueFd> scope_ruleset(int abi) {
  if (abi < 6) return fail(ErrorKind::unsupported, "scope sockets and signals: Landlock is older than version 6");
  return make_ruleset(abi, {0, 0, kAbstractSockets | kSignals});
}

Result<UniqueFd> file_ruleset(int abi, const FilesystemPolicy& policy, const fs::path& tmp, bool deny_tcp) {
  const std::uint64_t all = handled_files(abi);
  RH_TRY(UniqueFd ruleset,
         make_ruleset(abi, {all, deny_tcp ? kBindTcp | kConnectTcp : 0, kAbstractSockets | kSignals}));
  std::set<fs::path> kept_out;
  for (const fs::path& home : private_paths(policy)) kept_out.insert(home);
  for (const char* shared : {"/tmp", "/var/tmp"})
    if (const auto path = real(shared)) kept_out.insert(*path);
  for (const fs::path& hidden : policy.hidden)
    if (const auto path = real(hidden)) kept_out.insert(*path);
  allow_around(ruleset, "/", kReadOnly, kept_out);
  for (const fs::path& path : policy.readable) allow(ruleset, path, kReadOnly);
  for (const fs::path& path : policy.overlays) allow(ruleset, path, kReadOnly);
  for (const fs::path& path : policy.writable) allow(ruleset, path, all);
  allow(ruleset, tmp, all);
  // Semaphores of libc live there: it stays shared, and the report says so.
  allow(ruleset, "/dev/shm", all);
  for (const char* path :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts"})
    allow(ruleset, path, kReadFile | kReadFolder | kWriteFile | kTruncate | kIoctlDevice);
  return ruleset;
}

}  // namespace rh::sandbox
