// Keys that Ruby's Coverage makes of arrays: "[:then, 4, 9, 6, 9, 10]" is kind, number, and place of a branch, and
// "[Foo, :bar, 7, 2, 15, 5]" class, name and place of a method.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rh::collectors {

struct RubyKey {
  std::string owner;  // of a method: "Foo"
  std::string name;   // "then", "bar"
  std::uint32_t start_line = 0, start_column = 0, end_line = 0, end_column = 0;
};

// nullopt: no such key.
[[nodiscard]] std::optional<RubyKey> read_ruby_key(std::string_view key);

}  // namespace rh::collectors
