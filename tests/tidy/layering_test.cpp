// Fails on an include that points against the layering table of docs/architecture.md, on a source in
// a folder that the table does not list, and on a .cpp that no target compiles.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "tests/tidy/source_tree.h"

namespace rh::tidy {
namespace {

// folder -> folders whose headers it may include, besides its own.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"runner/base", {}},
    {"runner/model", {"runner/base"}},
    {"sandbox", {"runner/base", "runner/model"}},
    {"collectors", {"runner/base", "runner/model"}},
    {"profiles", {"runner/base", "runner/model"}},
    {"reporters", {"runner/base", "runner/model"}},
    {"runner/adapters", {"runner/base", "runner/model"}},
    {"runner/engine", {"runner/base", "runner/model"}},
    {"runner/agent", {"runner/base", "runner/model", "runner/engine"}},
    {"runner/app",
     {"runner/base", "runner/model", "runner/engine", "runner/agent", "runner/adapters", "sandbox", "collectors",
      "profiles", "reporters"}},
};

// The headers of the five sibling folders that engine and agent may see: their interfaces, nothing else.
const std::set<std::string> kInterfaceHeaders = {
    "sandbox/sandbox.h",           "sandbox/namespace_trial.h",     "sandbox/collect_files.h",
    "collectors/results/reader.h", "collectors/coverage/reader.h",  "collectors/results/summary.h",
    "collectors/coverage/merge.h", "collectors/sampling/sampler.h", "profiles/step_profiler.h",
    "reporters/reporter.h",        "runner/adapters/adapter.h",     "runner/adapters/python_environment.h",
};

std::string included_path(const std::string& line) {
  constexpr std::string_view kInclude = "#include \"";
  if (!line.starts_with(kInclude)) return {};
  return line.substr(kInclude.size(), line.find('"', kInclude.size()) - kInclude.size());
}

std::string problem_with(const SourceFile& source, const std::string& include) {
  const std::string target = layer_of(include);
  if (target.empty()) return "includes a path that is not written from the root: ";
  if (target == source.folder || kMayInclude.at(source.folder).count(target) > 0) return {};
  const bool sees_interfaces = source.folder == "runner/engine" || source.folder == "runner/agent";
  if (sees_interfaces && kInterfaceHeaders.count(include) > 0) return {};
  return "includes against the layering table: ";
}

TEST(Layering, FollowsTheTable) {
  for (const SourceFile& source : product_sources()) {
    ASSERT_FALSE(source.folder.empty()) << source.path << " lies in a folder that the layering table does not list";
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string include = included_path(source.lines[i]);
      if (include.empty()) continue;
      const std::string problem = problem_with(source, include);
      EXPECT_TRUE(problem.empty()) << source.path << ":" << i + 1 << " " << problem << include;
    }
  }
}

TEST(Layering, ModelHeadersIncludeTheStandardLibraryOnly) {
  for (const SourceFile& source : product_sources()) {
    if (source.folder != "runner/model" || !source.path.ends_with(".h")) continue;
    for (const std::string& line : source.lines)
      EXPECT_FALSE(line.starts_with("#include <nlohmann") || line.starts_with("#include <fmt"))
          << source.path << ": " << line;
  }
}

TEST(Layering, JsonStaysOutOfHeadersThatOthersInclude) {
  for (const SourceFile& source : product_sources()) {
    if (!source.path.ends_with(".h") || source.path.starts_with("reporters/json/")) continue;
    for (const std::string& line : source.lines)
      EXPECT_FALSE(line.starts_with("#include <nlohmann") && line.find("json_fwd.hpp") == std::string::npos)
          << source.path << ": " << line;
  }
}

TEST(Layering, EverySourceIsCompiled) {
  namespace fs = std::filesystem;
  for (const SourceFile& source : product_sources()) {
    if (!source.path.ends_with(".cpp")) continue;
    // The nearest CMakeLists.txt upwards must name the file.
    const fs::path path = source.path;
    bool named = false;
    for (fs::path folder = path.parent_path(); !folder.empty() && !named; folder = folder.parent_path())
      named =
          read_text((folder / "CMakeLists.txt").generic_string()).find(fs::relative(path, folder).generic_string()) !=
          std::string::npos;
    EXPECT_TRUE(named) << source.path << " is in no target";
  }
}

}  // namespace
}  // namespace rh::tidy
