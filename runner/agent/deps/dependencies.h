// The imports of a snippet, each told apart: comes with the language, is installed, is missing, or is the project's
// own; and what to install for those that are missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/language.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

enum class DependencyState {
  standard,
  installed,
  missing,
  local,
  unknown,  // nobody asked, or nobody can tell
};

struct Dependency {
  std::string import, package;  // package empty: it cannot be told
  DependencyState state = DependencyState::unknown;
  std::string version;  // of what is installed, where it can be told
  std::uint32_t line = 0;
  bool optional = false;  // the code goes on without it
  std::string near;       // what a mistyped name may have meant
};

struct Dependencies {
  Language language = Language::python;
  std::vector<Dependency> all;
  std::string problem;  // why `unknown` ones are not known; empty: none are

  // Sorted, each once; without those of mistyped names, which are nothing to install.
  [[nodiscard]] std::vector<std::string> missing_packages() const;
};

// With `installed`, the interpreter or the project's manifests are asked; without, nothing is started.
[[nodiscard]] Dependencies analyse_dependencies(Service& service, Language language, std::string_view code,
                                                bool installed = true);

[[nodiscard]] std::string_view name_of(DependencyState state);
[[nodiscard]] nlohmann::json to_json(const Dependencies& dependencies);
// The command that installs them: "pip install numpy pandas"; empty: nothing is missing.
[[nodiscard]] std::string install_command(Language language, const std::vector<std::string>& packages);

[[nodiscard]] std::vector<ToolRow> deps_tools();

}  // namespace rh::agent
