#include "profiles/node/cpu_profile.h"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace rh::profiles {
namespace {

using nlohmann::json;

// As it stands in the file: nodes name each other by id, times are differences.
struct RawProfile {
  CpuProfile profile;
  std::vector<std::pair<std::int64_t, std::int64_t>> parents;  // child id, parent id
  std::vector<std::int64_t> samples, deltas;
};

// Follows the few paths of the format that matter and skips everything else.
class CpuProfileEvents : public json::json_sax_t {
 public:
  explicit CpuProfileEvents(RawProfile& raw) : raw_(raw) {}
  [[nodiscard]] const std::string& problem() const { return problem_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return number(value > kLargest ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(value));
  }
  // Large profiles of Chrome have times as floating-point numbers.
  bool number_float(number_float_t value, const string_t&) override {
    constexpr double kBound = 9.2e18;
    return number(value > -kBound && value < kBound ? static_cast<std::int64_t>(value) : 0);
  }
  bool binary(binary_t&) override { return true; }

  bool string(string_t& value) override {
    if (place() != Place::call_frame) return true;
    if (key_ == "functionName") node().function = std::move(value);
    if (key_ == "url") node().url = std::move(value);
    return true;
  }

  bool start_object(std::size_t) override {
    Place next = Place::other;
    if (places_.empty()) next = Place::top;
    if (place() == Place::nodes) next = Place::node;
    if (place() == Place::node && key_ == "callFrame") next = Place::call_frame;
    if (place() == Place::ticks) next = Place::tick;
    if (next == Place::node) {
      if (raw_.profile.nodes.size() >= kMaxCpuProfileNodes)
        return refuse(fmt::format("more than {} nodes", kMaxCpuProfileNodes));
      raw_.profile.nodes.emplace_back();
      parent_ = 0;
    }
    if (next == Place::tick) tick_ = {};
    return enter(next);
  }

  bool end_object() override {
    if (place() == Place::tick && tick_.second > 0) node().ticks.push_back(tick_);
    if (place() == Place::node && parent_ != 0) raw_.parents.emplace_back(node().id, parent_);
    if (place() == Place::node)
      for (const std::int64_t child : children_) raw_.parents.emplace_back(child, node().id);
    if (place() == Place::node) children_.clear();
    places_.pop_back();
    return true;
  }

  bool start_array(std::size_t) override {
    Place next = Place::other;
    if (place() == Place::top && key_ == "nodes") next = Place::nodes;
    if (place() == Place::top && key_ == "samples") next = Place::samples;
    if (place() == Place::top && key_ == "timeDeltas") next = Place::deltas;
    if (place() == Place::node && key_ == "children") next = Place::children;
    if (place() == Place::node && key_ == "positionTicks") next = Place::ticks;
    return enter(next);
  }
  bool end_array() override {
    places_.pop_back();
    return true;
  }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    return refuse(fmt::format("not valid JSON at byte {}", position));
  }

