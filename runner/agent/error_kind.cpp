#include "runner/agent/error_kind.h"

namespace rh::agent {
namespace {

using C = ErrorCategory;
using K = ErrorKind;

constexpr std::array kRows{
    ErrorKindRow{K::none, "none", C::none, false, false, 0, ""},
    ErrorKindRow{K::code_error, "code_error", C::code, false, true, 1, "the code ended with an error of its own"},
    ErrorKindRow{K::syntax_error, "syntax_error", C::code, false, true, 1, "the code cannot be parsed or compiled"},
    ErrorKindRow{K::tests_failed, "tests_failed", C::code, false, true, 1, "tests of the code failed"},
    ErrorKindRow{K::no_test_results, "no_test_results", C::code, false, true, 1, "no test reported a result"},
    ErrorKindRow{K::not_solved, "not_solved", C::code, true, true, 1, "no attempt passed the check"},
    ErrorKindRow{K::no_result, "no_result", C::code, true, true, 1, "code was asked for and none came"},
    ErrorKindRow{K::invalid_number_output, "invalid_number_output", C::code, false, true, 1,
                 "the output is not the one number that was asked for"},
    ErrorKindRow{K::invalid_result, "invalid_result", C::code, false, true, 1,
                 "the result is not of the type that was asked for"},
    ErrorKindRow{K::timeout, "timeout", C::limit, false, true, 124, "the wall time limit ended the code"},
    ErrorKindRow{K::cpu_limit, "cpu_limit", C::limit, false, true, 124, "the CPU time limit ended the code"},
    ErrorKindRow{K::memory_limit, "memory_limit", C::limit, false, true, 1, "the memory limit ended the code"},
    ErrorKindRow{K::process_limit, "process_limit", C::limit, false, true, 1, "the code ran into the process limit"},
    ErrorKindRow{K::file_size_limit, "file_size_limit", C::limit, false, true, 1, "a file became too large"},
    ErrorKindRow{K::output_limit, "output_limit", C::limit, false, true, 1, "the code printed too much"},
    ErrorKindRow{K::security_violation, "security_violation", C::policy, false, true, 1,
                 "validation blocked the code; it was not started"},
    ErrorKindRow{K::not_enabled, "not_enabled", C::policy, false, false, 2, "running code is not enabled"},
    ErrorKindRow{K::production_execution_blocked, "production_execution_blocked", C::policy, false, false, 2,
                 "this is a production environment"},
    ErrorKindRow{K::safety_check_failed, "safety_check_failed", C::policy, false, false, 2,
                 "the safety check has concerns"},
    ErrorKindRow{K::approval_required, "approval_required", C::policy, false, false, 2, "a person has to approve it"},
    ErrorKindRow{K::approval_denied, "approval_denied", C::policy, false, true, 2, "a person denied it"},
    ErrorKindRow{K::approval_invalid, "approval_invalid", C::policy, false, false, 2,
                 "the approval is not for this request, expired, or was used"},
    ErrorKindRow{K::user_cancelled, "user_cancelled", C::policy, false, false, 2, "the person said no"},
    ErrorKindRow{K::invalid_request, "invalid_request", C::request, false, true, 2, "the request is not valid"},
    ErrorKindRow{K::unsupported_language, "unsupported_language", C::request, false, true, 2, "no such language"},
    ErrorKindRow{K::unsupported_provider, "unsupported_provider", C::request, false, true, 2, "no such provider"},
    ErrorKindRow{K::not_found, "not_found", C::request, false, true, 2, "what is asked for is not there"},
    ErrorKindRow{K::quota_exceeded, "quota_exceeded", C::environment, true, false, 2, "the caller asked for too much"},
    ErrorKindRow{K::package_install_failed, "package_install_failed", C::environment, true, true, 2,
                 "a package could not be installed; the code was not started"},
    ErrorKindRow{K::runtime_missing, "runtime_missing", C::environment, false, false, 2,
                 "the language's tools are not on this machine"},
    ErrorKindRow{K::isolation_unavailable, "isolation_unavailable", C::environment, false, false, 2,
                 "the demanded isolation cannot be had; the code was not started"},
    ErrorKindRow{K::sandbox_error, "sandbox_error", C::environment, true, false, 2, "the sandbox could not be set up"},
    ErrorKindRow{K::service_unavailable, "service_unavailable", C::environment, true, false, 2,
                 "a service that is needed does not answer"},
    ErrorKindRow{K::generation_failed, "generation_failed", C::environment, true, false, 2,
                 "the model endpoint gave no code"},
    ErrorKindRow{K::cancelled, "cancelled", C::environment, true, false, 2, "the caller cancelled it"},
    ErrorKindRow{K::internal_error, "internal_error", C::environment, true, false, 2, "runharness itself failed"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<std::size_t>(kRows[i].kind) != i) return false;
  return kRows.size() == static_cast<std::size_t>(K::internal_error) + 1;
}
static_assert(in_order());

}  // namespace

const ErrorKindRow& row_of(ErrorKind kind) { return kRows[static_cast<std::size_t>(kind)]; }

std::optional<ErrorKind> error_kind_named(std::string_view name) {
  for (const ErrorKindRow& row : kRows)
    if (row.name == name) return row.kind;
  return std::nullopt;
}

std::string_view name_of(ErrorCategory category) {
  constexpr std::array<std::string_view, 6> kNames{"none", "code", "limit", "policy", "request", "environment"};
  return kNames[static_cast<std::size_t>(category)];
}

}  // namespace rh::agent
