// The folder of one run on this machine, gone with the object: what the code sees as its working folder, what the
// program gives and takes beside it, and a home.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/agent/exec/record.h"
#include "runner/base/file.h"
#include "runner/base/result.h"

namespace rh::agent {

class WorkFolder {
 public:
  // `workspace`: an existing folder that the code is to work in, which stays; empty: one of the run's own.
  [[nodiscard]] static Result<WorkFolder> make(const std::filesystem::path& workspace = {});

  [[nodiscard]] std::filesystem::path workspace() const { return workspace_; }                // the code's own
  [[nodiscard]] std::filesystem::path exchange() const { return root_.path() / "exchange"; }  // context, result
  [[nodiscard]] std::filesystem::path home() const { return root_.path() / "home"; }
  [[nodiscard]] std::filesystem::path build() const { return root_.path() / "build"; }  // compiled, packages
  [[nodiscard]] std::filesystem::path result_file() const { return exchange() / "result.json"; }
  [[nodiscard]] std::filesystem::path context_file() const { return exchange() / "context.json"; }

  // Below the workspace, through no link; what is there afterwards without having changed is no artifact.
  [[nodiscard]] Result<void> write(const std::string& name, std::string_view content);
  // What the code made or changed, as `patterns` choose (none: everything), copied to `destination`. Links, pipes and
  // what is beyond the bounds are named in `notes`.
  [[nodiscard]] Result<std::vector<RecordArtifact>> take_artifacts(const std::vector<std::string>& patterns,
                                                                   const std::filesystem::path& destination,
                                                                   std::vector<model::Diagnostic>& notes) const;
  // Not taken as artifacts although new: folders of packages and builds, the program itself.
  void leave_out(std::string name) { left_out_.push_back(std::move(name)); }
  // Empties workspace and exchange for the next run of a warm interpreter.
  [[nodiscard]] Result<void> clear();
  // Removes the folder, if there is one: what a build made beside what the caller does until it drops the future.
  [[nodiscard]] static std::future<void> remove_beside(std::unique_ptr<WorkFolder> folder);

 private:
  explicit WorkFolder(TempDir root) : root_(std::move(root)) {}
  struct Written {
    std::uint64_t bytes;
    std::int64_t changed_ns;
  };
  [[nodiscard]] bool is_given(const std::string& name) const;

  TempDir root_;
  std::filesystem::path workspace_;
  std::map<std::string, Written> written_;
  std::vector<std::string> left_out_;
};

// "image/png" by the suffix; application/octet-stream for an unknown one.
[[nodiscard]] std::string mime_type_of(std::string_view name);

}  // namespace rh::agent
