// V8's block coverage: ranges of UTF-16 offsets into the text that ran. Lines need that text: from the coverage file,
// from the disk, or, where Node ran generated code, as the lengths of its lines; a source map then leads to the
// original sources. A text whose length is not the one that was measured is not used: its lines would be wrong.
#include <map>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/reader.h"
#include "collectors/coverage/source_map.h"
#include "collectors/coverage/v8_json.h"
#include "collectors/coverage/v8_lines.h"
#include "collectors/coverage/v8_paths.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

class V8Reader {
 public:
  explicit V8Reader(const CoverageReadOptions& options) : options_(options), damage_(options.subject) {}

  Result<CoverageData> read(std::span<const CoverageText> texts) {
    for (const CoverageText& text : texts) RH_CHECK(add(text, texts.size() == 1));
    CoverageData data;
    for (auto& [path, script] : document_.scripts) convert(path, std::move(script));
    data.files = gather_files(std::move(files_));
    tell_what_is_missing();
    data.diagnostics = damage_.take();
    return data;
  }

 private:
  // Of several files one that is no V8 coverage is damage; alone it is an error.
  Result<void> add(const CoverageText& text, bool alone) {
    document_.recognised = false;
    const JsonEnd end = read_v8_json(text.text, document_);
    if (!document_.recognised) {
      const std::string why =
          fmt::format("read V8 coverage: it has no list of scripts{}{}", end.complete ? "" : ": ", end.error);
      if (alone) return fail(ErrorKind::parse, why, std::string(text.subject));
      damage_.add(Severity::error, "v8-unreadable", fmt::format("Failed to {} ({}).", why, text.subject));
    } else if (!end.complete) {
      damage_.add(Severity::error, "v8-truncated",
                  fmt::format("The data of {} ends at {}: {}. What stands before it is used.", text.subject,
                              json_position(text.text, end.offset), end.error));
    }
    return {};
  }

  void convert(const std::string& path, V8Script script) {
    V8Merged merged = merge_v8_runs(std::move(script.runs));
    document_.damaged += merged.dropped;
    if (merged.functions.empty()) return;
    const auto cached = document_.maps.find(path);
    const bool has_cached = cached != document_.maps.end() && cached->second.has_map;
    if (has_cached && !cached->second.line_lengths.empty())
      return map_back(path, merged.functions, ScriptText(cached->second.line_lengths), cached->second.map);
    std::optional<std::string> source = std::move(script.source);
    if (!source && options_.source) source = options_.source(path);
    if (!source) return unreadable_.push_back(path);
    const ScriptText text(*source);
    const std::uint32_t shift = shift_of(text, merged.functions);
    if (!fits(text, merged.functions, shift)) return other_text_.push_back(path);
    for (V8Function& function : merged.functions)
      for (V8Range& range : function.ranges) range.start += shift, range.end += shift;
    if (has_cached) return map_back(path, merged.functions, text, cached->second.map);
    if (const auto map = map_of(*source, path)) return map_back(path, merged.functions, text, *map);
    V8Lines lines(path, text);
    for (const V8Function& function : merged.functions)
      for (const V8Range& range : function.ranges) add_range(lines, function, range, {range.start, range.end});
    files_.push_back(std::move(lines).finish());
  }

  // Node leaves a byte order mark out before it compiles.
  static std::uint32_t shift_of(const ScriptText& text, const std::vector<V8Function>& functions) {
    const V8Range& script = functions.front().ranges.front();
    return text.has_bom() && script.start == 0 && script.end + 1 == text.whole_size() ? 1 : 0;
  }

  // The function of the script itself spans the text that was measured.
  static bool fits(const ScriptText& text, const std::vector<V8Function>& functions, std::uint32_t shift) {
    const V8Function& script = functions.front();
    if (script.name.empty() && script.ranges[0].start == 0) return script.ranges[0].end + shift == text.whole_size();
    std::uint32_t end = 0;
    for (const V8Function& function : functions) end = std::max(end, function.ranges[0].end);
    return end <= text.whole_size();
  }

  std::optional<SourceMapText> map_of(std::string_view source, const std::string& path) {
    const auto url = source_mapping_url(source);
    if (!url) return std::nullopt;
    std::optional<std::string> json = decode_data_url(*url);
    if (!json && !url->starts_with("data:") && url->find("://") == std::string_view::npos && options_.source)
      json = options_.source(map_source_path(decode_percent(*url), path));
    auto map = json ? parse_source_map(*json) : std::nullopt;
    if (!map || map->sources.empty()) {
      unmapped_.push_back(path);
      return std::nullopt;
    }
    return map;
  }

  static void add_range(V8Lines& lines, const V8Function& function, const V8Range& range,
                        std::pair<std::int64_t, std::int64_t> place) {
    const bool first = &range == &function.ranges.front();
    const bool named = !function.name.empty() && (first || !function.blocks);
    lines.add_range(place.first, place.second, range.count, function.blocks, named ? &function.name : nullptr);
  }

