// The host's tree stays where it is and becomes read-only; private folders are mounted over parts of
// it, and granted folders are attached again on top. Every mount of the host is locked for anything the
// command could create later. A root of its own (own_root.h) is made of copies of the result at the end.
// Only async-signal-safe calls.
#include "sandbox/mount_tree.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/child.h"

namespace rh::sandbox {
namespace {

bool set_attributes(int fd, const char* path, std::uint64_t attributes, unsigned flags) {
  mount_attr attr{};
  attr.attr_set = attributes;
  return mount_setattr(fd, path, flags, &attr, sizeof attr) == 0;
}

bool take(Grab& grab) {
  const int fd = open_tree(AT_FDCWD, grab.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (fd < 0) return false;
  if (grab.attributes != 0 && !set_attributes(fd, "", grab.attributes, AT_EMPTY_PATH | AT_RECURSIVE)) {
    const int error = errno;
    close(fd);
    errno = error;
    return false;
  }
  grab.fd = fd;
  return true;
}

// mkdir -p on the plan's own copy of the text, which is put back as it was.
bool make_folder(std::string& path) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] != '/') continue;
    path[i] = '\0';
    mkdir(path.c_str(), 0755);
    path[i] = '/';
  }
  return mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

bool make_file(const char* path) {
  const int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

// One empty file system serves all covers: showing it again costs a third of making another.
bool cover_folder(const char* path, const char*& first) {
  if (first != nullptr) return mount(first, path, nullptr, MS_BIND, nullptr) == 0;
  constexpr unsigned long kFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount("tmpfs", path, "tmpfs", kFlags, "size=4k,nr_inodes=2,mode=755") != 0) return false;
  first = path;
  return true;
}

bool seal(const char* path) {
  const int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (fd < 0) return false;
  const bool done = set_attributes(fd, "", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, AT_EMPTY_PATH | AT_RECURSIVE) &&
                    move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
  const int error = errno;
  close(fd);
  errno = error;
  return done;
}

bool attach(ChildPlan& plan, const MountStep& step) {
  Grab& grab = plan.grabs[static_cast<std::size_t>(step.grab)];
  if (grab.fd < 0) {
    errno = ENOENT;  // reported when it was to be taken
    return false;
  }
  const bool attached = move_mount(grab.fd, "", AT_FDCWD, step.target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0;
  const int error = errno;
  close(grab.fd);
  grab.fd = -1;
  errno = error;
  return attached;
}

// The runner reads the upper folder when the tree is dead; its descriptor keeps the file system alive.
bool send_folder(int socket, int folder) {
  char byte = 'l';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &folder, sizeof folder);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

// The target is a tmpfs with the folders guard, lower, upper and work; the overlay of them covers it.
// Relative names spare the escaping of mount options. Older kernels have no user attributes on a
// tmpfs: then a deleted folder cannot be made again, which the caller is told by ENOTSUP.
bool mount_overlay(const ChildPlan& plan, const MountStep& step) {
  if (chdir(step.target.c_str()) != 0) return false;
  struct stat lower {};
  if (stat("lower", &lower) != 0 || chmod("upper", lower.st_mode & 07777) != 0) return false;
  const bool has_attributes = setxattr("upper", "user.runharness", "", 0, 0) == 0;
  if (has_attributes) removexattr("upper", "user.runharness");
  const int upper = open("upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (upper < 0) return false;
  const bool sent = send_folder(plan.layer_fd, upper);
  close(upper);
  if (!sent || mount("overlay", ".", "overlay", MS_NOSUID | MS_NODEV, step.data.c_str()) != 0) return false;
  if (chdir("/") != 0) return false;
  errno = ENOTSUP;
  return has_attributes;
}

// The root of an initial RAM disk cannot be pivoted: there the new tree is moved over it.
bool change_root() {
  if (syscall(SYS_pivot_root, ".", ".") == 0) {
    if (umount2(".", MNT_DETACH) != 0) return false;
  } else if (errno != EINVAL || mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || chroot(".") != 0) {
    return false;
  }
  return chdir("/") == 0 && set_attributes(AT_FDCWD, "/", MOUNT_ATTR_RDONLY, 0);
}

bool carry_out(ChildPlan& plan, MountStep& step, const char*& first_cover) {
  constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV;
  const char* target = step.target.c_str();
  switch (step.action) {
    case MountAction::make_folder:
      return make_folder(step.target);
    case MountAction::make_file:
      return make_file(target);
    case MountAction::make_link:
      return symlink(step.data.c_str(), target) == 0 || errno == EEXIST;
    case MountAction::mount_tmpfs:
      return mount("tmpfs", target, "tmpfs", kPlain, step.data.c_str()) == 0;
    case MountAction::mount_proc:
      return mount("proc", target, "proc", kPlain | MS_NOEXEC, nullptr) == 0;
    case MountAction::mount_devpts:
      return mount("devpts", target, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") == 0;
    case MountAction::mount_mqueue:
      return mount("mqueue", target, "mqueue", kPlain | MS_NOEXEC, nullptr) == 0;
    case MountAction::attach:
      return attach(plan, step);
    case MountAction::overlay:
      return mount_overlay(plan, step);
    case MountAction::bind_self:
      return mount(target, target, nullptr, MS_BIND | MS_REC, nullptr) == 0;
    case MountAction::seal:
      return seal(target);
    case MountAction::cover_folder:
      return cover_folder(target, first_cover);
    case MountAction::cover_file:
      return mount("/dev/null", target, nullptr, MS_BIND, nullptr) == 0;
    case MountAction::take:
      return take(plan.grabs[static_cast<std::size_t>(step.grab)]);
    case MountAction::enter:
      return chdir(target) == 0;
    case MountAction::change_root:
      return change_root();
  }
  return false;
}

void report_degraded(const ChildPlan& plan, Stage stage, std::size_t index) {
  InitMessage message;
  message.kind = InitMessage::degraded;
  message.stage = stage;
  message.error = errno;
  message.index = static_cast<int>(index);
  tell(plan, message);
}

}  // namespace

void build_mount_tree(ChildPlan& plan) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up(plan, Stage::private_mounts, errno);
  for (std::size_t i = 0; i < plan.grabs.size(); ++i) {
    Grab& grab = plan.grabs[i];
    if (grab.fd >= 0 || grab.late || take(grab)) continue;
    if (!grab.optional) give_up(plan, Stage::grab, errno, static_cast<int>(i));
    report_degraded(plan, Stage::grab, i);
  }
  if (!set_attributes(AT_FDCWD, "/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, AT_RECURSIVE))
    give_up(plan, Stage::read_only_root, errno);
  const char* first_cover = nullptr;
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    MountStep& step = plan.mounts[i];
    if (carry_out(plan, step, first_cover)) continue;
    const bool incomplete_overlay = step.action == MountAction::overlay && errno == ENOTSUP;
    if (!step.optional && !incomplete_overlay) give_up(plan, Stage::mount_step, errno, static_cast<int>(i));
    // Covers name files that some kernels do not have.
    if (errno != ENOENT) report_degraded(plan, Stage::mount_step, i);
  }
}

}  // namespace rh::sandbox
