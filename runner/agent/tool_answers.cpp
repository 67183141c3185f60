#include "runner/agent/tool_answers.h"

namespace rh::agent {

ToolAnswer answer_of_error(const Error& error) {
  switch (error.kind) {
    case rh::ErrorKind::not_found:
      return error_answer(ErrorKind::not_found, error.message());
    case rh::ErrorKind::usage:
    case rh::ErrorKind::config:
    case rh::ErrorKind::parse:
    case rh::ErrorKind::limit:
      return error_answer(ErrorKind::invalid_request, error.message());
    case rh::ErrorKind::cancelled:
      return error_answer(ErrorKind::cancelled, error.message());
    case rh::ErrorKind::isolation:
      return error_answer(ErrorKind::isolation_unavailable, error.message());
    default:
      return error_answer(ErrorKind::internal_error, error.message());
  }
}

}  // namespace rh::agent
