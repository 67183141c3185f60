// What a killed runner left of this is swept by the next start: see cgroup_names.h.
#include "sandbox/cgroup_leaf.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/cgroup_names.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

std::mutex leaf_mutex;
std::weak_ptr<RunnerLeaf> shared_leaf;

// Processes of other pid namespaces are listed as 0, and are others, too.
bool is_alone(const fs::path& group) {
  const auto text = read_control(group / "cgroup.procs");
  const std::string own = std::to_string(getpid());
  return text && trim(*text) == own;
}

}  // namespace

RunnerLeaf::RunnerLeaf(const fs::path& group)
    : group_(group), leaf_(group / own_group_name(kLeafName)), owner_(getpid()) {}

std::shared_ptr<RunnerLeaf> RunnerLeaf::current() {
  const std::lock_guard lock(leaf_mutex);
  auto leaf = shared_leaf.lock();
  return leaf && leaf->owner_ == getpid() ? leaf : nullptr;
}

Result<std::shared_ptr<RunnerLeaf>> RunnerLeaf::make(const fs::path& group,
                                                     const std::vector<std::string>& controllers) {
  const std::lock_guard lock(leaf_mutex);
  if (!is_alone(group))
    return fail(ErrorKind::unsupported, "move out of the way: other processes are in the same control group",
                group.string());
  std::shared_ptr<RunnerLeaf> leaf(new RunnerLeaf(group));
  if (mkdir(leaf->leaf_.c_str(), 0755) != 0) return fail_errno("make a control group", leaf->leaf_.string());
  if (!write_control(leaf->leaf_ / "cgroup.procs", "0"))
    return fail_errno("move into a control group", leaf->leaf_.string());
  for (const std::string& controller : controllers)
    if (write_control(group / "cgroup.subtree_control", "+" + controller)) leaf->enabled_.push_back(controller);
  shared_leaf = leaf;
  return leaf;
}

// A group may have processes again once it hands out nothing.
RunnerLeaf::~RunnerLeaf() {
  if (owner_ != getpid()) return;  // a fork of the runner
  for (const std::string& controller : enabled_)
    (void)write_control(group_ / "cgroup.subtree_control", "-" + controller);
  (void)write_control(group_ / "cgroup.procs", "0");
  rmdir(leaf_.c_str());
}

}  // namespace rh::sandbox
