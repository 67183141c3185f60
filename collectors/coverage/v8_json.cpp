#include "collectors/coverage/v8_json.h"

#include <algorithm>
#include <utility>

#include "collectors/coverage/v8_paths.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

enum Place : JsonPlace {
  kRoot,
  kList,
  kScript,
  kUrl,
  kSource,
  kRaw,
  kFunctions,
  kFunction,
  kName,
  kBlocks,
  kRanges,
  kRange,
  kOffset,
  kUsedRanges,
  kUsedRange,
  kUsedOffset,
  kMaps,
  kMap,
  kLengths,
  kLength,
  kMapData,
  kMapRoot,
  kMappings,
  kSources,
  kMapSource,
  kContents,
  kContent,
};

constexpr JsonStep kSteps[] = {
    {kRoot, "result", kList},
    {kRoot, "data", kList},
    {kRoot, kElement, kScript},
    {kRoot, "url", kUrl},
    {kRoot, "functions", kFunctions},
    {kList, "result", kList},
    {kList, kElement, kScript},
    {kScript, "url", kUrl},
    {kScript, "source", kSource},
    {kScript, "text", kSource},
    {kScript, "functions", kFunctions},
    {kScript, "ranges", kUsedRanges},
    {kScript, "rawScriptCoverage", kRaw},
    {kRaw, "functions", kFunctions},
    {kFunctions, kElement, kFunction},
    {kFunction, "functionName", kName},
    {kFunction, "isBlockCoverage", kBlocks},
    {kFunction, "ranges", kRanges},
    {kRanges, kElement, kRange},
    {kRange, kAnyMember, kOffset},
    {kUsedRanges, kElement, kUsedRange},
    {kUsedRange, kAnyMember, kUsedOffset},
    {kRoot, "source-map-cache", kMaps},
    {kMaps, kAnyMember, kMap},
    {kMap, "lineLengths", kLengths},
    {kLengths, kElement, kLength},
    {kMap, "data", kMapData},
    {kMapData, "sourceRoot", kMapRoot},
    {kMapData, "mappings", kMappings},
    {kMapData, "sources", kSources},
    {kSources, kElement, kMapSource},
    {kMapData, "sourcesContent", kContents},
    {kContents, kElement, kContent},
};

std::optional<std::uint32_t> unsigned_of(const JsonScalar& value) {
  if (value.kind != JsonScalar::Kind::integer || value.negative) return std::nullopt;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value.magnitude, UINT32_MAX - 1));
}

class V8Handler : public JsonHandler {
 public:
  explicit V8Handler(V8Document& into) : into_(into) {}

  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    if (place == kList && is_array) into_.recognised = true;
    if (place == kRoot) begin_script();
    if (place == kScript) begin_script();
    if (place == kFunctions) has_functions_ = true;
    if (place == kUsedRanges) has_used_ = true;
    if (place == kFunction) function_ = {};
    if (place == kRange || place == kUsedRange) start_.reset(), end_.reset(), count_.reset();
    if (place == kMap) map_ = {}, map_url_ = std::string(key), map_root_.clear();
    if (place == kMapSource || place == kContent) add_to_map(place, {});
  }

  void leave(JsonPlace place) override {
    if (place == kRange) end_range();
    if (place == kUsedRange) end_used_range();
    if (place == kFunction) functions_.push_back(std::move(function_));
    if (place == kMap) end_map();
    if (place == kScript || (place == kRoot && has_functions_)) end_script();
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    if (place == kUrl) url_ = value.as_text().value_or("");
    if (place == kSource && value.as_text()) source_ = std::string(*value.as_text());
    if (place == kName) function_.name = value.as_text().value_or("");
    if (place == kBlocks) function_.blocks = value.as_bool().value_or(false);
    if (place == kOffset || place == kUsedOffset) read_offset(key, value);
    if (place == kLength) map_.line_lengths.push_back(unsigned_of(value).value_or(0));
    if (place == kMapRoot) map_root_ = to_valid_utf8(value.as_text().value_or(""));
    if (place == kMappings || place == kMapSource || place == kContent) add_to_map(place, value.as_text());
  }

 private:
  void begin_script() {
    url_.clear();
    source_.reset();
    functions_.clear();
    used_.clear();
    has_functions_ = has_used_ = false;
  }

  void read_offset(std::string_view key, const JsonScalar& value) {
    if (key == "startOffset" || key == "start") start_ = unsigned_of(value);
    if (key == "endOffset" || key == "end") end_ = unsigned_of(value);
    if (key == "count") count_ = unsigned_of(value);
  }

  void end_range() {
    if (start_ && end_ && count_ && *start_ <= *end_)
      function_.ranges.push_back({*start_, *end_, *count_});
    else
      ++into_.damaged;
  }

  void end_used_range() {
    if (start_ && end_ && *start_ <= *end_)
      used_.push_back({*start_, *end_, 1});
    else
      ++into_.damaged;
  }

  // puppeteer's own form lists what ran, without counts: the rest of the text did not.
  void use_ranges() {
    V8Function script{"", {{0, end_of_source(), 1}}, true};
    std::sort(used_.begin(), used_.end(), [](const V8Range& a, const V8Range& b) { return a.start < b.start; });
    std::uint32_t at = 0;
    for (const V8Range& range : used_) {
      if (range.start > at) script.ranges.push_back({at, range.start, 0});
      at = std::max(at, range.end);
    }
    if (at < end_of_source()) script.ranges.push_back({at, end_of_source(), 0});
    functions_.push_back(std::move(script));
  }

  [[nodiscard]] std::uint32_t end_of_source() const {
    std::uint32_t units = 0;
    for (const char c : to_valid_utf8(*source_)) {
      const auto byte = static_cast<unsigned char>(c);
      units += static_cast<std::uint32_t>((byte & 0xC0U) != 0x80U) + static_cast<std::uint32_t>(byte >= 0xF0U);
    }
    return units;
  }

  void end_script() {
    into_.recognised = into_.recognised || has_functions_ || has_used_;
    if (!has_functions_ && has_used_ && source_) use_ranges();
    const auto path = script_path(url_);
    if (!path)
      ++into_.without_file;
    else if (is_dependency(*path))
      ++into_.dependencies;
    if (!path || is_dependency(*path)) return begin_script();
    V8Script& script = into_.scripts[*path];
    script.runs.push_back(std::move(functions_));
    if (source_) script.source = std::move(source_);
    begin_script();
  }

  void add_to_map(JsonPlace place, std::optional<std::string_view> text) {
    if (place == kMappings && text) map_.map.mappings = *text, map_.has_map = true;
    if (place == kMapSource) map_.map.sources.push_back(to_valid_utf8(text.value_or("")));
    if (place == kContent) map_.map.sources_content.push_back(text ? std::optional(std::string(*text)) : std::nullopt);
  }

  void end_map() {
    const auto path = script_path(map_url_);
    if (!path || is_dependency(*path)) return;
    add_source_root(map_.map, map_root_);
    into_.maps[*path] = std::move(map_);
  }

  V8Document& into_;
  std::string url_;
  std::optional<std::string> source_;
  std::vector<V8Function> functions_;
  std::vector<V8Range> used_;
  bool has_functions_ = false, has_used_ = false;
  V8Function function_;
  std::optional<std::uint32_t> start_, end_, count_;
  V8CachedMap map_;
  std::string map_url_, map_root_;
};

}  // namespace

JsonEnd read_v8_json(std::string_view text, V8Document& into) {
  V8Handler handler(into);
  return walk_json(text, kSteps, handler);
}

}  // namespace rh::collectors
