// Every special path is one entry of a map that is sorted by path, so parents are mounted before
// what lies in them and the deepest rule wins.
#include "sandbox/mount_plan.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "runner/base/file.h"
#include "sandbox/guard.h"
#include "sandbox/homes.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

// Later ones win where two rules name the same path.
enum class Kind { private_folder, devices, socket, readable, pinned, overlay, writable, protected_, absent, hidden };

struct Entry {
  Kind kind;
  std::string options;     // tmpfs options of a private folder
  bool effective = false;  // it has a mount of its own; one that asks for nothing new has none
};

bool is_private(Kind kind) { return kind == Kind::private_folder || kind == Kind::devices; }

bool is_writable(Kind kind) { return kind == Kind::writable || kind == Kind::pinned || kind == Kind::overlay; }

class Planner {
 public:
  Planner(const FilesystemPolicy& policy, const MountOptions& options) : policy_(policy), options_(options) {}

  MountPlan plan() {
    add_private_folders();
    add_grants();
    pin_parents_of_protected();
    for (auto& [path, entry] : entries_) emit(path, entry);
    for (const auto& [link, content] : links_) emit_link(link, content);
    cover_proc();
    return std::move(plan_);
  }

 private:
  // The real path of an existing file or folder, else nothing.
  static std::optional<fs::path> real(const fs::path& path) {
    std::error_code error;
    struct stat info {};
    if (path.empty() || !path.is_absolute() || lstat(path.c_str(), &info) != 0) return std::nullopt;
    fs::path result = fs::canonical(path, error);
    if (error) return std::nullopt;
    return result;
  }

  void put(const fs::path& path, Entry entry) {
    if (path == "/") return;
    auto [at, is_new] = entries_.try_emplace(path, entry);
    if (!is_new && at->second.kind < entry.kind) at->second = std::move(entry);
  }

  [[nodiscard]] std::string tmpfs_options(std::string_view mode) const {
    std::string text = fmt::format("mode={}", mode);
    // Two inodes for each page: many small files fit, and an inode flood is still bounded.
    if (options_.tmp_bytes)
      text += fmt::format(",size={},nr_inodes={}", *options_.tmp_bytes,
                          std::max<std::uint64_t>(*options_.tmp_bytes / 2048, 4096));
    return text;
  }

  void add_private_folders() {
    put("/dev", {Kind::devices, {}, false});
    for (const char* folder : {"/tmp", "/var/tmp"})
      if (const auto path = real(folder)) put(*path, {Kind::private_folder, tmpfs_options("1777"), false});
    if (const auto path = real("/run")) put(*path, {Kind::private_folder, "mode=0755,size=16m,nr_inodes=8192", false});
    for (const fs::path& home : private_paths(policy_)) add_home(home);
    remember_links(policy_.home);
  }

  void add_home(const fs::path& home) {
    std::error_code error;
    if (fs::is_directory(home, error)) {
      put(home, {Kind::private_folder, tmpfs_options("0700"), false});
    } else if (std::find(policy_.readable.begin(), policy_.readable.end(), home) == policy_.readable.end()) {
      put(home, {Kind::hidden, {}, false});
    }
    for (const fs::path& writable : policy_.writable)
      if (real(writable) == home)
        plan_.notes.push_back(
            fmt::format("{} is HOME itself and writable: only known credentials in it are hidden", home.string()));
  }

