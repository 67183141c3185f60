// Does a package hold anything that `cargo test` would run? Told by text, without compiling.
#pragma once

#include <string>
#include <string_view>

#include "runner/model/repository.h"

namespace rh::adapters {

// A test attribute (#[test], #[tokio::test], #[rstest]...), a test macro or a code block in documentation.
[[nodiscard]] bool source_has_tests(std::string_view source);

// Looks through the package's own sources, up to a bound; beyond it the answer is yes.
[[nodiscard]] bool package_has_tests(const model::Repository& repository, const std::string& folder);

}  // namespace rh::adapters
