// Which test files and packages depend on a file by imports, for changes of code that runs when it is loaded.
// Python: from file to file, by every module name that could mean it. Go: from package to package.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runner/engine/affected/source_shape.h"

namespace rh::engine {

using TextOf = std::function<std::optional<std::string>(const std::string& path)>;

class ImportGraph {
 public:
  // `files`: every path of the repository.
  ImportGraph(SourceKind kind, const std::vector<std::string>& files, const TextOf& text);

  // Everything that depends on `path`, itself included: files, or folders of packages.
  [[nodiscard]] std::set<std::string> dependents(const std::string& path) const;
  // Of Go: the folder of the package that an import path names; empty: none of the repository's.
  [[nodiscard]] std::string folder_of(std::string_view import_path) const;
  // Packages of Go whose tests can start programs.
  [[nodiscard]] const std::set<std::string>& starters() const { return starters_; }

 private:
  void read_python(const std::vector<std::string>& files, const TextOf& text);
  void read_go(const std::vector<std::string>& files, const TextOf& text);
  void add_module_names(const std::string& file);
  [[nodiscard]] std::set<std::string> python_imports(const std::string& file, const SourceShape& shape) const;

  SourceKind kind_;
  std::map<std::string, std::set<std::string>> names_;      // Python: dotted name -> files
  std::map<std::string, std::string> modules_;              // Go: module path -> folder
  std::map<std::string, std::set<std::string>> importers_;  // file or folder -> who imports it
  std::set<std::string> by_name_;                           // files that import what they compute the name of
  std::set<std::string> starters_;
};

}  // namespace rh::engine
