// What the readers of runharness.toml share: the place of a node, its type in words, and numbers as they are
// written, since a fraction that went through a floating-point number is another fraction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "runner/base/result.h"

namespace rh::engine {

class TomlNodes {
 public:
  // `text`: the file as it was parsed. `fixed_place`: shown instead of file, line and column, unless empty.
  TomlNodes(std::string name, std::string_view text, std::string fixed_place = {})
      : name_(std::move(name)), text_(text), fixed_place_(std::move(fixed_place)) {}

  [[nodiscard]] std::string where(const toml::node& node) const;
  [[nodiscard]] std::string where(const toml::key& key) const;
  [[nodiscard]] static std::string_view type_name(const toml::node& node);  // "a whole number"
  // The number's own characters, without separators: "79.995".
  [[nodiscard]] std::string number_text(const toml::node& node) const;

  [[nodiscard]] Result<std::string> text_of(const toml::node& node, std::string_view key,
                                            std::string_view wanted) const;
  [[nodiscard]] Result<std::vector<std::string>> list_of(const toml::node& node, std::string_view key) const;
  // An error that names the key's place and the nearest known one.
  [[nodiscard]] Failure unknown_key(const toml::key& key, const std::string& dotted,
                                    const std::vector<std::string>& known) const;
  [[nodiscard]] static Failure wrong(std::string what, std::string where);

 private:
  std::string name_;
  std::string_view text_;
  std::string fixed_place_;
};

}  // namespace rh::engine
