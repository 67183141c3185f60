#include "collectors/coverage/v8_ranges.h"
#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

// Nine lines, 92 units.
constexpr std::string_view kSource =
    "function f (x) {\n"          // 0
    "  if (x) {\n"                // 17
    "    return 1\n"              // 28
    "  }\n"                       // 41
    "  return 2\n"                // 45
    "}\n"                         // 56
    "\n"                          // 58
    "// \xF0\x9F\x8E\x89 text\n"  // 59: the party popper is two units
    "f(true)          \n";        // 70

CoverageReadOptions options(std::string_view source = kSource) {
  CoverageReadOptions options{"coverage-1.json"};
  options.source = [text = std::string(source)](std::string_view path) {
    return path == "/r/a.js" ? std::optional(text) : std::nullopt;
  };
  return options;
}

std::string script(std::string_view functions, std::string_view url = "file:///r/a.js") {
  return R"({"scriptId": "1", "url": ")" + std::string(url) + R"(", "functions": [)" + std::string(functions) + "]}";
}

std::string whole(std::uint64_t end = 88) {
  return R"({"functionName": "", "isBlockCoverage": true, "ranges": [{"startOffset": 0, "endOffset": )" +
         std::to_string(end) + R"(, "count": 1}]})";
}

constexpr std::string_view kFunction =
    R"({"functionName": "f", "isBlockCoverage": true, "ranges": [{"startOffset": 0, "endOffset": 57, "count": 4},
       {"startOffset": 26, "endOffset": 45, "count": 0}]})";

std::string node_file(std::string_view scripts) {
  return R"({"result": [)" + std::string(scripts) + R"(], "timestamp": 1})";
}

TEST(V8, InnermostRangeThatSpansALineHasTheSay) {
  const CoverageData data = must(read_v8(node_file(script(whole() + "," + std::string(kFunction))), options()));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "/r/a.js");
  EXPECT_EQ(file.lines,
            (std::vector<LineHits>{{1, 4}, {2, 4}, {3, 0}, {4, 0}, {5, 4}, {6, 4}, {7, 1}, {8, 1}, {9, 1}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"f", 1, 4}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{1, 0, "0-9:7", 1}, {1, 1, "0-6:1", 4}, {2, 0, "9-5:0", 0}}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(V8, EveryFormIsReadTheSame) {
  const std::string one = script(whole() + "," + std::string(kFunction));
  const CoverageData node = must(read_v8(node_file(one), options()));
  const std::string inline_source =
      R"([{"url": "http://localhost:80/r/a.js?v=1", "source": ")" +
      std::string("function f (x) {\\n  if (x) {\\n    return 1\\n  }\\n  return 2\\n}\\n\\n") +
      R"(// \uD83C\uDF89 text\nf(true)          \n", "functions": [)" + whole() + "," + std::string(kFunction) + "]}]";
  for (const std::string& text : {"[" + one + "]", one, R"({"id": 3, "result": {"result": [)" + one + "]}}",
                                  R"({"data": [)" + one + "]}", inline_source}) {
    EXPECT_TRUE(sniff_v8(text)) << text;
    const CoverageData data = must(read_v8(text, options()));
    ASSERT_EQ(data.files.size(), 1U) << text;
    EXPECT_EQ(data.files[0].lines, node.files[0].lines);
    EXPECT_EQ(data.files[0].branches, node.files[0].branches);
  }
  EXPECT_EQ(must(read_v8(inline_source, {"x"})).files[0].path, "r/a.js");
}

TEST(V8, PuppeteerListsWhatRan) {
  const CoverageData data = must(read_v8(
      R"([{"url": "https://x.test/js/a.js", "ranges": [{"start": 0, "end": 5}], "text": "a\nb\nc\nd\ne\n"}])", {"x"}));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "js/a.js");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 1}, {4, 0}, {5, 0}}));
}

TEST(V8, OtherTextIsNotUsed) {
  const CoverageData data = must(read_v8(node_file(script(whole(90))), options()));
  EXPECT_TRUE(data.files.empty());
  EXPECT_TRUE(has_code(data, "v8-other-text"));
  const CoverageData unreadable = must(read_v8(node_file(script(whole(), "file:///r/gone.js")), options()));
  EXPECT_TRUE(has_code(unreadable, "v8-no-source"));
  EXPECT_TRUE(has_code(must(read_v8(node_file(script(whole())), {"x"})), "v8-no-source"));
}

TEST(V8, ByteOrderMarkIsNoPartOfTheScript) {
  const CoverageData data = must(read_v8(node_file(script(whole())), options("\xEF\xBB\xBF" + std::string(kSource))));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].lines.size(), 9U);
}

TEST(V8, WhatIsNoCodeOfTheProjectIsLeftOut) {
  const CoverageData data =
      must(read_v8(node_file(script(whole(), "node:fs") + "," + script(whole(), "file:///r/node_modules/a.js") + "," +
                             script(whole(), "evalmachine.<anonymous>") + "," + script(whole(), "wasm://wasm/1")),
                   options()));
  EXPECT_TRUE(data.files.empty());
  EXPECT_TRUE(has_code(data, "v8-dependencies"));
}

