// The files of a repository as one walk found them: what .gitignore and the fixed ignore list leave.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rh::model {

// Keys and values are relative to `root`, '/'-separated; the root folder itself is ".".
struct Repository {
  std::filesystem::path root;                               // absolute, real path
  std::map<std::string, std::vector<std::string>> folders;  // folder -> sorted names of its regular files
  std::vector<std::string> unreadable;                      // folders that could not be listed

  [[nodiscard]] bool has(const std::string& folder, const std::string& file) const;
  [[nodiscard]] std::filesystem::path absolute(const std::string& folder, const std::string& file = {}) const;
};

// "a/b" + "c" = "a/b/c"; "." + "c" = "c".
[[nodiscard]] std::string join_relative(const std::string& folder, const std::string& name);

}  // namespace rh::model
