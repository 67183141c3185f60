// Why code was not run, or not to a good end: stable names for programs, each with a category that says
// whether asking again can help.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace rh::agent {

enum class ErrorKind {
  none,
  // The code itself.
  code_error,
  syntax_error,
  tests_failed,
  no_test_results,
  not_solved,
  no_result,
  invalid_number_output,
  invalid_result,
  // A limit.
  timeout,
  cpu_limit,
  memory_limit,
  process_limit,
  file_size_limit,
  output_limit,
  // What the policy does not allow.
  security_violation,
  not_enabled,
  production_execution_blocked,
  safety_check_failed,
  approval_required,
  approval_denied,
  approval_invalid,
  user_cancelled,
  // The request.
  invalid_request,
  unsupported_language,
  unsupported_provider,
  not_found,
  quota_exceeded,
  // The surroundings.
  package_install_failed,
  runtime_missing,
  isolation_unavailable,
  sandbox_error,
  service_unavailable,
  generation_failed,
  cancelled,
  internal_error,
};

// code: change the code and ask again. limit: less work, or a higher limit. policy: a person or the configuration
// must decide. request: change the request. environment: the same request may work later or on another machine.
enum class ErrorCategory { none, code, limit, policy, request, environment };

struct ErrorKindRow {
  ErrorKind kind;
  std::string_view name;
  ErrorCategory category;
  bool retry_same;     // the unchanged request may succeed later
  bool retry_changed;  // changed code may succeed
  int exit_code;       // of `runharness exec`
  std::string_view help;
};

[[nodiscard]] const ErrorKindRow& row_of(ErrorKind kind);
[[nodiscard]] std::optional<ErrorKind> error_kind_named(std::string_view name);
[[nodiscard]] std::string_view name_of(ErrorCategory category);
[[nodiscard]] inline std::string_view name_of(ErrorKind kind) { return row_of(kind).name; }

}  // namespace rh::agent
