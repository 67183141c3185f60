#include "collectors/coverage/source_map.h"

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

// Line 0: column 0 is 0:0 of source 0, column 4 is 0:6, column 9 is of no source. Line 2: column 2 is 5:1 of source 1.
constexpr std::string_view kMappings = "AAAA,IAAM,K;;ECKL";

TEST(SourceMap, PlacesAreFoundOnTheirLine) {
  using Bias = SourceMap::Bias;
  const SourceMap map(kMappings, 2);
  EXPECT_EQ(map.original(0, 0, Bias::before), (SourcePlace{0, 0, 0}));
  EXPECT_EQ(map.original(0, 3, Bias::before), (SourcePlace{0, 0, 0}));
  EXPECT_EQ(map.original(0, 3, Bias::after), (SourcePlace{0, 0, 6}));
  EXPECT_EQ(map.original(0, 20, Bias::before), std::nullopt);  // of no source
  EXPECT_EQ(map.original(0, 20, Bias::after), std::nullopt);
  EXPECT_EQ(map.original(1, 0, Bias::before), std::nullopt);
  EXPECT_EQ(map.original(2, 0, Bias::before), std::nullopt);
  EXPECT_EQ(map.original(2, 0, Bias::after), (SourcePlace{1, 5, 1}));
}

TEST(SourceMap, SpanEndsWhereTheNextOriginalBegins) {
  const SourceMap map(kMappings, 2);
  const auto span = map.original_span(0, 0, 0, 4, SpanRule::istanbul_source_maps);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->start_column, 0U);
  EXPECT_EQ(span->end_column, 6);
  const auto last = map.original_span(0, 4, 0, 9, SpanRule::istanbul_source_maps);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->end_column, kLineEnd);
  EXPECT_FALSE(map.original_span(0, 0, 2, 5, SpanRule::v8_to_istanbul)) << "begins and ends in different sources";
}

TEST(SourceMap, NonsenseIsNoPlace) {
  for (const std::string_view text : {"", ";;;;", "!!!!", "AAAA,gggggggggggggggggggggggggggg", "DDDD", "AAA,AAAAA,A"})
    EXPECT_FALSE(SourceMap(text, 0).original(0, 0, SourceMap::Bias::before)) << text;
}

TEST(SourceMap, TextOfAMap) {
  const auto map = parse_source_map(
      R"({"version": 3, "sourceRoot": "src/", "sources": ["a.ts", "/abs/b.ts", null, "webpack://x/c.ts"], "names": [],
          "sourcesContent": ["text", null], "mappings": "AAAA"})");
  ASSERT_TRUE(map);
  EXPECT_EQ(map->sources, (std::vector<std::string>{"src/a.ts", "/abs/b.ts", "src/", "webpack://x/c.ts"}));
  EXPECT_EQ(map->sources_content.at(0), "text");
  EXPECT_EQ(map->sources_content.at(1), std::nullopt);
  EXPECT_FALSE(parse_source_map(R"({"version": 3, "sections": []})"));
  EXPECT_FALSE(parse_source_map("{"));
}

TEST(SourceMap, CommentThatNamesTheMap) {
  EXPECT_EQ(source_mapping_url("a\n//# sourceMappingURL=a.js.map\n"), "a.js.map");
  EXPECT_EQ(source_mapping_url("a\n/*# sourceMappingURL=a.css.map */"), "a.css.map");
  EXPECT_EQ(source_mapping_url("//# sourceMappingURL=old.map\n//@ sourceMappingURL=new.map"), "new.map");
  EXPECT_EQ(source_mapping_url("s = `//# sourceMappingURL=${url}`"), std::nullopt);
  EXPECT_EQ(source_mapping_url("s = '//# sourceMappingURL=' + x"), std::nullopt);
  EXPECT_EQ(source_mapping_url("sourceMappingURL=x"), std::nullopt);
}

TEST(SourceMap, DataUrls) {
  EXPECT_EQ(decode_data_url("data:application/json;charset=utf-8;base64,eyJhIjoxfQ=="), R"({"a":1})");
  EXPECT_EQ(decode_data_url("data:application/json,%7B%22a%22%3A1%7D"), R"({"a":1})");
  EXPECT_EQ(decode_data_url("a.map"), std::nullopt);
}

}  // namespace
}  // namespace rh::collectors
