#include "profiles/analysis/frame_names.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <unordered_map>

#include <fmt/core.h>

namespace rh::profiles {
namespace {

using model::FrameKind;

std::string_view mark_of(FrameKind kind) {
  if (kind == FrameKind::native) return " [native]";
  if (kind == FrameKind::kernel) return " [kernel]";
  return "";
}

std::string base_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string shown_name(const model::ProfileFrame& frame) {
  const std::string_view mark = mark_of(frame.kind);
  std::string name = frame.name.empty() ? "[unknown]" : frame.name;
  if (!mark.empty() && !name.ends_with(mark.substr(1))) name += mark;
  return name;
}

std::string shown_file(const model::ProfileFrame& frame, std::string_view cwd) {
  if (frame.file.empty()) return base_name(frame.module);
  std::string file = frame.file;
  constexpr std::string_view kFileUrl = "file://";
  if (file.starts_with(kFileUrl)) file.erase(0, kFileUrl.size());
  const bool is_path = file.front() != '<' && file.find("://") == std::string::npos;
  const bool has_dots = file.starts_with("./") || file.find("/.") != std::string::npos;
  if (is_path && has_dots) file = std::filesystem::path(file).lexically_normal().native();
  if (cwd.size() > 1 && file.size() > cwd.size() + 1 && file.starts_with(cwd) && file[cwd.size()] == '/')
    file.erase(0, cwd.size() + 1);
  return file;
}

std::string place_text(std::string_view name, std::string_view file, std::uint32_t line) {
  if (file.empty()) return std::string(name);
  if (line == 0) return fmt::format("{} ({})", name, file);
  return fmt::format("{} ({}:{})", name, file, line);
}

FrameNames::FrameNames(const model::Profile& profile) {
  std::unordered_map<std::string, std::uint32_t> known;
  function_of_.reserve(profile.frames.size());
  for (std::uint32_t at = 0; at < profile.frames.size(); ++at) {
    const model::ProfileFrame& frame = profile.frames[at];
    ShownFunction shown{at, shown_name(frame), shown_file(frame, profile.cwd), frame.line, frame.kind};
    const std::string key =
        fmt::format("{}\x01{}\x01{}\x01{}", shown.name, shown.file, shown.line, static_cast<int>(shown.kind));
    const auto [found, made] = known.try_emplace(key, static_cast<std::uint32_t>(functions_.size()));
    if (made) functions_.push_back(std::move(shown));
    function_of_.push_back(found->second);
  }
}

std::vector<std::string> stack_texts(const model::Profile& profile, const FrameNames& names, std::uint32_t stack) {
  std::vector<std::string> texts;
  for (std::uint32_t node = stack; node < profile.stacks.size(); node = profile.stacks[node].parent) {
    const model::StackNode& at = profile.stacks[node];
    const ShownFunction& function = names.of_frame(at.frame);
    texts.push_back(place_text(function.name, function.file, at.line != 0 ? at.line : function.line));
  }
  std::reverse(texts.begin(), texts.end());
  return texts;
}

}  // namespace rh::profiles
