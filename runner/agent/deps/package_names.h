// What has to be installed so that an import works, and what comes with a language: tables and rules, for people's
// names of things differ from those of registries (sklearn, cv2, PIL).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"

namespace rh::agent {

// Part of the language: Python's standard library, Node's built-in modules, Go's packages without a dot in their first
// part, Rust's std, the JDK, and what bash and coreutils bring.
[[nodiscard]] bool is_standard(Language language, std::string_view import);

// The name in the language's registry: "scikit-learn" for sklearn, "@scope/name" for "@scope/name/deep",
// "github.com/user/module" for a package below it, "tokio" for tokio::sync, "org.json:json" for org.json.JSONObject.
// nullopt: there is no way to know (most Java packages).
[[nodiscard]] std::optional<std::string> package_of_import(Language language, std::string_view import);

// Names that an import could have been meant for, when it looks mistyped: "numpy" for "numppy".
[[nodiscard]] std::optional<std::string> near_import(Language language, std::string_view import);

}  // namespace rh::agent
