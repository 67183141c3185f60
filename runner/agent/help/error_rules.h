// The tables of errors: what a line looks like, what it means, what helps.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "runner/agent/error_kind.h"
#include "runner/agent/language.h"

namespace rh::agent {

// In `pattern` "{}" stands for any text on the line, as short as can be; a leading '^' for the line's beginning. In the
// texts {1}, {2} are what it stood for, {package} the package of {1}, {near} a name like {1} that is known.
struct ErrorRule {
  std::string_view id, pattern, cause;
  std::string_view fix, other_fix = {};
  std::string_view recovery = {};
  ErrorCategory category = ErrorCategory::code;
};

// More special rules stand first.
[[nodiscard]] std::span<const ErrorRule> python_error_rules();
[[nodiscard]] std::span<const ErrorRule> javascript_error_rules();
[[nodiscard]] std::span<const ErrorRule> bash_error_rules();
[[nodiscard]] std::span<const ErrorRule> go_error_rules();
[[nodiscard]] std::span<const ErrorRule> rust_error_rules();
[[nodiscard]] std::span<const ErrorRule> java_error_rules();
// Of the machine and of our own limits, in any language.
[[nodiscard]] std::span<const ErrorRule> limit_rules();
// By the name of an ErrorKind: what runharness itself said.
[[nodiscard]] const ErrorRule* rule_of_kind(ErrorKind kind);
[[nodiscard]] std::span<const ErrorRule> rules_of(Language language);

}  // namespace rh::agent
