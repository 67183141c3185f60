#include "runner/agent/pipeline_runs/pipeline_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/approval_file.h"
#include "runner/agent/approval/approval_store.h"
#include "runner/agent/digest.h"
#include "runner/agent/service.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kIdLength = 32, kShortestKey = 4, kKeptPipelines = 200;
constexpr std::array<std::string_view, 4> kStatusNames{"running", "waiting", "failed", "completed"};
constexpr std::array<std::string_view, 5> kStageNames{"pending", "running", "waiting", "failed", "completed"};

template <class Enum, std::size_t N>
Enum named(const std::array<std::string_view, N>& names, const std::string& text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw json::other_error::create(501, "a state of this name does not exist", nullptr);
  return static_cast<Enum>(found - names.begin());
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string text_of(const PipelineState& state) {
  json stages = json::array();
  for (const PipelineStage& stage : state.stages)
    stages.push_back({{"name", stage.name},
                      {"arguments", stage.arguments_json},
                      {"status", name_of(stage.status)},
                      {"execution_id", stage.execution_id},
                      {"approval_id", stage.approval_id},
                      {"record", stage.record_json}});
  return json{{"id", state.id},
              {"name", state.name},
              {"started", state.started},
              {"status", name_of(state.status)},
              {"stages", stages}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<PipelineState> state_of(const std::string& text, const std::string& id) {
  try {
    const json object = json::parse(text);
    PipelineState state;
    state.id = object.at("id");
    if (state.id != id) return fail(rh::ErrorKind::parse, "read the pipeline: its file is that of another one", id);
    state.name = object.at("name");
    state.started = object.at("started");
    state.status = named<PipelineStatus>(kStatusNames, object.at("status"));
    for (const json& one : object.at("stages")) {
      PipelineStage stage;
      stage.name = one.at("name");
      stage.arguments_json = one.at("arguments");
      stage.status = named<StageStatus>(kStageNames, one.at("status"));
      stage.execution_id = one.at("execution_id");
      stage.approval_id = one.at("approval_id");
      stage.record_json = one.at("record");
      state.stages.push_back(std::move(stage));
    }
    return state;
  } catch (const json::exception&) {
    return fail(rh::ErrorKind::parse, "read the pipeline: its file is damaged", id);
  }
}

Result<PipelineState> read_by_id(Service& service, const fs::path& folder, const std::string& id) {
  const fs::path file = folder / (id + ".json");
  RH_TRY(const std::string text, read_file(file, kMaxPipelineBytes));
  RH_TRY(const SealedText sealed, open_sealed(text, file.string()));
  RH_TRY(const std::string mac, service.approvals().seal(sealed.body));
  if (!same_digest(mac, sealed.mac))
    return fail(rh::ErrorKind::parse, "trust the pipeline: its file was changed behind the back of runharness", id);
  return state_of(sealed.body, id);
}

// Ids with the time of their last change, newest first.
std::vector<std::string> ids_in(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == kIdLength + 5 && name.ends_with(".json") && is_hex(name.substr(0, kIdLength)))
      found.emplace_back(entry.last_write_time(code), name.substr(0, kIdLength));
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<std::string> ids;
  for (auto& [time, id] : found) ids.push_back(std::move(id));
  return ids;
}

}  // namespace

std::string_view name_of(PipelineStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }
std::string_view name_of(StageStatus status) { return kStageNames[static_cast<std::size_t>(status)]; }

std::size_t PipelineState::next() const {
  std::size_t at = 0;
  while (at < stages.size() && stages[at].status == StageStatus::completed) ++at;
  return at;
}

Result<PipelineLock> PipelineLock::take(const fs::path& folder, const std::string& id) {
  UniqueFd fd(::open((folder / (id + ".lock")).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("lock the pipeline", id);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(rh::ErrorKind::usage, "go on with the pipeline: another process is at it now", id);
  return PipelineLock(std::move(fd));
}

Result<fs::path> pipelines_folder(Service& service) {
  RH_TRY(const fs::path above, service.private_folder());
  const fs::path path = above / "pipelines";
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return fail_errno("make the folder of pipelines", path.string());
  return path;
}

Result<void> write_pipeline(Service& service, const PipelineState& state) {
  RH_TRY(const fs::path folder, pipelines_folder(service));
  const std::string body = text_of(state);
  if (body.size() > kMaxPipelineBytes)
    return fail(rh::ErrorKind::limit,
                fmt::format("keep the pipeline: its stages have {}, at most {}", format_size(body.size()),
                            format_size(kMaxPipelineBytes)),
                state.id);
  RH_TRY(const std::string mac, service.approvals().seal(body));
  const fs::path file = folder / (state.id + ".json");
  if (!is_file(file))  // a new one: the oldest that are over make room
    if (auto ids = ids_in(folder); ids.size() >= kKeptPipelines)
      for (std::size_t i = kKeptPipelines - 1; i < ids.size(); ++i)
        for (const char* suffix : {".json", ".lock"}) ::unlink((folder / (ids[i] + suffix)).c_str());
  return write_file(file, seal_text(body, mac));
}

Result<PipelineState> read_pipeline(Service& service, std::string_view key) {
  RH_TRY(const fs::path folder, pipelines_folder(service));
  const std::string subject = to_valid_utf8(key.substr(0, 80));
  if (key.size() < kShortestKey || key.size() > kIdLength || !is_hex(key))
    return fail(rh::ErrorKind::usage, "find the pipeline: an id is 32 hex digits, or 4 and more of its begin", subject);
  std::vector<std::string> matches;
  for (std::string& id : ids_in(folder))
    if (id.starts_with(key)) matches.push_back(std::move(id));
  if (matches.size() == 1) return read_by_id(service, folder, matches.front());
  if (matches.empty())
    return fail(rh::ErrorKind::not_found,
                "find the pipeline: there is none of this id; `runharness pipeline list` shows them", subject);
  return fail(rh::ErrorKind::usage, fmt::format("find the pipeline: {} begin with this", matches.size()), subject);
}

Result<std::vector<PipelineState>> read_pipelines(Service& service) {
  RH_TRY(const fs::path folder, pipelines_folder(service));
  std::vector<PipelineState> found;
  for (const std::string& id : ids_in(folder))
    if (auto state = read_by_id(service, folder, id)) found.push_back(std::move(*state));
  return found;
}

}  // namespace rh::agent