 private:
  enum class Place { none, top, nodes, node, call_frame, children, ticks, tick, samples, deltas, other };
  static constexpr std::size_t kMaxDepth = 64;
  static constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  [[nodiscard]] Place place() const { return places_.empty() ? Place::none : places_.back(); }
  CpuProfileNode& node() { return raw_.profile.nodes.back(); }
  bool refuse(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  bool enter(Place next) {
    if (places_.size() >= kMaxDepth) return refuse(fmt::format("nested deeper than {}", kMaxDepth));
    places_.push_back(next);
    return true;
  }
  static std::uint32_t small(std::int64_t value) {
    return value < 0 || value > std::numeric_limits<std::uint32_t>::max() ? 0 : static_cast<std::uint32_t>(value);
  }

  bool number(std::int64_t value) {
    switch (place()) {
      case Place::top:
        if (key_ == "startTime") raw_.profile.start_us = value;
        if (key_ == "endTime") raw_.profile.end_us = value;
        break;
      case Place::node:
        if (key_ == "id") node().id = value;
        if (key_ == "parent") parent_ = value;
        if (key_ == "hitCount") node().hits = value < 0 ? 0 : static_cast<std::uint64_t>(value);
        break;
      case Place::call_frame:
        if (key_ == "lineNumber") node().line = small(value + 1);  // from 0 in the file, -1 for what has no line
        break;
      case Place::tick:
        if (key_ == "line") tick_.first = small(value);
        if (key_ == "ticks") tick_.second = small(value);
        break;
      case Place::children:
        children_.push_back(value);
        break;
      case Place::samples:
        return put(raw_.samples, value);
      case Place::deltas:
        return put(raw_.deltas, value);
      default:
        break;
    }
    return true;
  }
  bool put(std::vector<std::int64_t>& column, std::int64_t value) {
    if (column.size() >= kMaxCpuProfileSamples)
      return refuse(fmt::format("more than {} samples", kMaxCpuProfileSamples));
    column.push_back(value);
    return true;
  }

  RawProfile& raw_;
  std::vector<Place> places_;
  std::string key_, problem_;
  std::int64_t parent_ = 0;
  std::vector<std::int64_t> children_;
  std::pair<std::uint32_t, std::uint32_t> tick_;
};

Failure bad(std::string why) { return fail(ErrorKind::parse, "read a CPU profile of V8: " + std::move(why)); }

// Every node must lead to a root: stacks are built by following parents.
bool has_circle(const std::vector<CpuProfileNode>& nodes) {
  std::vector<std::uint8_t> known(nodes.size(), 0);
  std::vector<std::uint8_t> on_path(nodes.size(), 0);
  std::vector<std::size_t> path;
  for (std::size_t first = 0; first < nodes.size(); ++first) {
    path.clear();
    std::size_t at = first;
    while (known[at] == 0) {
      if (on_path[at] != 0) return true;
      on_path[at] = 1;
      path.push_back(at);
      if (nodes[at].parent == at) break;
      at = nodes[at].parent;
    }
    for (const std::size_t node : path) known[node] = 1;
  }
  return false;
}

Result<CpuProfile> join(RawProfile raw) {
  CpuProfile& profile = raw.profile;
  std::unordered_map<std::int64_t, std::uint32_t> index;
  for (std::uint32_t at = 0; at < profile.nodes.size(); ++at) {
    profile.nodes[at].parent = at;
    if (!index.emplace(profile.nodes[at].id, at).second) return bad(fmt::format("two nodes {}", profile.nodes[at].id));
  }
  for (const auto& [child, parent] : raw.parents) {
    const auto from = index.find(child), to = index.find(parent);
    if (from == index.end() || to == index.end())
      return bad(fmt::format("node {} is missing", from == index.end() ? child : parent));
    profile.nodes[from->second].parent = to->second;
  }
  if (has_circle(profile.nodes)) return bad("nodes that call each other in a circle");
  if (raw.deltas.size() < raw.samples.size())
    return bad(fmt::format("{} samples, but {} times", raw.samples.size(), raw.deltas.size()));
  std::int64_t time = profile.start_us;
  for (std::size_t i = 0; i < raw.samples.size(); ++i) {
    const auto node = index.find(raw.samples[i]);
    if (node == index.end()) return bad(fmt::format("sample {} is of node {}, which is missing", i, raw.samples[i]));
    if (__builtin_add_overflow(time, raw.deltas[i], &time))
      return bad(fmt::format("the time of sample {} is too large", i));
    profile.samples.push_back(node->second);
    profile.time_us.push_back(time);
  }
  return std::move(profile);
}

}  // namespace

Result<CpuProfile> read_cpu_profile(std::string_view text) {
  RawProfile raw;
  CpuProfileEvents events(raw);
  const bool read = json::sax_parse(text.begin(), text.end(), &events);
  if (!read) return bad(events.problem());
  if (raw.profile.nodes.empty()) return bad("it has no nodes");
  return join(std::move(raw));
}

}  // namespace rh::profiles
