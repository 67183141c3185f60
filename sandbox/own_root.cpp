#include "sandbox/own_root.h"

#include <sys/mount.h>

#include <algorithm>
#include <set>

#include "runner/base/file.h"
#include "sandbox/homes.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

// What programs of the system are made of. Data of the host lies elsewhere: /home, /srv, /var, /mnt.
constexpr const char* kSystem[] = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "opt", "nix"};
constexpr const char* kPrivate[] = {"/dev", "/proc", "/sys", "/tmp", "/var/tmp", "/run"};
// Where the root is put together: every host has it, and a copy of it was taken before.
constexpr const char* kStage = "/tmp";

class RootPlanner {
 public:
  RootPlanner(const FilesystemPolicy& policy, MountPlan& plan) : policy_(policy), plan_(plan) {
    std::error_code problem;
    for (const auto& [name, folder] : policy.names)
      if (fs::path real = fs::canonical(folder, problem); !problem) named_.push_back(std::move(real));
  }

  void add() {
    choose_system();
    for (const char* path : kPrivate) show(path);
    for (const fs::path& home : private_paths(policy_)) show(home);
    for (const auto* paths : {&policy_.readable, &policy_.writable, &policy_.overlays})
      for (const fs::path& path : *paths) show(path);
    for (const auto& [name, folder] : policy_.names) name_folder(name, folder);
    take_copies();
    step(MountAction::mount_tmpfs, kStage, "mode=0755,size=1m,nr_inodes=4096");
    step(MountAction::enter, kStage);
    put_together();
    step(MountAction::change_root, "/");
  }

 private:
  struct Placed {
    std::string target;  // relative
    int grab;
    bool file, optional;
  };

  void choose_system() {
    const fs::path root = policy_.root_image.empty() ? fs::path("/") : policy_.root_image;
    for (const char* name : kSystem) {
      std::error_code problem;
      const fs::path path = root / name;
      if (fs::is_symlink(path, problem)) {
        links_.emplace_back(name, fs::read_symlink(path, problem).string());
      } else if (fs::is_directory(path, problem)) {
        if (policy_.root_image.empty())
          show(path);
        else
          place(name, {path.string(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false, -1, false},
                false);
      }
    }
    links_.emplace_back("var/run", "/run");
    links_.emplace_back("var/lock", "/run/lock");
  }

  // A part of the tree as the other steps leave it; what lies below one that is shown comes with it.
  void show(const fs::path& path) {
    std::error_code problem;
    const fs::path real = fs::canonical(path, problem);
    if (problem || real == "/") return;
    if (std::find(named_.begin(), named_.end(), real) == named_.end()) shown_.insert(real);
  }

  void name_folder(const fs::path& name, const fs::path& folder) {
    place(name.relative_path().string(), {folder.string(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false, -1, false},
          false);
  }

  void place(const std::string& target, Grab grab, bool file) {
    const bool optional = grab.optional;
    plan_.grabs.push_back(std::move(grab));
    placed_.push_back({target, static_cast<int>(plan_.grabs.size()) - 1, file, optional});
  }

  // Sorted, so that a folder comes before what lies in it.
  void take_copies() {
    fs::path last;
    for (const fs::path& path : shown_) {
      if (!last.empty() && is_below(path, last)) continue;
      last = path;
      place(path.relative_path().string(), {path.string(), 0, true, -1, true}, !rh::is_directory(path));
      plan_.steps.push_back({MountAction::take, path.string(), {}, placed_.back().grab, true});
    }
  }

  void put_together() {
    std::sort(placed_.begin(), placed_.end(), [](const Placed& a, const Placed& b) { return a.target < b.target; });
    for (const Placed& placed : placed_) {
      const fs::path folder = placed.file ? fs::path(placed.target).parent_path() : fs::path(placed.target);
      if (!folder.empty()) step(MountAction::make_folder, folder.string());
      if (placed.file) step(MountAction::make_file, placed.target);
      plan_.steps.push_back({MountAction::attach, placed.target, {}, placed.grab, placed.optional});
    }
    step(MountAction::make_folder, "var");
    for (const auto& [name, content] : links_) step(MountAction::make_link, name, content);
  }

  void step(MountAction action, std::string target, std::string data = {}) {
    plan_.steps.push_back({action, std::move(target), std::move(data), -1, false});
  }

  const FilesystemPolicy& policy_;
  MountPlan& plan_;
  std::vector<fs::path> named_;  // the folders with another name, as they really are
  std::set<fs::path> shown_;
  std::vector<Placed> placed_;
  std::vector<std::pair<std::string, std::string>> links_;
};

}  // namespace

MountPlan plan_own_root(const FilesystemPolicy& policy, const MountOptions& options) {
  FilesystemPolicy without_named = policy;
  std::erase_if(without_named.writable, [&](const fs::path& path) {
    return std::any_of(policy.names.begin(), policy.names.end(), [&](const auto& pair) { return pair.second == path; });
  });
  MountPlan plan = plan_mounts(without_named, options);
  RootPlanner(policy, plan).add();
  return plan;
}

}  // namespace rh::sandbox
