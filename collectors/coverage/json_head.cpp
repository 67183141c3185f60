#include "collectors/coverage/json_head.h"

#include <algorithm>

#include "collectors/coverage/json_walk.h"

namespace rh::collectors {
namespace {

// A place for each depth: every member and every element leads one deeper.
constexpr auto kSteps = [] {
  std::array<JsonStep, 2 * JsonHead::kDepth> steps{};
  for (std::size_t depth = 0; depth < JsonHead::kDepth; ++depth) {
    const auto from = static_cast<JsonPlace>(depth), to = static_cast<JsonPlace>(depth + 1);
    steps[2 * depth] = {from, kAnyMember, to};
    steps[2 * depth + 1] = {from, kElement, to};
  }
  return steps;
}();

}  // namespace

class JsonHeadHandler : public JsonHandler {
 public:
  explicit JsonHeadHandler(JsonHead& head) : head_(head) {}

  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    if (place == kJsonRoot)
      head_.kind_ = is_array ? '[' : '{';
    else
      add(place, key, is_array);
  }
  void leave(JsonPlace) override {}
  void value(JsonPlace place, std::string_view key, const JsonScalar&) override {
    if (place != kJsonRoot) add(place, key, false);
  }

 private:
  void add(JsonPlace place, std::string_view key, bool is_array) {
    head_.members_[place].push_back({std::string(key), is_array});
  }
  JsonHead& head_;
};

JsonHead::JsonHead(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  JsonHeadHandler handler(*this);
  static_cast<void>(walk_json(head, kSteps, handler));
}

bool JsonHead::has(std::size_t depth, std::string_view name) const {
  const auto& members = members_[depth];
  return std::any_of(members.begin(), members.end(), [&](const Member& m) { return m.name == name; });
}

bool JsonHead::has_any(std::size_t depth, std::initializer_list<std::string_view> names) const {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return has(depth, name); });
}

bool JsonHead::has_array_at(std::size_t depth) const {
  const auto& members = members_[depth];
  return std::any_of(members.begin(), members.end(), [](const Member& m) { return m.is_array; });
}

bool JsonHead::has_only_numbers(std::size_t depth) const {
  const auto& members = members_[depth];
  return !members.empty() && std::all_of(members.begin(), members.end(), [](const Member& m) {
    return !m.name.empty() && m.name.find_first_not_of("0123456789") == std::string::npos;
  });
}

}  // namespace rh::collectors
