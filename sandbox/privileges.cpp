// A process with uid 0 of its namespace gets all capabilities back on exec, unless the bounding set
// is empty and the secure bits say that 0 is no special uid. Both are done.
#include "sandbox/privileges.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include <cerrno>

#include "sandbox/child.h"
#include "sandbox/syscalls.h"

namespace rh::sandbox {
namespace {

constexpr unsigned long kSecureBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                      SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

bool may_change_bounding_set() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1U << CAP_SETPCAP)) != 0;
}

}  // namespace

void drop_privileges(const ChildPlan& plan) {
  // An ordinary user without a user namespace has no capability to begin with, and no_new_privs
  // below keeps set-uid programs from giving any.
  if (may_change_bounding_set()) {
    for (unsigned long capability = 0; capability <= 63; ++capability)
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL)
        give_up(plan, Stage::capabilities, errno, static_cast<int>(capability));
    if (prctl(PR_SET_SECUREBITS, kSecureBits) != 0) give_up(plan, Stage::capabilities, errno);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) give_up(plan, Stage::capabilities, errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(plan, Stage::no_new_privileges, errno);
}

}  // namespace rh::sandbox
