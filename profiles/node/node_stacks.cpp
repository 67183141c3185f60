#include "profiles/node/node_stacks.h"

#include <optional>

namespace rh::profiles {
namespace {

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string without_percent(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

}  // namespace

std::string path_of_url(std::string_view url) {
  constexpr std::string_view kFile = "file://";
  return url.starts_with(kFile) ? without_percent(url.substr(kFile.size())) : std::string(url);
}

model::ProfileFrame frame_of_v8(std::string_view function, std::string_view url, std::uint32_t line,
                                std::string_view own_file) {
  model::ProfileFrame frame;
  frame.name = function.empty() ? "(anonymous)" : function;
  frame.file = path_of_url(url);
  frame.line = line;
  frame.kind = model::FrameKind::javascript;
  if (!own_file.empty() && frame.file == own_file) return {"(profiler)", {}, 0, model::FrameKind::runtime, {}};
  if (!url.empty()) return frame;
  frame.line = 0;
  if (function == "(idle)")
    frame.kind = model::FrameKind::idle;
  else if (function == "(garbage collector)")
    frame.kind = model::FrameKind::gc;
  else if (function.starts_with('('))
    frame.kind = model::FrameKind::runtime;
  else if (!function.empty()) {
    frame.kind = model::FrameKind::native;
    frame.module = "node";
  }
  return frame;
}

NodeStacks::NodeStacks(const CpuProfile& profile, ProfileBuilder& builder, std::string_view own_file)
    : profile_(profile),
      builder_(builder),
      frames_(profile.nodes.size(), model::kNoIndex),
      callers_(profile.nodes.size(), model::kNoIndex),
      kinds_(profile.nodes.size(), model::FrameKind::runtime),
      cursors_(profile.nodes.size()) {
  for (std::size_t at = 0; at < profile.nodes.size(); ++at) {
    const CpuProfileNode& node = profile.nodes[at];
    if (node.parent == at) continue;  // "(root)"
    const model::ProfileFrame frame = frame_of_v8(node.function, node.url, node.line, own_file);
    kinds_[at] = frame.kind;
    frames_[at] = builder.frame(frame);
  }
  make_callers();
}

// The parent of a node may stand behind it in the file.
void NodeStacks::make_callers() {
  std::vector<bool> made(profile_.nodes.size(), false);
  std::vector<std::size_t> path;
  for (std::size_t first = 0; first < profile_.nodes.size(); ++first) {
    path.clear();
    for (std::size_t at = first; !made[at]; at = profile_.nodes[at].parent) {
      path.push_back(at);
      made[at] = true;
    }
    for (; !path.empty(); path.pop_back()) {
      const std::size_t at = path.back();
      const std::size_t parent = profile_.nodes[at].parent;
      if (parent == at || frames_[parent] == model::kNoIndex) continue;
      const bool again = kinds_[parent] == model::FrameKind::runtime && frames_[parent] == frames_[at];  // "(profiler)"
      callers_[at] = again ? callers_[parent] : builder_.stack(callers_[parent], frames_[parent], 0);
    }
  }
}

std::uint32_t NodeStacks::leaf(std::uint32_t node) {
  if (frames_[node] == model::kNoIndex) return model::kNoIndex;
  const auto& ticks = profile_.nodes[node].ticks;
  Cursor& cursor = cursors_[node];
  if (cursor.tick < ticks.size() && cursor.used >= ticks[cursor.tick].second) cursor = {cursor.tick + 1, 0};
  std::uint32_t line = 0;
  if (cursor.tick < ticks.size()) {
    line = ticks[cursor.tick].first;
    ++cursor.used;
  }
  if (builder_.profile().frames[frames_[node]].kind != model::FrameKind::javascript) line = 0;
  return builder_.stack(callers_[node], frames_[node], line);
}

}  // namespace rh::profiles
