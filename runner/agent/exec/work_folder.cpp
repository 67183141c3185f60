#include "runner/agent/exec/work_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <system_error>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/remove_tree.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"
#include "sandbox/collect_files.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxArtifacts = 1000;
constexpr std::uint64_t kMaxArtifactBytes = 256ULL << 20;
constexpr std::uint64_t kMaxArtifactsBytes = 1ULL << 30;
constexpr std::size_t kMaxNotes = 20;

// Made by tools of the languages, never by the code for its caller.
constexpr std::string_view kToolFolders[] = {"node_modules", "__pycache__", "target", ".git"};

constexpr std::array kMimeTypes{std::pair{".png", "image/png"},
                                std::pair{".jpg", "image/jpeg"},
                                std::pair{".jpeg", "image/jpeg"},
                                std::pair{".gif", "image/gif"},
                                std::pair{".svg", "image/svg+xml"},
                                std::pair{".webp", "image/webp"},
                                std::pair{".pdf", "application/pdf"},
                                std::pair{".json", "application/json"},
                                std::pair{".csv", "text/csv"},
                                std::pair{".txt", "text/plain"},
                                std::pair{".log", "text/plain"},
                                std::pair{".md", "text/markdown"},
                                std::pair{".html", "text/html"},
                                std::pair{".xml", "application/xml"},
                                std::pair{".py", "text/x-python"},
                                std::pair{".js", "text/javascript"},
                                std::pair{".ipynb", "application/x-ipynb+json"},
                                std::pair{".zip", "application/zip"},
                                std::pair{".yaml", "application/yaml"},
                                std::pair{".toml", "application/toml"}};

std::optional<struct stat> look(const fs::path& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

std::int64_t changed_at(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

bool has_tool_folder(const fs::path& name) {
  return std::any_of(name.begin(), name.end(), [](const fs::path& part) {
    return std::find(std::begin(kToolFolders), std::end(kToolFolders), part.string()) != std::end(kToolFolders);
  });
}

}  // namespace

std::string mime_type_of(std::string_view name) {
  std::string suffix = fs::path(name).extension().string();
  for (char& c : suffix)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const auto& [ending, type] : kMimeTypes)
    if (suffix == ending) return type;
  return "application/octet-stream";
}

Result<WorkFolder> WorkFolder::make(const fs::path& workspace) {
  RH_TRY(TempDir root, TempDir::make("runharness-exec-"));
  WorkFolder folder(std::move(root));
  folder.workspace_ = workspace.empty() ? folder.root_.path() / "workspace" : workspace;
  for (const fs::path& path : {folder.workspace(), folder.exchange(), folder.home()})
    if (mkdir(path.c_str(), 0755) != 0 && (path != workspace || errno != EEXIST))
      return fail_errno("make the folder of the run", path.string());
  return folder;
}

Result<void> WorkFolder::write(const std::string& name, std::string_view content) {
  RH_TRY(const Beneath beneath, Beneath::open(workspace()));
  RH_CHECK(beneath.write(name, content));
  if (const auto info = look(workspace() / name)) written_[name] = {content.size(), changed_at(*info)};
  return {};
}

bool WorkFolder::is_given(const std::string& name) const {
  if (std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end()) return true;
  const auto at = written_.find(name);
  if (at == written_.end()) return false;
  const auto info = look(workspace() / name);
  return info && static_cast<std::uint64_t>(info->st_size) == at->second.bytes &&
         changed_at(*info) == at->second.changed_ns;
}

Result<std::vector<RecordArtifact>> WorkFolder::take_artifacts(const std::vector<std::string>& patterns,
                                                               const fs::path& destination,
                                                               std::vector<model::Diagnostic>& notes) const {
  const sandbox::CollectBounds bounds{kMaxArtifacts, kMaxArtifactBytes, kMaxArtifactsBytes};
  const std::vector<std::string> wanted = patterns.empty() ? std::vector<std::string>{"**"} : patterns;
  RH_TRY(const auto seen, sandbox::collect_files(workspace(), wanted, bounds, std::nullopt));
  std::vector<std::string> names;
  for (const model::CollectedFile& file : seen) {
    if (patterns.empty() && file.state == model::CollectState::missing) continue;  // nothing is there at all
    const bool is_new = !is_given(file.path) && (!patterns.empty() || !has_tool_folder(file.path));
    if (file.state == model::CollectState::collected && is_new) {
      names.push_back(file.path);
    } else if (is_new && file.state != model::CollectState::collected && notes.size() < kMaxNotes) {
      notes.push_back({model::Severity::warning,
                       "artifact-left-out",
                       fmt::format("{} is not taken as an artifact: {}{}", to_valid_utf8(file.path),
                                   model::name_of(file.state), file.detail.empty() ? "" : ", " + file.detail),
                       file.path,
                       {}});
    }
  }
  if (names.empty()) return std::vector<RecordArtifact>();
  RH_CHECK(make_directories(destination));
  // Names may hold what a pattern would read as one; the second pass takes them one by one as they are.
  RH_TRY(const auto taken, sandbox::collect_files(workspace(), names, bounds, destination));
  std::vector<RecordArtifact> artifacts;
  for (const model::CollectedFile& file : taken) {
    if (file.state != model::CollectState::collected || is_given(file.path)) continue;
    RecordArtifact artifact{to_valid_utf8(file.path), mime_type_of(file.path), destination / file.path, file.size_bytes,
                            false};
    artifact.figure = artifact.mime_type.starts_with("image/");
    artifacts.push_back(std::move(artifact));
  }
  return artifacts;
}

Result<void> WorkFolder::clear() {
  for (const fs::path& folder : {workspace(), exchange(), home()}) {
    std::error_code problem;
    for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem))
      RH_CHECK(remove_tree(at->path()));
    if (problem) return fail_errno("empty the folder of the run", folder.string(), problem.value());
  }
  written_.clear();
  left_out_.clear();
  return {};
}

std::future<void> WorkFolder::remove_beside(std::unique_ptr<WorkFolder> folder) {
  // A thread costs more than the few names of a run that built nothing.
  if (!folder || !rh::is_directory(folder->build())) return {};
  try {
    return std::async(std::launch::async, [gone = std::move(folder)]() mutable { gone.reset(); });
  } catch (const std::system_error&) {
    return {};  // No thread was to be had: its destructor has removed what was handed on.
  }
}

}  // namespace rh::agent
