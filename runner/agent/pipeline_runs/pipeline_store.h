// Pipelines as they stand after each stage, in the private folder: what is needed to go on after an interruption or an
// approval, bound by an HMAC as approvals are.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

class Service;

enum class PipelineStatus { running, waiting, failed, completed };
enum class StageStatus { pending, running, waiting, failed, completed };
[[nodiscard]] std::string_view name_of(PipelineStatus status);
[[nodiscard]] std::string_view name_of(StageStatus status);

struct PipelineStage {
  std::string name;
  std::string arguments_json;  // of execute_code, without what the stage before it gives
  StageStatus status = StageStatus::pending;
  std::string execution_id, approval_id;
  std::string record_json;  // of its last execution; empty: none yet
};

struct PipelineState {
  std::string id;  // 32 hex digits
  std::string name, started;
  PipelineStatus status = PipelineStatus::running;
  std::vector<PipelineStage> stages;
  [[nodiscard]] std::size_t next() const;  // the first stage that is not completed
};

constexpr std::size_t kMaxPipelineStages = 100;
constexpr std::uint64_t kMaxPipelineBytes = 256ULL << 20;

// Holds a pipeline for one process: two cannot go on with it at the same time.
class PipelineLock {
 public:
  [[nodiscard]] static Result<PipelineLock> take(const std::filesystem::path& folder, const std::string& id);

 private:
  explicit PipelineLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

[[nodiscard]] Result<std::filesystem::path> pipelines_folder(Service& service);
[[nodiscard]] Result<void> write_pipeline(Service& service, const PipelineState& state);
// `key`: an id, or a begin of at least 4 digits that only one has.
[[nodiscard]] Result<PipelineState> read_pipeline(Service& service, std::string_view key);
// The newest first.
[[nodiscard]] Result<std::vector<PipelineState>> read_pipelines(Service& service);

}  // namespace rh::agent
