// What kind of JSON document begins like this: the names of members by depth, read from the first kilobytes only.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

class JsonHead {
 public:
  static constexpr std::size_t kDepth = 6;

  explicit JsonHead(std::string_view head);

  [[nodiscard]] bool is_object() const { return kind_ == '{'; }
  [[nodiscard]] bool is_array() const { return kind_ == '['; }
  // Whether a value with `depth` containers around it is a member of that name; elements count as containers too:
  // in {"data": [{"files": 1}]} "data" is at depth 1 and "files" at depth 3.
  [[nodiscard]] bool has(std::size_t depth, std::string_view name) const;
  [[nodiscard]] bool has_any(std::size_t depth, std::initializer_list<std::string_view> names) const;
  [[nodiscard]] bool has_array_at(std::size_t depth) const;
  // There are members at that depth, and all their names are numbers.
  [[nodiscard]] bool has_only_numbers(std::size_t depth) const;

 private:
  friend class JsonHeadHandler;
  struct Member {
    std::string name;
    bool is_array = false;
  };
  char kind_ = 0;
  std::array<std::vector<Member>, kDepth + 1> members_;
};

}  // namespace rh::collectors
