#include "runner/agent/audit/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "runner/agent/digest.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kShownName = 40;  // of the project's folder, for people who look around

std::string variable(const model::Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

fs::path state_home(const model::Environment& environment) {
  const fs::path configured = variable(environment, "XDG_STATE_HOME");
  if (configured.is_absolute()) return configured;  // a relative one is to be ignored, says its specification
  const fs::path home = variable(environment, "HOME");
  return home.is_absolute() ? home / ".local/state" : fs::path();
}

std::string folder_name(const fs::path& project) {
  std::error_code code;
  fs::path real = fs::canonical(project, code);
  if (code) real = fs::absolute(project).lexically_normal();
  std::string name;
  for (const char c : real.filename().string().substr(0, kShownName))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' ? c : '_';
  return fmt::format("{}-{}", name, sha256_hex(real.string()).substr(0, 16));
}

Result<void> check_owner(const struct stat& info, mode_t forbidden, const fs::path& path, std::string_view what) {
  if (info.st_uid != ::geteuid())
    return fail(rh::ErrorKind::io, fmt::format("use the {}: it belongs to another account", what), path.string());
  if ((info.st_mode & forbidden) != 0)
    return fail(rh::ErrorKind::io,
                fmt::format("use the {}: others have access to it; `chmod go= {}`", what, path.string()),
                path.string());
  return {};
}

// Made whole under another name first: who comes second finds all of it or nothing.
Result<void> make_key(const fs::path& file) {
  RH_TRY(const std::string key, random_bytes(kKeyBytes));
  RH_TRY(const std::string suffix, random_hex(8));
  const std::string fresh = fmt::format("{}.{}", file.string(), suffix);
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("make the key", fresh);
  auto written = write_all(fd, key, fresh);
  if (written && ::fdatasync(fd.get()) != 0) written = fail_errno("make the key", fresh);
  if (written && ::link(fresh.c_str(), file.c_str()) != 0 && errno != EEXIST)
    written = fail_errno("make the key", file.string());
  ::unlink(fresh.c_str());
  return written;
}

}  // namespace

fs::path private_folder_path(const model::Environment& environment, const fs::path& project) {
  const fs::path home = state_home(environment);
  return home.empty() ? fs::path() : home / "runharness/agent" / folder_name(project);
}

Result<fs::path> make_private_folder(const model::Environment& environment, const fs::path& project) {
  const fs::path folder = private_folder_path(environment, project);
  if (folder.empty())
    return fail(rh::ErrorKind::config,
                "find a folder for approvals and the audit log: neither XDG_STATE_HOME nor HOME names one");
  if (!rh::is_directory(folder)) {
    RH_CHECK(make_directories(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("create folder", folder.string());
  }
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) return fail_errno("inspect folder", folder.string());
  if (!S_ISDIR(info.st_mode))
    return fail(rh::ErrorKind::io, "use the folder of approvals and the audit log: it is no folder", folder.string());
  RH_CHECK(check_owner(info, S_IRWXG | S_IRWXO, folder, "folder of approvals and the audit log"));
  return folder;
}

Result<std::string> private_key(const fs::path& file) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && errno != ENOENT) return fail_errno("open the key", file.string());
    if (fd) {
      struct stat info {};
      if (::fstat(fd.get(), &info) != 0) return fail_errno("inspect the key", file.string());
      if (!S_ISREG(info.st_mode)) return fail(rh::ErrorKind::io, "read the key: it is no regular file", file.string());
      RH_CHECK(check_owner(info, S_IRWXG | S_IRWXO, file, "key"));
      RH_TRY(std::string key, read_to_end(fd, kKeyBytes, kKeyBytes, file.string()));
      if (key.size() != kKeyBytes)
        return fail(rh::ErrorKind::io, fmt::format("read the key: it has {} bytes, not {}", key.size(), kKeyBytes),
                    file.string());
      return key;
    }
    RH_CHECK(make_key(file));
  }
  return fail_errno("open the key", file.string(), ENOENT);
}

}  // namespace rh::agent
