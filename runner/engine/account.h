// The user database, read without the C library's name service: that loads shared objects at run time,
// which a program that is linked statically must not.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace rh::engine {

// The home of `uid` in lines of passwd(5), which `getent passwd` prints as well. Only absolute paths count.
[[nodiscard]] std::optional<std::string> home_in_passwd(std::string_view text, uid_t uid);

}  // namespace rh::engine
