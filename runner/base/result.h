// Result<T>: a value or an Error with context. Shaped like std::expected, which GCC 12 offers only
// in C++23 mode. Expected trouble travels as a Result; exceptions are caught where a library throws
// them and turned into an Error there.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "runner/base/assert.h"

namespace rh {

enum class ErrorKind {
  usage,        // the caller's flags or arguments
  config,       // runharness.toml or another file the user wrote
  not_found,    // a file, tool or run that should be there
  io,           // the file system or the kernel refused
  parse,        // input that is not what its format says
  limit,        // input larger or deeper than its bound
  unsupported,  // this host or this format cannot do it
  isolation,    // a demanded isolation mechanism is not available
  process,      // a helper process failed
  cancelled,    // the user interrupted
  internal,
};

// `what` is a lower-case fragment that reads after "failed to": "read coverage: unexpected end of
// file at byte 812". `subject` is the file, pid, flag or path meant. `sys_errno` is 0 when the
// kernel was not involved.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;
  std::string subject;
  int sys_errno = 0;

  // "failed to read coverage: unexpected end of file at byte 812 (target/cov.xml): No such file"
  [[nodiscard]] std::string message() const;
};

struct Failure {
  Error error;
};

[[nodiscard]] Failure fail(ErrorKind kind, std::string what, std::string subject = {});
// The same with the calling thread's errno (or the one given) attached.
[[nodiscard]] Failure fail_errno(std::string what, std::string subject, int sys_errno = errno);

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}
  template <class U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, Failure>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    RH_ASSERT(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    RH_ASSERT(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    RH_ASSERT(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    RH_ASSERT(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Failure failure) : error_(std::move(failure.error)) {}

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const {
    RH_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace rh

#define RH_CONCAT_INNER(a, b) a##b
#define RH_CONCAT(a, b) RH_CONCAT_INNER(a, b)

// RH_TRY(auto value, expression): declares `value` from a Result or returns its error.
#define RH_TRY(declaration, expression) RH_TRY_INNER(declaration, expression, RH_CONCAT(rh_try_, __COUNTER__))
#define RH_TRY_INNER(declaration, expression, name)         \
  auto name = (expression);                                 \
  if (!name) return ::rh::Failure{std::move(name).error()}; \
  declaration = *std::move(name)

// RH_CHECK(expression): the same for a Result<void>, or where the value is not wanted.
#define RH_CHECK(expression)                                                             \
  do {                                                                                   \
    if (auto rh_check = (expression); !rh_check) return ::rh::Failure{rh_check.error()}; \
  } while (false)
