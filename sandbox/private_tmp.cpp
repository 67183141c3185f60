#include "sandbox/private_tmp.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "runner/base/remove_tree.h"
#include "sandbox/cgroup_names.h"
#include "sandbox/process_tree.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

// A folder of another user is not ours to remove, whatever its name says.
void sweep(const fs::path& parent) {
  const ProcessTree processes;
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    struct stat info {};
    if (is_stale_group(at->path().filename().native(), processes) && lstat(at->path().c_str(), &info) == 0 &&
        S_ISDIR(info.st_mode) && info.st_uid == geteuid())
      stale.push_back(at->path());
  }
  for (const fs::path& path : stale) (void)remove_tree(path);
}

}  // namespace

Result<PrivateTmp> PrivateTmp::make(const std::string& name) {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return fail_errno("find the folder for temporary files", "TMPDIR", error.value());
  sweep(parent);
  fs::path path = parent / name;
  if (mkdir(path.c_str(), 0700) != 0) return fail_errno("make a folder for temporary files", path.string());
  return PrivateTmp(std::move(path));
}

PrivateTmp::~PrivateTmp() {
  if (!path_.empty()) (void)remove_tree(path_);
}

}  // namespace rh::sandbox
