// What is to be run, as a caller asked for it. Absent values come from the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/config.h"
#include "runner/agent/language.h"
#include "runner/base/result.h"
#include "runner/model/limits.h"

namespace rh::agent {

struct ExecutionRequest {
  Language language = Language::python;
  std::string code;
  std::filesystem::path script;        // the code was read from here; empty: inline
  std::string driver;                  // program that is written in place of the code and runs it (notebook/run.h)
  std::string notebook_text;           // the notebook whose cells are the code; empty: it is none
  std::vector<std::string> arguments;  // of the program
  std::string standard_input;
  std::map<std::string, std::string> files;  // name below the working folder -> content
  std::map<std::string, std::string> env;
  std::vector<std::string> packages;   // "numpy==1.26.4", "lodash@4", "jq"
  std::filesystem::path requirements;  // requirements.txt, package.json, go.mod, Cargo.toml, pom.xml
  std::string context_json;            // of the caller; the code finds it as a file and a variable
  std::vector<std::string> artifacts;  // globs below the working folder; empty: everything new
  std::string working_folder;          // inside; empty: /workspace
  std::string folder_name;             // of this run among the artifacts; empty: its id

  std::optional<std::chrono::milliseconds> timeout, cpu_time;
  std::optional<std::uint64_t> memory_bytes, max_output_bytes;
  std::optional<double> cpus;
  std::optional<model::NetworkPolicy> network;
  std::optional<SecurityMode> security;
  std::optional<ExecutionMode> mode;
  std::optional<ExecutionMethod> method;
  std::optional<bool> save_execution, package_cache, notebook, collect_metrics;
  std::string runtime;      // interpreter path, version ("3.11"), or folder with a root file system
  std::string environment;  // name of an EnvironmentProfile
  std::string access;       // name of an AccessMode; empty: by what the code does
  std::string capability;   // for approval.capabilities
  std::string expected;     // "number", "json"...: of the result; empty: anything

  bool enable = false, allow_production = false;
  bool requires_isolation = false;
  std::string session;  // state is kept between calls of one session; empty: none
  bool echo = false;    // in a session: the value of a last expression is printed, as at a prompt
  std::string instruction, user_query, task_objective, expected_results, user;  // kept with the record
  std::string provider, model;                                                  // that generated the code
};

// From the arguments of the tool, checked by its rows. Relative paths start at `here`; over MCP there are none but
// those of the folder that the server serves.
[[nodiscard]] Result<ExecutionRequest> request_from_json(const nlohmann::json& arguments,
                                                         const std::filesystem::path& here);
[[nodiscard]] nlohmann::json to_json(const ExecutionRequest& request);

}  // namespace rh::agent
