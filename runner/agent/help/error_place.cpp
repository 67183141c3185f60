#include "runner/agent/help/error_place.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kMaxFrames = 400;

bool is_library(std::string_view file) {
  for (const std::string_view part :
       {"site-packages/", "/lib/python3", "node:", "node_modules/", "<frozen ", "/rustc/", "/usr/local/go/src/",
        "/go/pkg/mod/", "/.cargo/registry/", "java.base/", "/rust/"})
    if (file.find(part) != std::string_view::npos) return true;
  return false;
}

std::optional<std::uint32_t> number_at(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const auto number = parse_u64(text.substr(at, end - at));
  at = end;
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// "file.go:12:5" or "file.go:12" in the text; the file ends with one of the suffixes.
std::optional<ErrorPlace> colon_place(std::string_view text, std::initializer_list<std::string_view> suffixes) {
  for (const std::string_view suffix : suffixes) {
    const std::size_t at = text.find(suffix);
    if (at == std::string_view::npos) continue;
    std::size_t next = at + suffix.size();
    std::size_t begin = text.find_last_of(" \t('\"", at);
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    ErrorPlace place{to_valid_utf8(text.substr(begin, next - 1 - begin)), {}, {}, {}};
    if (place.file.starts_with("file://")) place.file.erase(0, 7);
    place.line = number_at(text, next);
    if (!place.line) continue;
    if (next < text.size() && text[next] == ':') place.column = number_at(text, ++next);
    return place;
  }
  return std::nullopt;
}

std::optional<ErrorPlace> python_frame(std::string_view line) {
  constexpr std::string_view kFile = "File \"", kLine = "\", line ", kIn = ", in ";
  const std::string_view text = trim(line);
  const std::size_t number = text.find(kLine);
  if (!text.starts_with(kFile) || number == std::string_view::npos) return std::nullopt;
  ErrorPlace place{to_valid_utf8(text.substr(kFile.size(), number - kFile.size())), {}, {}, {}};
  std::size_t at = number + kLine.size();
  place.line = number_at(text, at);
  if (text.substr(at).starts_with(kIn)) place.function = to_valid_utf8(text.substr(at + kIn.size()));
  return place;
}

template <class Frame>
std::optional<ErrorPlace> own_frame(const Lines& lines, std::size_t begin, std::size_t end, bool last, Frame frame) {
  std::optional<ErrorPlace> any;
  const std::size_t count = std::min(end - std::min(begin, end), kMaxFrames);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text = last ? lines[end - 1 - i] : lines[begin + i];
    auto place = frame(text);
    if (!place) continue;
    if (!is_library(text)) return place;
    if (!any) any = std::move(place);
  }
  return any;
}

// "a.sh: line 4: NAME: ..."
std::optional<ErrorPlace> bash_place(std::string_view line) {
  constexpr std::string_view kLine = ": line ";
  const std::size_t at = line.find(kLine);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t next = at + kLine.size();
  ErrorPlace place{to_valid_utf8(trim(line.substr(0, at))), {}, {}, {}};
  place.line = number_at(line, next);
  if (!place.line) return std::nullopt;
  return place;
}

// "\tat Main.main(Main.java:1)", "at Object.<anonymous> (/x/a.js:1:11)"
std::optional<ErrorPlace> at_frame(std::string_view line, std::initializer_list<std::string_view> suffixes) {
  const std::string_view text = trim(line);
  if (!text.starts_with("at ")) return std::nullopt;
  auto place = colon_place(text, suffixes);
  const std::size_t open = text.find('(');
  if (place && open != std::string_view::npos) place->function = to_valid_utf8(trim(text.substr(3, open - 3)));
  return place;
}

}  // namespace

std::optional<ErrorPlace> place_of_error(Language language, const Lines& lines, std::size_t line) {
  const std::size_t size = lines.size();
  switch (language) {
    case Language::python:
      return own_frame(lines, 0, std::min(line + 1, size), true, python_frame);
    case Language::javascript: {
      // The place stands alone above the code and the caret, or in a frame below.
      const auto frame = [](std::string_view text) { return at_frame(text, {".js:", ".mjs:", ".cjs:", ".ts:"}); };
      auto below = own_frame(lines, line, size, false, frame);
      if (below && !is_library(below->file)) return below;
      const auto above = own_frame(lines, 0, std::min(line, size), false, [](std::string_view text) {
        return text.starts_with(' ') ? std::nullopt : colon_place(text, {".js:", ".mjs:", ".cjs:", ".ts:"});
      });
      return above ? above : below;
    }
    case Language::bash:
      return bash_place(lines[line]);
    case Language::go: {
      if (auto here = colon_place(lines[line], {".go:"})) return here;
      return own_frame(lines, line, size, false, [](std::string_view text) { return colon_place(text, {".go:"}); });
    }
    case Language::rust: {
      if (auto here = colon_place(lines[line], {".rs:"})) return here;
      const std::size_t above = line == 0 ? 0 : line - 1;
      return own_frame(lines, above, size, false, [](std::string_view text) { return colon_place(text, {".rs:"}); });
    }
    case Language::java: {
      if (auto here = colon_place(lines[line], {".java:"}); here && !trim(lines[line]).starts_with("at ")) return here;
      return own_frame(lines, line, size, false, [](std::string_view text) { return at_frame(text, {".java:"}); });
    }
  }
  return std::nullopt;
}

}  // namespace rh::agent
