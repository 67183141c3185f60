#include "runner/engine/affected/import_graph.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

std::string folder_of_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash));
}

std::string joined(const std::string& folder, std::string_view rest) {
  if (rest.empty()) return folder;
  return folder == "." ? std::string(rest) : folder + "/" + std::string(rest);
}

// "a/b/__init__.py" and "a/b.py" are both a.b; "" is no module.
std::string dotted(std::string_view file) {
  std::string_view path = file.substr(0, file.size() - 3);
  if (path == "__init__") return {};
  if (path.ends_with("/__init__")) path.remove_suffix(9);
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

std::string module_in(std::string_view go_mod) {
  for (const std::string_view line : split_lines(go_mod)) {
    std::string_view rest = trim(line);
    if (!rest.starts_with("module ") && !rest.starts_with("module\t")) continue;
    rest = trim(rest.substr(7));
    rest = trim(rest.substr(0, rest.find("//")));
    if (rest.size() > 1 && rest.front() == '"') rest = rest.substr(1, rest.size() - 2);
    return std::string(rest);
  }
  return {};
}

}  // namespace

ImportGraph::ImportGraph(SourceKind kind, const std::vector<std::string>& files, const TextOf& text) : kind_(kind) {
  if (kind == SourceKind::python) read_python(files, text);
  if (kind == SourceKind::go) read_go(files, text);
}

// Where the search for modules starts is not known here, so that a file has the name of each end of its path.
void ImportGraph::add_module_names(const std::string& file) {
  std::string_view rest = file;
  for (;;) {
    if (std::string name = dotted(rest); !name.empty()) names_[std::move(name)].insert(file);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return;
    rest = rest.substr(slash + 1);
  }
}

std::set<std::string> ImportGraph::python_imports(const std::string& file, const SourceShape& shape) const {
  std::set<std::string> found;
  const auto add = [&](std::string name) {
    for (;;) {  // importing a.b.c runs a and a.b as well
      if (const auto files = names_.find(name); files != names_.end())
        found.insert(files->second.begin(), files->second.end());
      const std::size_t dot = name.rfind('.');
      if (dot == std::string::npos) return;
      name.resize(dot);
    }
  };
  for (const std::string& import : shape.imports) {
    std::size_t dots = 0;
    while (dots < import.size() && import[dots] == '.') ++dots;
    if (dots == 0) {
      add(import);
      continue;
    }
    std::string folder = folder_of_path(file);
    for (std::size_t i = 1; i < dots; ++i) folder = folder_of_path(folder);
    std::string name = folder == "." ? std::string() : folder;
    std::replace(name.begin(), name.end(), '/', '.');
    const std::string rest = import.substr(dots);
    add(name.empty() ? rest : rest.empty() ? name : name + "." + rest);
  }
  return found;
}

void ImportGraph::read_python(const std::vector<std::string>& files, const TextOf& text) {
  std::vector<std::string> sources;
  for (const std::string& file : files)
    if (source_kind(file) == SourceKind::python) sources.push_back(file);
  for (const std::string& file : sources) add_module_names(file);
  for (const std::string& file : sources) {
    const auto source = text(file);
    if (!source) continue;
    const SourceShape shape = shape_of(SourceKind::python, split_lines(*source));
    if (shape.imports_by_name) by_name_.insert(file);
    for (const std::string& imported : python_imports(file, shape)) importers_[imported].insert(file);
    // pytest loads the conftest.py of a folder for every test below it.
    if (!file.ends_with("conftest.py")) continue;
    const std::string folder = folder_of_path(file);
    for (const std::string& other : sources)
      if (folder == "." || other.starts_with(folder + "/")) importers_[file].insert(other);
  }
}

void ImportGraph::read_go(const std::vector<std::string>& files, const TextOf& text) {
  for (const std::string& file : files)
    if (file == "go.mod" || file.ends_with("/go.mod"))
      if (const auto source = text(file))
        if (std::string module = module_in(*source); !module.empty()) modules_[module] = folder_of_path(file);
  for (const std::string& file : files) {
    if (source_kind(file) != SourceKind::go) continue;
    const auto source = text(file);
    if (!source) continue;
    const std::string package = folder_of_path(file);
    for (const std::string& path : shape_of(SourceKind::go, split_lines(*source)).imports) {
      if (path == "os/exec" || path == "syscall" || path == "plugin") starters_.insert(package);
      if (std::string folder = folder_of(path); !folder.empty()) importers_[folder].insert(package);
    }
  }
}

std::string ImportGraph::folder_of(std::string_view import_path) const {
  std::string_view longest;
  std::string found;
  for (const auto& [module, folder] : modules_) {
    if (module.size() < longest.size()) continue;
    if (import_path == module)
      found = folder, longest = module;
    else if (import_path.starts_with(module + "/"))
      found = joined(folder, import_path.substr(module.size() + 1)), longest = module;
  }
  return found;
}

std::set<std::string> ImportGraph::dependents(const std::string& path) const {
  std::set<std::string> found;
  std::vector<std::string> open{kind_ == SourceKind::go ? folder_of_path(path) : path};
  if (kind_ == SourceKind::python) open.insert(open.end(), by_name_.begin(), by_name_.end());
  // A module that is new may take the place of one that could not be found, or of another one of its name.
  if (kind_ == SourceKind::python)
    for (const auto& [name, files] : names_)
      if (files.contains(path))
        for (const std::string& file : files) open.push_back(file);
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (!found.insert(next).second) continue;
    if (const auto importers = importers_.find(next); importers != importers_.end())
      open.insert(open.end(), importers->second.begin(), importers->second.end());
  }
  return found;
}

}  // namespace rh::engine
