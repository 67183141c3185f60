// Folders below the second level are moved up into the top folder before they are emptied. So no path
// grows long, nothing recurses, and two descriptors are enough for a nest of any depth.
#include "runner/base/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "runner/base/unique_fd.h"

namespace rh {
namespace {

namespace fs = std::filesystem;

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

// Lets the runner into a folder that its maker closed; fchmodat would follow a link.
void allow_entry(int parent, const std::string& name) {
  const UniqueFd seen(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (seen) [[maybe_unused]]
    const int kept = ::chmod(fmt::format("/proc/self/fd/{}", seen.get()).c_str(), 0700);
}

Folder open_folder(int parent, const std::string& name) {
  int fd = ::openat(parent, name.c_str(), kFolderFlags);
  // Listing needs read permission, removing entries needs the two others.
  struct stat info {};
  if (fd < 0 ? errno == EACCES : ::fstat(fd, &info) == 0 && (info.st_mode & 0700) != 0700) {
    if (fd >= 0) ::close(fd);
    allow_entry(parent, name);
    fd = ::openat(parent, name.c_str(), kFolderFlags);
  }
  DIR* stream = fd < 0 ? nullptr : ::fdopendir(fd);
  if (stream == nullptr && fd >= 0) ::close(fd);
  return {stream, ::closedir};
}

// The next entry but "." and "..", or null.
const char* next_name(DIR* stream) {
  while (const dirent* entry = ::readdir(stream))
    if (const std::string_view name = entry->d_name; name != "." && name != "..") return entry->d_name;
  return nullptr;
}

class TreeRemoval {
 public:
  TreeRemoval(int top, fs::path path) : top_(top), path_(std::move(path)) {}

  // Removes what the top folder holds; passes go on for as long as each removes something.
  Result<void> empty_top(DIR* stream) {
    for (;;) {
      ::rewinddir(stream);
      first_problem_ = 0;
      std::size_t removed = 0;
      while (const char* name = next_name(stream)) removed += remove_entry(name) ? 1 : 0;
      if (removed == 0) break;
    }
    if (first_problem_ == 0) return {};
    return fail_errno("remove " + problem_name_, path_.string(), first_problem_);
  }

 private:
  bool remove_entry(const std::string& name) {
    if (::unlinkat(top_, name.c_str(), 0) == 0) return true;
    if (errno != EISDIR && errno != EPERM) return problem(name);
    if (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return problem(name);
    const Folder folder = open_folder(top_, name);
    if (!folder) return problem(name);
    bool changed = false;
    while (const char* inner = next_name(folder.get())) changed |= remove_or_raise(::dirfd(folder.get()), inner);
    return ::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0 || changed || problem(name);
  }

  bool remove_or_raise(int folder, const std::string& name) {
    if (::unlinkat(folder, name.c_str(), 0) == 0) return true;
    if (errno != EISDIR && errno != EPERM) return problem(name);
    if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return problem(name);
    allow_entry(folder, name);  // moving a folder writes its "..", too
    // A name that is taken by a folder with content is not used; what it meets besides is replaced or next.
    for (;;) {
      const std::string raised = fmt::format(".removed-{}", raised_++);
      if (::renameat(folder, name.c_str(), top_, raised.c_str()) == 0) return true;
      if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) return problem(name);
    }
  }

  bool problem(const std::string& name) {
    if (first_problem_ == 0) first_problem_ = errno, problem_name_ = name;
    return false;
  }

  int top_;
  fs::path path_;
  std::size_t raised_ = 0;
  int first_problem_ = 0;  // of the last pass
  std::string problem_name_;
};

}  // namespace

Result<void> remove_tree(const fs::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
  if (errno != EISDIR && errno != EPERM) return fail_errno("remove", path.string());
  if (::rmdir(path.c_str()) == 0) return {};
  if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return fail_errno("remove", path.string());
  const Folder top = open_folder(AT_FDCWD, path.string());
  if (!top) return fail_errno("open", path.string());
  RH_CHECK(TreeRemoval(::dirfd(top.get()), path).empty_top(top.get()));
  if (::rmdir(path.c_str()) != 0) return fail_errno("remove", path.string());
  return {};
}

}  // namespace rh
