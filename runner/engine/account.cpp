#include "runner/engine/account.h"

#include "runner/base/text.h"

namespace rh::engine {

// name:password:uid:gid:comment:home:shell
std::optional<std::string> home_in_passwd(std::string_view text, uid_t uid) {
  constexpr std::size_t kUid = 2, kHome = 5;
  for (const std::string_view line : split_lines(text)) {
    const auto fields = split(line, ':');
    if (fields.size() <= kHome || parse_u64(fields[kUid]) != uid || !fields[kHome].starts_with('/')) continue;
    return std::string(fields[kHome]);
  }
  return std::nullopt;
}

}  // namespace rh::engine
