// Finds the processes of a tree: the root, its children and theirs, and notices when one calls exec or ends. It looks
// hundreds of times a second: the files of a process stay open, and what seldom changes is looked at seldom.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/proc_file.h"

namespace rh::profiles {

constexpr std::size_t kMaxFollowed = 4096;  // processes at one time; more are counted, not followed

struct FollowedProcess {
  int pid = 0, parent = 0;
  std::string executable;  // target of /proc/PID/exe; empty while it cannot be read
  std::string file;        // device and inode of the executable
};

struct ProcessChanges {
  std::vector<FollowedProcess> appeared;  // new ones, and old ones that are another program now
  std::vector<int> ended;                 // comes before `appeared` of the same pid
};

class ProcessFollower {
 public:
  // `own_executable`: processes of this program are between fork and exec, or are our own helpers; they are
  // followed for their children, and told once they are something else.
  ProcessFollower(int root_pid, bool children, std::string own_executable);
  // `watched`: whether somebody else would notice at once if the process of this pid ended or called exec; it is
  // looked at less often then.
  [[nodiscard]] ProcessChanges look(const std::function<bool(int)>& watched);
  [[nodiscard]] std::size_t not_followed() const { return not_followed_; }

 private:
  struct Thread {
    int tid = 0;
    ProcFile children;
  };
  struct Known {
    FollowedProcess process;
    bool told = false, seen = false;
    bool kept = false;   // its files stay open
    unsigned looks = 0;  // since all of it was looked at
    std::string name;    // of the program, as /proc/PID/stat has it
    ProcFile stat;
    UniqueFd tasks;  // /proc/PID/task
    std::uint64_t thread_links = 0;
    std::vector<Thread> threads;
    unsigned looks_at_unfinished = 0;
    std::uint64_t start_time = 0;
    std::uint64_t start_stack = 0;  // another one in every exec; 0: not there yet, or hidden from us
  };
  void visit(int pid, int parent, ProcessChanges& changes);
  void visit_children(Known& known, ProcessChanges& changes);
  static void list_threads(Known& known);
  [[nodiscard]] bool check_image(Known& known, ProcessChanges& changes);

  int root_pid_;
  bool children_;
  const std::function<bool(int)>* watched_ = nullptr;  // during a look
  std::string own_executable_;
  std::unordered_map<int, Known> known_;
  std::size_t not_followed_ = 0, kept_ = 0;
};

}  // namespace rh::profiles