  // Ranges of generated code as ranges of the sources that it was made of. One that spans several has no place.
  void map_back(const std::string& path, const std::vector<V8Function>& functions, const ScriptText& generated,
                const SourceMapText& text) {
    const SourceMap map(text.mappings, text.sources.size());
    std::vector<std::optional<V8Lines>> sources;
    for (std::size_t i = 0; i < text.sources.size(); ++i) sources.push_back(open_source(path, text, i));
    for (const V8Function& function : functions) {
      for (const V8Range& range : function.ranges) {
        const std::int64_t end = std::min(range.end, generated.size());
        const auto [first, last] = generated.touched(std::int64_t{range.start} - 1, end);
        if (first == last) continue;
        const std::int64_t begin_of_first = generated.lines()[first].start,
                           begin_of_last = generated.lines()[last - 1].start;
        const auto span = map.original_span(
            static_cast<std::uint32_t>(first), std::max<std::int64_t>(0, range.start - begin_of_first),
            static_cast<std::uint32_t>(last - 1), end - begin_of_last, SpanRule::v8_to_istanbul);
        if (!span || !sources[span->source]) continue;
        V8Lines& lines = *sources[span->source];
        add_range(lines, function, range,
                  {lines.text().offset(span->start_line, span->start_column),
                   lines.text().offset(span->end_line, span->end_column)});
      }
    }
    for (std::optional<V8Lines>& lines : sources)
      if (lines) files_.push_back(std::move(*lines).finish());
  }

  std::optional<V8Lines> open_source(const std::string& script, const SourceMapText& map, std::size_t index) {
    const std::string path = map_source_path(map.sources[index], script);
    if (is_dependency(path)) {
      ++document_.dependencies;
      return std::nullopt;
    }
    if (index < map.sources_content.size() && map.sources_content[index])
      return V8Lines(path, ScriptText(*map.sources_content[index]));
    const auto text = options_.source ? options_.source(path) : std::nullopt;
    if (text) return V8Lines(path, ScriptText(*text));
    unreadable_.push_back(path);
    return std::nullopt;
  }

  void tell(Severity severity, std::string_view code, const std::vector<std::string>& paths, std::string_view what) {
    if (paths.empty()) return;
    const std::string more = paths.size() == 1 ? "" : fmt::format(" and {} more", paths.size() - 1);
    damage_.add(severity, code, fmt::format("{}{}: {}", excerpt(paths.front()), more, what));
  }

  void tell_what_is_missing() {
    tell(Severity::warning, "v8-no-source", unreadable_,
         "the source cannot be read, and V8 counts its characters: the lines are not known.");
    tell(Severity::warning, "v8-other-text", other_text_,
         "the source is not the text that ran (it was changed or transformed, and no source map was kept): the lines "
         "are not known.");
    tell(Severity::warning, "v8-no-map", unmapped_,
         "the source map that it names cannot be read: the coverage is of the generated code.");
    if (document_.damaged > 0)
      damage_.add(Severity::warning, "v8-range", fmt::format("{} damaged ranges were skipped.", document_.damaged));
    if (document_.dependencies > 0)
      damage_.add(Severity::info, "v8-dependencies",
                  fmt::format("{} scripts below node_modules were left out.", document_.dependencies));
  }

  const CoverageReadOptions& options_;
  DamageLog damage_;
  V8Document document_;
  std::vector<model::CoverageFile> files_;
  std::vector<std::string> unreadable_, other_text_, unmapped_;
};

}  // namespace

Result<CoverageData> read_v8(std::string_view text, const CoverageReadOptions& options) {
  const CoverageText alone[] = {{text, options.subject}};
  return V8Reader(options).read(alone);
}

Result<CoverageData> read_v8_together(std::span<const CoverageText> texts, const CoverageReadOptions& options) {
  return V8Reader(options).read(texts);
}

bool sniff_v8(std::string_view head) {
  const JsonHead json(head);
  if (json.is_array())
    return json.has(2, "url") &&
           (json.has_any(2, {"functions", "ranges", "scriptId", "rawScriptCoverage"}) ||
            head.find("\"text\"") != std::string_view::npos || head.find("\"source\"") != std::string_view::npos);
  if (json.has(1, "url") && json.has_any(1, {"functions", "scriptId"})) return true;
  if (json.has(1, "result") && json.has_any(3, {"url", "scriptId", "functions"})) return true;
  if (json.has(1, "result") && json.has(2, "result")) return true;
  if (json.has(1, "result") && (json.has(1, "timestamp") || json.has(1, "source-map-cache"))) return true;
  return json.has(1, "data") && json.has(3, "url") && json.has_any(3, {"functions", "source", "scriptId"});
}

}  // namespace rh::collectors
