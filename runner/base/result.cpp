#include "runner/base/result.h"

#include <system_error>

namespace rh {

std::string Error::message() const {
  std::string text = "failed to " + what;
  if (!subject.empty()) text += " (" + subject + ")";
  if (sys_errno != 0) text += ": " + std::generic_category().message(sys_errno);
  return text;
}

Failure fail(ErrorKind kind, std::string what, std::string subject) {
  return Failure{Error{kind, std::move(what), std::move(subject), 0}};
}

Failure fail_errno(std::string what, std::string subject, int sys_errno) {
  const ErrorKind kind = sys_errno == ENOENT ? ErrorKind::not_found : ErrorKind::io;
  return Failure{Error{kind, std::move(what), std::move(subject), sys_errno}};
}

}  // namespace rh
