// What must be as before after every run, whatever ran in it.
//   G1  no process of the run is left
//   G2  no mount, control group, temporary folder or abstract socket is left
//   G3  the caller's own terminal, working folder, umask, signal mask and O_NONBLOCK flags are as before
//   G4  the record is valid JSON with exactly one ending, which fits its wait status
#pragma once

#include <termios.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace rh::escape {

// Everything below the subreaper that started the tests, in the host's numbering, zombies included.
[[nodiscard]] std::set<int> descendants();
// Kills those that are not in `kept`, and waits until they are gone. Returns their command lines.
std::vector<std::string> kill_descendants_except(const std::set<int>& kept);

// Of the calling process.
struct OwnState {
  static OwnState now();
  bool operator==(const OwnState&) const = default;
  std::string terminal;  // termios and window size of descriptor 0, as bytes
  std::string folder, signals;
  unsigned mask = 0;
  std::vector<int> flags;  // of descriptors 0 to 2
};

class Invariants {
 public:
  // Taken before a run. `folder` holds everything that the run was given.
  explicit Invariants(std::filesystem::path folder);
  // Reports each that does not hold as a failure of the running test.
  void expect_kept() const;
  void expect_kept(const sandbox::ExitRecord& record) const;

 private:
  void expect_no_process_left() const;
  void expect_nothing_left_on_the_host() const;

  std::filesystem::path folder_;
  std::set<int> processes_;
  std::set<std::string> groups_, temporary_, sockets_;
  OwnState state_;
};

void expect_valid_record(const sandbox::ExitRecord& record);

}  // namespace rh::escape
