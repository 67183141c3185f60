// Which interpreter or compiler runs a language: the one that the request names, else the configured one, else that of
// PATH. Shims are resolved to what they would start, and what a program said about itself is remembered beside it
// (runtimes.json of the project's private folder), because asking costs more than most runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/agent/exec/record.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/service.h"
#include "runner/base/result.h"

namespace rh::agent {

struct FoundRuntime {
  Runtime runtime;                              // interpreter, or compiler
  std::filesystem::path home;                   // the installation: JAVA_HOME, GOROOT, sysroot
  std::vector<std::filesystem::path> readable;  // what of it lies where a sandbox sees nothing
  std::filesystem::path driver;                 // Python: the driver of programs as a .pyc file; empty: to be compiled
  std::filesystem::path root;                   // a root file system that `runtime.path` lies in; empty: the host's
};

// not_found: nothing of that name or version is there; the message says what was looked for.
[[nodiscard]] Result<FoundRuntime> find_runtime(const Service& service, const ExecutionRequest& request,
                                                ExecutionMethod method);

// The same for a tool of the language: pip, npm, cargo, mvn, gradle, apt-get.
[[nodiscard]] Result<std::filesystem::path> find_language_tool(const Service& service, std::string_view name);

// Folders that a program at `path` needs and that lie outside of the system's folders.
[[nodiscard]] std::vector<std::filesystem::path> folders_of_program(const std::filesystem::path& path);

}  // namespace rh::agent
