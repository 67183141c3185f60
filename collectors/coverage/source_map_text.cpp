// Source maps as text: the JSON of a map, where a script says it is, and maps inside of a URL.
#include <algorithm>
#include <utility>

#include "collectors/coverage/base64_digits.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/source_map.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

enum Place : JsonPlace { kRoot, kMappings, kSources, kSource, kContents, kContent, kSourceRoot };

constexpr JsonStep kSteps[] = {
    {kRoot, "mappings", kMappings},       {kRoot, "sources", kSources},    {kSources, kElement, kSource},
    {kRoot, "sourcesContent", kContents}, {kContents, kElement, kContent}, {kRoot, "sourceRoot", kSourceRoot},
};

class MapHandler : public JsonHandler {
 public:
  void enter(JsonPlace place, std::string_view, bool) override { member(place, {}); }
  void leave(JsonPlace) override {}
  void value(JsonPlace place, std::string_view, const JsonScalar& value) override {
    if (place == kMappings) mappings_ = value.as_text().has_value();
    member(place, value.as_text());
  }

  [[nodiscard]] std::optional<SourceMapText> take() {
    if (!mappings_) return std::nullopt;
    add_source_root(map_, root_);
    return std::move(map_);
  }

 private:
  void member(JsonPlace place, std::optional<std::string_view> text) {
    if (place == kMappings && text) map_.mappings = *text;
    if (place == kSource) map_.sources.push_back(to_valid_utf8(text.value_or("")));
    if (place == kContent) map_.sources_content.push_back(text ? std::optional(std::string(*text)) : std::nullopt);
    if (place == kSourceRoot && text) root_ = to_valid_utf8(*text);
  }

  SourceMapText map_;
  std::string root_;
  bool mappings_ = false;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = kBase64Values[static_cast<unsigned char>(c)];
    if (digit < 0) continue;  // padding, line breaks
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

}  // namespace

std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) i += 2;
    decoded += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
  }
  return decoded;
}

void add_source_root(SourceMapText& map, std::string_view root) {
  if (root.empty()) return;
  for (std::string& source : map.sources) {
    const bool complete = source.starts_with('/') || source.find("://") != std::string::npos;
    if (!complete) source = std::string(root) + (root.ends_with('/') ? "" : "/") + source;
  }
}

std::optional<SourceMapText> parse_source_map(std::string_view json) {
  if (json.starts_with(")]}"))
    json.remove_prefix(std::min(json.find('\n'), json.size()));  // against inclusion as script
  MapHandler handler;
  if (!walk_json(json, kSteps, handler).complete) return std::nullopt;
  return handler.take();
}

// A comment that is nothing else: programs that write such comments have the words in their strings.
std::optional<std::string_view> source_mapping_url(std::string_view script) {
  constexpr std::string_view kMark = "sourceMappingURL=";
  for (std::size_t at = script.rfind(kMark); at != std::string_view::npos && at >= 4;
       at = script.rfind(kMark, at - 1)) {
    const std::string_view opening = script.substr(at - 4, 3);
    if (!is_one_of(opening, {"//#", "//@", "/*#", "/*@"})) continue;
    std::string_view rest = script.substr(at + kMark.size());
    const std::string_view url = rest.substr(0, rest.find_first_of(" \t\r\n'\"`"));
    rest.remove_prefix(url.size());
    rest = trim(rest.substr(0, rest.find('\n')));
    const bool ends = opening.starts_with("//") ? rest.empty() : rest == "*/";
    if (!url.empty() && ends) return url;
  }
  return std::nullopt;
}

std::optional<std::string> decode_data_url(std::string_view url) {
  if (!url.starts_with("data:")) return std::nullopt;
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view data = url.substr(comma + 1);
  return url.substr(0, comma).ends_with(";base64") ? decode_base64(data) : decode_percent(data);
}

}  // namespace rh::collectors
