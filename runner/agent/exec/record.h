// What became of an ExecutionRequest: the answer of every way of running code, and what history, notebooks and
// telemetry are made from. docs/formats/execution-record.md describes its JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/error_kind.h"
#include "runner/agent/exec/request.h"
#include "runner/model/diagnostic.h"
#include "runner/model/execution.h"

namespace rh::agent {

constexpr unsigned kExecutionRecordVersion = 1;

// waiting: for an approval. shown: there is no sandbox, so that the code was not run (metadata.fallback).
enum class ExecutionStatus { completed, failed, timeout, blocked, waiting, shown, cancelled };

// generate, analyse, approve, prepare, execute, notebook, result: in this order.
struct Stage {
  std::string name, outcome;  // "ok", "skipped", "failed"
  std::chrono::nanoseconds wall{0};
  std::string detail;
};

struct RecordError {
  ErrorKind kind = ErrorKind::none;
  std::string message;
  std::vector<std::string> concerns;  // of the safety check; names of packages
};

struct RecordArtifact {
  std::string name, mime_type;  // path below the working folder
  std::filesystem::path path;   // where it can be read now
  std::uint64_t bytes = 0;
  bool figure = false;
};

// A cell, a block of a batch, or a step of a provider's own interpreter.
struct ExecutionStep {
  std::string code, output, error;
  bool success = true;
  std::vector<std::string> files;
};

// The interpreter or compiler that was found.
struct Runtime {
  std::string name, version;
  std::filesystem::path path;
};

// CPU time and memory of the tree while the code ran, in columns of equal length.
struct RunSamples {
  std::chrono::nanoseconds cadence{0};
  std::vector<std::chrono::nanoseconds> at, cpu;  // since the begin of the code
  std::vector<std::uint64_t> memory_bytes;
  std::vector<std::uint32_t> processes;
  std::string memory_source, cpu_source;
  std::string reason;  // why there are none
};

struct ExecutionRecord {
  std::string id;        // "20261121_195012_123456"
  std::string short_id;  // 32 hex digits, for the audit log
  std::chrono::system_clock::time_point started;
  ExecutionRequest request;
  ExecutionStatus status = ExecutionStatus::failed;
  RecordError error;
  std::optional<int> exit_code;  // of the code; absent: it did not end by itself
  std::optional<int> signal;
  model::CapturedText standard_output, standard_error;
  std::chrono::nanoseconds wall{0};           // of running the code
  std::chrono::nanoseconds total{0};          // of everything
  std::optional<model::Execution> execution;  // what the sandbox knows; absent: nothing was started
  RunSamples samples;
  std::string result_json;  // structured value that the code gave; empty: none
  std::vector<RecordArtifact> artifacts;
  std::vector<ExecutionStep> steps;
  std::vector<Stage> stages;
  std::string assessment_json;  // of validation; empty: it did not run
  std::string approval_id;
  std::string question;                  // what a person is to be asked, while it waits; not in the JSON
  std::string access_mode, kernel_name;  // of the approval's decision; the notebook's kernel
  std::filesystem::path notebook;
  Runtime runtime;
  std::string server;  // URL of the Jupyter server that ran the code; empty: this machine did
  ExecutionMode mode = ExecutionMode::subprocess;
  ExecutionMethod method = ExecutionMethod::local;
  SecurityMode security = SecurityMode::safe;
  std::vector<model::Diagnostic> diagnostics;

  [[nodiscard]] bool success() const { return status == ExecutionStatus::completed && error.kind == ErrorKind::none; }
};

[[nodiscard]] std::string_view name_of(ExecutionStatus status);
// Times in seconds, sizes in bytes; what could not be measured is null beside a reason.
[[nodiscard]] nlohmann::json to_json(const ExecutionRecord& record);
// 0, 1, 2 or 124.
[[nodiscard]] int exit_code_of(const ExecutionRecord& record);
// A few lines for a person or a model: verdict, output, error.
[[nodiscard]] std::string summary_of(const ExecutionRecord& record);

}  // namespace rh::agent
