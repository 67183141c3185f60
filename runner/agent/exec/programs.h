// How code of each language becomes a program in the working folder, one row a language: which file it is written to,
// which commands build it, and which one runs it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/agent/exec/runtimes.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/exec/work_folder.h"

namespace rh::agent {

struct Program {
  FoundRuntime found;
  std::string source;                          // file in the working folder
  std::vector<SandboxedCommand> build;         // in this order; the first that fails ends it
  SandboxedCommand run;                        // argv, env and folders; limits are the caller's to set
  std::vector<std::filesystem::path> outputs;  // what building makes, relative to WorkFolder::build
  std::string build_key;                       // names the outputs by what they are made from; empty: they are not kept
};

// Where prepared packages lie, for the program to find them: made by the prepare step (packages.h).
struct PreparedPackages {
  model::Environment env;  // PYTHONPATH, GOFLAGS, CARGO_HOME...
  std::vector<std::filesystem::path> readable, overlays, path;
  std::map<std::string, std::string> files;            // of the working folder, beside the request's
  std::map<std::string, std::filesystem::path> links;  // in the working folder
  std::vector<std::string> class_path;                 // java
  std::string key;                                     // of what was prepared; empty: nothing
};

// Writes code and files into the folder. The code's own fault (no class with a main) is a program whose build says so.
[[nodiscard]] Result<Program> make_program(const Service& service, const ExecutionRequest& request,
                                           const RunSettings& settings, FoundRuntime found, WorkFolder& folder,
                                           const PreparedPackages& packages);

// The name that the code is written to, before its own files are looked at.
[[nodiscard]] std::string source_name(const ExecutionRequest& request);
[[nodiscard]] bool has_file(const ExecutionRequest& request, std::string_view name);

// Java: the class that has `main`, else the first public one, else the first; `file` is the class that the source file
// has to be named after. Empty: there is none.
struct JavaMain {
  std::string package, name, file;
};
[[nodiscard]] JavaMain find_java_main(std::string_view code);

}  // namespace rh::agent