  void add_grants() {
    for (const fs::path& path : policy_.readable) grant(path, Kind::readable);
    if (options_.host_network)
      for (const char* path : {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"}) grant(path, Kind::readable);
    for (const fs::path& path : policy_.overlays) grant(path, options_.overlay ? Kind::overlay : Kind::readable);
    for (const fs::path& path : policy_.writable) grant(path, Kind::writable);
    for (const fs::path& path : policy_.protected_) grant(path, Kind::protected_);
    for (const fs::path& path : policy_.guarded) guard(path);
    for (const fs::path& path : options_.sockets) put(path, {Kind::socket, {}, false});
    for (const fs::path& path : policy_.hidden) grant(path, Kind::hidden);
    if (options_.hide_accounts)
      for (const char* path :
           {"/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-", "/etc/sudoers", "/etc/ssh"})
        grant(path, Kind::hidden);
  }

  void grant(const fs::path& given, Kind kind) {
    const auto path = real(given);
    if (!path) return;  // missing paths are skipped by contract
    put(*path, {kind, {}, false});
    if (kind == Kind::readable || kind == Kind::writable || kind == Kind::overlay) {
      remember_links(given);
      if (options_.other_uid) open_up_ancestors(*path);
    }
  }

  // In an overlay the path is made in a layer of its own; in a writable folder a placeholder of the
  // runner is there already.
  void guard(const fs::path& path) {
    const auto missing = first_missing(path);
    if (!missing) return grant(path, Kind::protected_);
    for (fs::path parent = missing->parent_path(); parent != parent.root_path(); parent = parent.parent_path()) {
      const auto at = entries_.find(parent);
      if (at == entries_.end()) continue;
      if (at->second.kind == Kind::overlay) put(*missing, {Kind::absent, {}, false});
      return;
    }
  }

  // A folder that only its owner may enter (/root, a user's 0700 folder) would hide the grant from
  // a command with another uid. It becomes private: what else lies in it was out of reach anyway.
  void open_up_ancestors(const fs::path& path) {
    fs::path prefix = "/";
    for (const fs::path& part : path.relative_path().parent_path()) {
      prefix /= part;
      if (!opened_.insert(prefix).second) continue;
      struct stat info {};
      if (stat(prefix.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) != 0) continue;
      const auto at = entries_.find(prefix);
      if (at == entries_.end()) put(prefix, {Kind::private_folder, "mode=0755,size=16m,nr_inodes=8192", false});
    }
  }

  // A link that leads to a grant is invisible when it lies in a private folder; it is made again.
  void remember_links(const fs::path& given) {
    fs::path prefix = "/";
    for (const fs::path& part : given.lexically_normal().relative_path()) {
      const fs::path candidate = prefix / part;
      if (!searched_for_links_.insert(candidate).second) {
        prefix = candidate;
        continue;
      }
      std::error_code error;
      if (fs::is_symlink(candidate, error)) {
        const fs::path content = fs::read_symlink(candidate, error);
        const auto folder = real(prefix);
        if (!error && folder) links_[*folder / part] = content.string();
      }
      prefix = candidate;
    }
  }

  // A folder above a mount point can be renamed, and a new one made in its place without the
  // protected path. A mount point itself cannot: so the folders between become mount points.
  void pin_parents_of_protected() {
    std::vector<fs::path> pins;
    for (const auto& [path, entry] : entries_) {
      if (entry.kind != Kind::protected_ && entry.kind != Kind::absent) continue;
      std::vector<fs::path> between;
      fs::path parent = path.parent_path();
      for (; parent != parent.root_path() && !entries_.contains(parent); parent = parent.parent_path())
        between.push_back(parent);
      const auto at = entries_.find(parent);
      if (at != entries_.end() && is_writable(at->second.kind)) pins.insert(pins.end(), between.begin(), between.end());
    }
    for (const fs::path& pin : pins) put(pin, {Kind::pinned, {}, false});
  }

  // The closest rule above `path` that is in force.
  [[nodiscard]] const std::pair<const fs::path, Entry>* above(const fs::path& path) const {
    for (fs::path parent = path.parent_path(); parent != parent.root_path(); parent = parent.parent_path()) {
      const auto at = entries_.find(parent);
      if (at != entries_.end() && at->second.effective) return &*at;
    }
    return nullptr;
  }

  // Whether the rules above already give what this one asks for.
  [[nodiscard]] bool redundant(Kind kind, const Entry* parent) const {
    if (parent != nullptr && parent->kind == Kind::hidden) return true;
    const bool under_private = parent != nullptr && is_private(parent->kind);
    switch (kind) {
      case Kind::private_folder:
      case Kind::devices:
        return false;
      case Kind::readable:
        return parent == nullptr ? !options_.other_uid : !under_private;
      case Kind::pinned:
      case Kind::overlay:
        return false;
      case Kind::writable:
        return parent != nullptr && (parent->kind == Kind::writable || parent->kind == Kind::pinned);
      case Kind::protected_:
      case Kind::absent:
        return parent == nullptr || !is_writable(parent->kind);
      case Kind::hidden:
      case Kind::socket:
        return under_private;
    }
    return false;
  }

  void emit(const fs::path& path, Entry& entry) {
    const auto* parent = above(path);
    if (redundant(entry.kind, parent == nullptr ? nullptr : &parent->second)) return;
    entry.effective = true;
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    if (parent != nullptr && is_private(parent->second.kind)) make_mount_point(path, folder);
    switch (entry.kind) {
      case Kind::private_folder:
        step(MountAction::mount_tmpfs, path, entry.options);
        break;
      case Kind::devices:
        emit_devices();
        break;
      case Kind::readable:
        attach(path, path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, true);
        break;
      case Kind::protected_:
        attach(path, path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false);
        break;
      case Kind::pinned:
        if (in_overlay(path)) {
          step(MountAction::bind_self, path, {});
          break;
        }
        [[fallthrough]];
      case Kind::writable:
        attach(path, path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false);
        break;
      case Kind::overlay:
        emit_overlay(path);
        break;
      case Kind::absent:
        step(MountAction::cover_folder, path, {});
        break;
      case Kind::hidden:
        step(folder ? MountAction::cover_folder : MountAction::cover_file, path, {});
        break;
      case Kind::socket:
        step(MountAction::cover_file, path, {}, true);
        break;
    }
  }

  [[nodiscard]] bool in_overlay(const fs::path& path) const {
    for (const auto* at = above(path); at != nullptr; at = above(at->first))
      if (at->second.kind != Kind::pinned) return at->second.kind == Kind::overlay;
    return false;
  }

  // A private layer over the real folder; the guard layer holds what must be there to be covered.
  void emit_overlay(const fs::path& path) {
    step(MountAction::mount_tmpfs, path, tmpfs_options("0700"));
    for (const char* name : {"lower", "upper", "work"}) step(MountAction::make_folder, path / name, {});
    attach(path, path / "lower", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false);
    std::string lower = "lower";
    for (const auto& [absent, entry] : entries_) {
      if (entry.kind != Kind::absent || !is_below(absent, path)) continue;
      step(MountAction::make_folder, path / "guard" / absent.lexically_relative(path), {});
      lower = "guard:lower";
    }
    step(MountAction::overlay, path, "lowerdir=" + lower + ",upperdir=upper,workdir=work,userxattr");
    plan_.overlays.push_back(path);
  }

  void make_mount_point(const fs::path& path, bool folder) {
    step(MountAction::make_folder, folder ? path : path.parent_path(), {});
    if (!folder) step(MountAction::make_file, path, {});
  }

  void step(MountAction action, const fs::path& target, std::string data, bool optional = false) {
    plan_.steps.push_back({action, target.string(), std::move(data), -1, optional});
  }

  void attach(const fs::path& source, const fs::path& target, std::uint64_t attributes, bool optional) {
    plan_.grabs.push_back({source.string(), attributes, optional, -1});
    plan_.steps.push_back(
        {MountAction::attach, target.string(), {}, static_cast<int>(plan_.grabs.size()) - 1, optional});
  }

  void emit_devices() {
    step(MountAction::mount_tmpfs, "/dev", "mode=0755,size=64k,nr_inodes=128");
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
      const fs::path device = fs::path("/dev") / name;
      step(MountAction::make_file, device, {});
      attach(device, device, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, true);
    }
    for (const auto& [name, content] : {std::pair{"fd", "/proc/self/fd"}, std::pair{"stdin", "/proc/self/fd/0"},
                                        std::pair{"stdout", "/proc/self/fd/1"}, std::pair{"stderr", "/proc/self/fd/2"},
                                        std::pair{"ptmx", "pts/ptmx"}})
      step(MountAction::make_link, fs::path("/dev") / name, content);
    step(MountAction::make_folder, "/dev/pts", {});
    step(MountAction::mount_devpts, "/dev/pts", {}, true);
    step(MountAction::make_folder, "/dev/shm", {});
    step(MountAction::mount_tmpfs, "/dev/shm", tmpfs_options("1777"));
    step(MountAction::make_folder, "/dev/mqueue", {});
    step(MountAction::mount_mqueue, "/dev/mqueue", {}, true);
  }

  void emit_link(const fs::path& link, const std::string& content) {
    const auto* parent = above(link);
    if (parent == nullptr || !is_private(parent->second.kind) || entries_.contains(link)) return;
    step(MountAction::make_folder, link.parent_path(), {});
    step(MountAction::make_link, link, content);
  }

  // A pid namespace's own /proc still shows kernel-wide switches and tables.
  void cover_proc() {
    if (options_.fresh_proc) step(MountAction::mount_proc, "/proc", {});
    for (const char* path : {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/sysrq-trigger"})
      step(MountAction::seal, path, {}, true);
    for (const char* path : {"/proc/acpi", "/proc/scsi", "/sys/firmware", "/sys/kernel/debug", "/sys/kernel/tracing",
                             "/sys/kernel/security", "/sys/fs/bpf"})
      if (others_may_read(path)) step(MountAction::cover_folder, path, {}, true);
    for (const char* path : {"/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/kallsyms", "/proc/timer_list",
                             "/proc/sched_debug", "/proc/latency_stats", "/proc/kmsg", "/proc/kpagecount",
                             "/proc/kpageflags", "/proc/config.gz", "/proc/vmallocinfo", "/proc/slabinfo"})
      if (others_may_read(path)) step(MountAction::cover_file, path, {}, true);
  }

  // What only root may read needs no cover where the command is somebody else.
  [[nodiscard]] bool others_may_read(const char* path) const {
    struct stat info {};
    if (stat(path, &info) != 0) return false;
    return options_.hide_accounts || (info.st_mode & S_IROTH) != 0;
  }

  const FilesystemPolicy& policy_;
  const MountOptions& options_;
  std::map<fs::path, Entry> entries_;
  std::map<fs::path, std::string> links_;
  std::set<fs::path> opened_, searched_for_links_;  // folders above grants, which many have in common
  MountPlan plan_;
};

}  // namespace

MountPlan plan_mounts(const FilesystemPolicy& policy, const MountOptions& options) {
  return Planner(policy, options).plan();
}

}  // namespace rh::sandbox
