// What compilers made, kept for the next run that would make the same. Two kinds: finished programs, named by
// everything they were made from (source, files, packages, compiler); and the compiled standard library of Go, which
// only commands of ours write and programs see through a private layer, so that no code can leave anything in it for
// another.
#pragma once

#include "runner/agent/exec/programs.h"

namespace rh::agent {

class BuildCache {
 public:
  explicit BuildCache(const Service& service) : folder_(service.paths().state / "builds") {}

  // True: the program's outputs are there now, and nothing has to be built.
  [[nodiscard]] bool restore(const Program& program, const WorkFolder& folder) const;
  // At most kMaxPrograms are kept; the oldest make room.
  void keep(const Program& program, const WorkFolder& folder) const;

 private:
  void make_room() const;
  std::filesystem::path folder_;
};

// Compiles what the code imports of Go's standard library, once for each compiler and set of imports, and lets the
// build of `packages` read it. Where that fails the build compiles it by itself.
void share_go_library(Service& service, const CallContext& context, const ExecutionRequest& request,
                      const RunSettings& settings, const FoundRuntime& found, PreparedPackages& packages);

}  // namespace rh::agent
