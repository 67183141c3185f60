// Decides what the command's file tree looks like: which folders become private, which are attached
// again, what is covered, and in which order. Reads the host's tree, changes nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/child_plan.h"
#include "sandbox/sandbox.h"

namespace rh::sandbox {

struct MountOptions {
  std::optional<std::uint64_t> tmp_bytes;
  bool host_network = false;                   // the resolver's files must stay visible
  bool other_uid = false;                      // the command has not the runner's own kernel uid: grants are id-mapped,
                                               // and folders closed to others must be opened up
  bool fresh_proc = true;                      // a pid namespace, and a kernel that lets us mount /proc in it
  bool hide_accounts = false;                  // the command runs as the host's root: /etc/shadow is covered
  bool overlay = true;                         // the kernel lets us mount one; else such folders are read-only
  std::vector<std::filesystem::path> sockets;  // of the host, to be covered where nothing else hides them
};

struct MountPlan {
  std::vector<Grab> grabs;
  std::vector<MountStep> steps;
  std::vector<std::string> notes;               // what could not be had, for the report
  std::vector<std::filesystem::path> overlays;  // in the order in which their upper folders are sent
};

[[nodiscard]] MountPlan plan_mounts(const FilesystemPolicy& policy, const MountOptions& options);

}  // namespace rh::sandbox