TEST(V8, HintsLeaveLinesOut) {
  constexpr std::string_view kHints =
      "/* c8 ignore next 2 */\n"
      "a()\n"
      "b()\n"
      "c()\n"
      "/* v8 ignore start */ d()\n"
      "e()\n"
      "/* v8 ignore stop */\n"
      "f()\n"
      "g() /* node:coverage ignore next */\n"
      "h()\n";
  const CoverageData data =
      must(read_v8(node_file(script(R"({"functionName": "", "isBlockCoverage": true, "ranges": [{"startOffset": 0,
          "endOffset": 130, "count": 0}]})")),
                   options(kHints)));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].lines,
            (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 1}, {4, 0}, {5, 1}, {6, 1}, {7, 1}, {8, 0}, {9, 1}, {10, 0}}));
}

// One process ran the block, the other did not and so does not even list it: together it ran.
TEST(V8, ProcessesAreJoinedByTheirRanges) {
  const std::string ran =
      R"({"functionName": "f", "isBlockCoverage": true, "ranges": [{"startOffset": 0, "endOffset": 57, "count": 4}]})";
  const std::string a = node_file(script(whole() + "," + std::string(kFunction)));
  const std::string b = node_file(script(whole() + "," + ran));
  const CoverageText texts[] = {{a, "a.json"}, {b, "b.json"}};
  const CoverageData data = must(read_v8_together(texts, options()));
  EXPECT_EQ(totals_of(data.files).branches, (Ratio{3, 3}));
  EXPECT_EQ(data.files[0].lines[2], (LineHits{3, 4}));
  EXPECT_EQ(data.files[0].lines[0], (LineHits{1, 8}));
}

TEST(V8, OneBadFileOfSeveralIsSaid) {
  const std::string good = node_file(script(whole()));
  const CoverageText texts[] = {
      {good, "a.json"}, {"{\"result\": 1}", "b.json"}, {good.substr(0, good.size() - 5), "c.json"}};
  const CoverageData data = must(read_v8_together(texts, options()));
  EXPECT_EQ(data.files.size(), 1U);
  EXPECT_TRUE(has_code(data, "v8-unreadable"));
  EXPECT_FALSE(read_v8("{\"result\": 1}", options()));
}

std::vector<V8Range> merged(std::vector<std::vector<V8Range>> trees) {
  std::vector<std::vector<V8Function>> runs;
  for (auto& ranges : trees) runs.push_back({V8Function{"f", std::move(ranges), true}});
  return merge_v8_runs(std::move(runs)).functions.at(0).ranges;
}

// What @bcoe/v8-coverage 1.0.2 gives for the same input.
TEST(V8Ranges, OverlapsAreCut) {
  EXPECT_EQ(merged({{{0, 100, 1}, {10, 50, 0}}, {{0, 100, 1}, {30, 70, 0}}}),
            (std::vector<V8Range>{{0, 100, 2}, {10, 70, 1}, {30, 50, 0}}));
  EXPECT_EQ(merged({{{0, 9, 10}, {0, 4, 1}, {5, 9, 1}}, {{0, 9, 100}, {0, 4, 3}, {5, 9, 3}}}),
            (std::vector<V8Range>{{0, 9, 110}, {0, 4, 4}, {5, 9, 4}}));
}

TEST(V8Ranges, NeighboursOfOneCountAreOne) {
  EXPECT_EQ(merged({{{0, 9, 2}, {1, 3, 0}, {3, 6, 0}}}), (std::vector<V8Range>{{0, 9, 2}, {1, 6, 0}}));
  EXPECT_EQ(merged({{{0, 9, 2}, {0, 9, 5}}}), (std::vector<V8Range>{{0, 9, 5}}));
}

TEST(V8Ranges, NonsenseIsDroppedAndCounted) {
  std::vector<V8Function> run = {{"f", {{5, 10, 1}, {8, 20, 1}, {9, 9, 2}}, true}, {"g", {}, true}};
  const V8Merged result = merge_v8_runs({run});
  ASSERT_EQ(result.functions.size(), 1U);
  EXPECT_EQ(result.functions[0].ranges, (std::vector<V8Range>{{5, 10, 1}}));
  EXPECT_EQ(result.dropped, 2U);
}

TEST(V8Ranges, DepthIsBounded) {
  std::vector<V8Range> ranges;
  for (std::uint32_t i = 0; i < 20'000; ++i) ranges.push_back({i, 40'000 - i, i % 2});
  const V8Merged result = merge_v8_runs({{{"f", ranges, true}}, {{"f", ranges, true}}});
  EXPECT_LE(result.functions.at(0).ranges.size(), kMaxRangeDepth);
  EXPECT_GT(result.dropped, 0U);
}

}  // namespace
}  // namespace rh::collectors
