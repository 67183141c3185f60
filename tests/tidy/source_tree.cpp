#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::tidy {
namespace fs = std::filesystem;

namespace {

constexpr std::array kLayers = {"runner/base", "runner/model", "runner/adapters", "runner/engine", "runner/agent",
                                "runner/app",  "sandbox",      "collectors",      "profiles",      "reporters"};
constexpr std::array kRoots = {"runner", "sandbox", "collectors", "profiles", "reporters"};

bool is_source(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

}  // namespace

std::string layer_of(const std::string& path) {
  for (const std::string_view layer : kLayers)
    if (path.starts_with(std::string(layer) + "/")) return std::string(layer);
  return {};
}

std::string read_text(const std::string& path) {
  auto text = read_file(fs::path(RUNHARNESS_SOURCE_DIR) / path);
  return text ? *text : std::string();
}

std::vector<SourceFile> product_sources() {
  std::vector<SourceFile> sources;
  const fs::path root = RUNHARNESS_SOURCE_DIR;
  for (const std::string_view folder : kRoots) {
    for (auto entry = fs::recursive_directory_iterator(root / folder); entry != fs::recursive_directory_iterator();
         ++entry) {
      if (entry->path().filename() == "node_modules") entry.disable_recursion_pending();
      if (!entry->is_regular_file() || !is_source(entry->path())) continue;
      SourceFile source;
      source.path = fs::relative(entry->path(), root).generic_string();
      source.folder = layer_of(source.path);
      const std::string text = read_text(source.path);
      for (const std::string_view line : split_lines(text)) source.lines.emplace_back(line);
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return sources;
}

}  // namespace rh::tidy
