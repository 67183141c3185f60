#include "profiles/node/node_heap.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "profiles/allocation_source.h"
#include "profiles/node/node_stacks.h"

namespace rh::profiles {
namespace {

using nlohmann::json;

Failure bad(std::string why) { return fail(ErrorKind::parse, "read a heap profile of V8: " + std::move(why)); }

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

class HeapWalk {
 public:
  HeapWalk(std::uint32_t process, std::string_view own_file, ProfileBuilder& builder)
      : process_(process), own_file_(own_file), builder_(builder) {}

  Result<void> walk(const json& node, std::uint32_t caller, std::size_t depth) {
    if (depth > kMaxHeapDepth) return bad(fmt::format("calls nested deeper than {}", kMaxHeapDepth));
    const auto call = node.find("callFrame");
    if (call == node.end() || !call->is_object()) return bad("a node without its call frame");
    std::uint32_t stack = caller;
    // What our own file holds with all that it calls, such as the answers of V8, is not the program's.
    if (path_of_url(text_of(*call, "url")) == own_file_ && !own_file_.empty()) return {};
    if (depth > 0) {  // the first is "(root)"
      const std::int64_t line = number_of(*call, "lineNumber") + 1;
      const auto frame =
          frame_of_v8(text_of(*call, "functionName"), text_of(*call, "url"),
                      line > 0 && line < model::kNoIndex ? static_cast<std::uint32_t>(line) : 0, own_file_);
      stack = builder_.stack(caller, builder_.frame(frame), 0);
    }
    const std::int64_t size = number_of(node, "selfSize");
    if (size > 0 && stack != model::kNoIndex) {
      model::AllocationSite site;
      site.process = process_;
      site.stack = stack;
      site.live_bytes = static_cast<std::uint64_t>(size);
      builder_.profile().allocations.sites.push_back(site);
    }
    const auto children = node.find("children");
    if (children == node.end() || !children->is_array()) return {};
    for (const json& child : *children) RH_CHECK(walk(child, stack, depth + 1));
    return {};
  }

 private:
  std::uint32_t process_;
  std::string_view own_file_;
  ProfileBuilder& builder_;
};

}  // namespace

Result<void> add_node_heap(std::string_view text, std::uint32_t process, std::string_view own_file,
                           ProfileBuilder& builder) {
  const auto too_deep = [](int depth, json::parse_event_t, json&) {
    return depth <= static_cast<int>(4 * kMaxHeapDepth);
  };
  const json profile = json::parse(text, too_deep, false);
  if (!profile.is_object()) return bad("not valid JSON");
  const auto head = profile.find("head");
  if (head == profile.end() || !head->is_object()) return bad("it has no head");
  add_allocation_source(
      builder.profile().allocations,
      "node's sampling heap profiler (held: when V8 was asked and the heap was the largest)",
      "node: one allocation in 64 KiB is looked at; V8 is asked every second while the program is in its "
      "event loop, and when it ends: what lived only in between is not seen");
  HeapWalk walk(process, own_file, builder);
  return walk.walk(*head, model::kNoIndex, 0);
}

}  // namespace rh::profiles
