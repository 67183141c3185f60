#include "collectors/coverage/ruby_keys.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// Takes what stands behind the last comma off `text`.
std::optional<std::uint32_t> take_last_number(std::string_view& text) {
  const std::size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto number = parse_u64(trim(text.substr(comma + 1)));
  if (!number || *number > UINT32_MAX) return std::nullopt;
  text = text.substr(0, comma);
  return static_cast<std::uint32_t>(*number);
}

// ":then" is then, ":\"&.\"" is &., "\"Foo\"" is Foo.
std::string plain(std::string_view text) {
  text = trim(text);
  if (text.starts_with(':')) text.remove_prefix(1);
  if (text.size() > 1 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  return to_valid_utf8(text);
}

}  // namespace

std::optional<RubyKey> read_ruby_key(std::string_view key) {
  std::string_view rest = trim(key);
  if (!rest.starts_with('[') || !rest.ends_with(']')) return std::nullopt;
  rest = rest.substr(1, rest.size() - 2);
  const auto end_column = take_last_number(rest), end_line = take_last_number(rest),
             start_column = take_last_number(rest), start_line = take_last_number(rest);
  if (!end_column || !end_line || !start_column || !start_line || *start_line == 0) return std::nullopt;
  RubyKey read;
  read.start_line = *start_line;
  read.start_column = *start_column;
  read.end_line = *end_line;
  read.end_column = *end_column;
  if (trim(rest).starts_with(':')) {
    if (!take_last_number(rest)) return std::nullopt;  // the number of the branch, given anew in each run
    read.name = plain(rest);
    return read;
  }
  const std::size_t comma = rest.rfind(", :");
  if (comma == std::string_view::npos) return std::nullopt;
  read.owner = plain(rest.substr(0, comma));
  read.name = plain(rest.substr(comma + 2));
  return read;
}

}  // namespace rh::collectors
