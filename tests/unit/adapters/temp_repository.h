// A repository in a temporary folder: write files, then ask for the walk's view of it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "runner/base/assert.h"
#include "runner/base/file.h"
#include "runner/model/repository.h"

namespace rh::adapters {

class TempRepository {
 public:
  TempRepository() : folder_(make()) {}

  [[nodiscard]] std::filesystem::path path(std::string_view relative = {}) const { return folder_.path() / relative; }

  void write(std::string_view file, std::string_view text) const {
    std::filesystem::create_directories(path(file).parent_path());
    std::ofstream(path(file)) << text;
  }

  [[nodiscard]] model::Repository walk() const {
    model::Repository repository;
    repository.root = folder_.path();
    repository.folders["."];
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      const std::string relative = relative_to(entry.path(), folder_.path());
      if (entry.is_directory()) {
        repository.folders[relative];
        continue;
      }
      const std::string parent = std::filesystem::path(relative).parent_path().string();
      repository.folders[parent.empty() ? "." : parent].push_back(entry.path().filename().string());
    }
    for (auto& [folder, files] : repository.folders) std::sort(files.begin(), files.end());
    return repository;
  }

 private:
  static TempDir make() {
    auto folder = TempDir::make("rh-adapters");
    RH_ASSERT(folder.has_value());
    return *std::move(folder);
  }
  TempDir folder_;
};

}  // namespace rh::adapters
