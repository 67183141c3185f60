#include "runner/agent/tool_answers.h"

#include <cerrno>

namespace rh::agent {

namespace {

// What a caller named is no file that can be read; nothing of ours failed.
bool is_about_the_name(int code) {
  return code == EISDIR || code == ENOTDIR || code == ENOENT || code == ENAMETOOLONG || code == EACCES ||
         code == ELOOP || code == EINVAL;
}

}  // namespace

ToolAnswer answer_of_error(const Error& error) {
  if (is_about_the_name(error.sys_errno)) return error_answer(ErrorKind::invalid_request, error.message());
  switch (error.kind) {
    case rh::ErrorKind::not_found:
      return error_answer(ErrorKind::not_found, error.message());
    case rh::ErrorKind::usage:
    case rh::ErrorKind::config:
    case rh::ErrorKind::parse:
    case rh::ErrorKind::limit:
    case rh::ErrorKind::unsupported:
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
