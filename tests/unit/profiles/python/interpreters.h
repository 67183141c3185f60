// The CPython interpreters of this machine, and programs run by them that the tests look into: every minor version
// that can be had from pyenv, from PATH or from RUNHARNESS_PYTHONS (paths, separated by ':').
#pragma once

#include <string>
#include <vector>

#include "runner/base/file.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles::python {

struct FoundPython {
  std::string path;
  int minor = 0, micro = 0;
  std::string text;     // "3.11.7"
  std::string include;  // folder of its headers
};

// Newest of each minor version, oldest first; and all of them.
[[nodiscard]] const std::vector<FoundPython>& found_pythons();
[[nodiscard]] const FoundPython* python_of(int minor);

// What a command prints; fails the test when it does not end well.
[[nodiscard]] std::string output_of(const std::vector<std::string>& argv);

// A running script. Its standard input and output are ours: it says when it is where the test wants it.
class RunningScript {
 public:
  RunningScript(const FoundPython& python, const std::string& source);
  RunningScript(const RunningScript&) = delete;
  RunningScript& operator=(const RunningScript&) = delete;
  ~RunningScript();  // ends it

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  // The next line that it prints; empty when it ended.
  [[nodiscard]] std::string read_line();
  void write_line();  // lets it go on
  // Waits for its end; its exit status.
  int wait();
  [[nodiscard]] bool ended();

 private:
  TempDir folder_;
  std::string file_;
  int pid_ = -1;
  UniqueFd input_, output_;
};

}  // namespace rh::profiles::python
