// Source maps of version 3 (ECMA-426): which place of an original source a place of generated code comes from. Finding
// a place stays on its line, as in @jridgewell/trace-mapping, which the JavaScript coverage tools use. Lines and
// columns are 0-based; columns are UTF-16 code units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

struct SourcePlace {
  std::uint32_t source = 0, line = 0, column = 0;
  bool operator==(const SourcePlace&) const = default;
};

struct SourceSpan {
  std::uint32_t source = 0, start_line = 0, start_column = 0, end_line = 0;
  std::int64_t end_column = 0;  // kLineEnd: to the end of the line; may be -1
};
constexpr std::int64_t kLineEnd = INT64_MAX / 4;

// What a map file or an inline map holds.
struct SourceMapText {
  std::vector<std::string> sources;                           // as written, with sourceRoot before them
  std::vector<std::optional<std::string>> sources_content{};  // may be shorter than `sources`
  std::string mappings;
};

// nullopt: the text is no source map with mappings. Maps of sections are none.
[[nodiscard]] std::optional<SourceMapText> parse_source_map(std::string_view json);
void add_source_root(SourceMapText& map, std::string_view root);
// The target of the last "sourceMappingURL=" comment.
[[nodiscard]] std::optional<std::string_view> source_mapping_url(std::string_view script);
// The bytes of a data: URL; nullopt when it is none.
[[nodiscard]] std::optional<std::string> decode_data_url(std::string_view url);
[[nodiscard]] std::string decode_percent(std::string_view text);  // "%20" is a blank

// The tools agree on how the original of a span is found but for details: where two mappings begin in one place, and
// for code that a compiler inserted, of which v8-to-istanbul takes the first original of the generated line when that
// is further down.
enum class SpanRule { v8_to_istanbul, istanbul_source_maps };

class SourceMap {
 public:
  SourceMap(std::string_view mappings, std::size_t source_count);

  // The original of a span of generated code; its end is exclusive. A map tells where pieces begin only, so a span ends
  // where the next original on its last line begins, or with that line.
  [[nodiscard]] std::optional<SourceSpan> original_span(std::uint32_t start_line, std::int64_t start_column,
                                                        std::uint32_t end_line, std::int64_t end_column,
                                                        SpanRule rule) const;

  enum class Bias { before, after };  // of a place between two mappings
  [[nodiscard]] std::optional<SourcePlace> original(std::uint32_t line, std::int64_t column, Bias bias) const;
  [[nodiscard]] bool empty() const { return mappings_.empty(); }

 private:
  struct Mapping {
    std::uint32_t line, column;
    bool mapped;  // else the code is of no source
    SourcePlace place;
  };
  struct Generated {
    SourcePlace place;
    std::uint32_t line, column;
  };

  [[nodiscard]] std::optional<SourcePlace> nearest(std::uint32_t line, std::int64_t column, SpanRule rule) const;
  [[nodiscard]] std::optional<SourcePlace> end_of(const SourcePlace& last, SpanRule rule) const;

  std::vector<Mapping> mappings_;     // by line and column of the generated code, stable
  std::vector<Generated> originals_;  // by place, stable
};

}  // namespace rh::collectors
