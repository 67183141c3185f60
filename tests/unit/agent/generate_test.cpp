#include "runner/agent/generate/generate.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "runner/agent/custom/custom_tools.h"
#include "runner/agent/generate/chat_reply.h"
#include "runner/agent/generate/code_blocks.h"
#include "runner/agent/generate/prompts.h"
#include "runner/agent/generate/route.h"
#include "runner/agent/generate/strategy.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(CodeBlocks, TakesFencesOfAllKinds) {
  const auto blocks = code_blocks("a\n```python\nx = '```'\n```\n~~~~JS title=\"a\"\n```\n~~~~\n  ```\n  two\n  ```\n");
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].code, "x = '```'\n");
  EXPECT_EQ(blocks[1].tag, "js");
  EXPECT_EQ(blocks[1].code, "```\n");
  EXPECT_EQ(blocks[2].code, "two\n");
  EXPECT_FALSE(code_blocks("```python\nprint(1)").front().closed);
  EXPECT_TRUE(code_blocks("text with ```inline``` code").empty());
  EXPECT_TRUE(code_blocks("").empty());
}

TEST(CodeBlocks, ChoosesThoseOfTheLanguage) {
  EXPECT_EQ(code_of_reply("```sh\npip install a lot of packages\n```\n```py\nprint(1)\n```", Language::python).code,
            "print(1)\n");
  EXPECT_EQ(code_of_reply("```py\nprint(1)\n```\n```py\nprint(1)\nprint(2)\n```", Language::python).code,
            "print(1)\nprint(2)\n");
  EXPECT_EQ(code_of_reply("```\nprint(1)\n```", Language::python).code, "print(1)\n");
  EXPECT_EQ(code_of_reply("```rust\nfn main() {}\n```", Language::python).code, "");
  EXPECT_EQ(code_of_reply("I cannot (sorry) do that.", Language::python).code, "");
}

TEST(Prompts, FillsPlaceholdersOnce) {
  EXPECT_EQ(filled("{a} {b}\n{c}\nend {d}", {{"a", "{b}"}, {"b", "2"}, {"c", ""}}), "{b} 2\nend {d}");
  EXPECT_EQ(filled("json {\"k\": 1} {", {}), "json {\"k\": 1} {");
}

TEST(TestLines, AreCountedInManyForms) {
  const auto counts = [](const char* text) {
    const TestLines lines = count_test_lines(text);
    return std::pair(lines.passed, lines.failed);
  };
  EXPECT_EQ(counts("PASSED: a\nFAILED: b: why\n"), std::pair(1U, 1U));
  EXPECT_EQ(counts("test_x.py::test_a PASSED\ntest_x.py::test_b FAILED\n"), std::pair(1U, 1U));
  EXPECT_EQ(counts("test_a (x.T) ... ok\ntest_b (x.T) ... FAIL\n"), std::pair(1U, 1U));
  EXPECT_EQ(counts("ok 1 - a\nnot ok 2 - b\n--- PASS: TestX (0.00s)\n"), std::pair(2U, 1U));
  EXPECT_EQ(counts("everything passed\nok then\nFAILEDx\n"), std::pair(0U, 0U));
}

TEST(ReplyReader, JoinsEventsCutAnywhere) {
  const std::string stream =
      ": comment\r\n\r\ndata: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata:{\"choices\":[{\"delta\":{\"content\":\"b\"},"
      "\"finish_reason\":\"stop\"}]}\n\ndata: "
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"
      "data: [DONE]\n\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ReplyReader reader(true);
    std::string text = reader.feed(stream.substr(0, cut));
    text += reader.feed(stream.substr(cut));
    reader.finish();
    ASSERT_EQ(reader.problem(), "") << cut;
    EXPECT_EQ(text, "ab");
    EXPECT_EQ(reader.reply().content, "ab");
    EXPECT_EQ(reader.reply().finish_reason, "stop");
    EXPECT_EQ(reader.reply().completion_tokens, 2U);
    EXPECT_TRUE(reader.reply().finished);
  }
}

TEST(ReplyReader, AStreamThatWasCutIsNotFinished) {
  ReplyReader reader(true);
  (void)reader.feed("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n");
  reader.finish();
  EXPECT_FALSE(reader.reply().finished);
}

TEST(ReplyReader, SaysWhatIsWrongWithADocument) {
  const auto problem = [](const char* text) {
    ReplyReader reader(false);
    (void)reader.feed(text);
    reader.finish();
    return reader.problem();
  };
  EXPECT_THAT(problem("{"), HasSubstr("no JSON"));
  EXPECT_THAT(problem("{}"), HasSubstr("no choices"));
  EXPECT_EQ(problem(R"({"error":{"message":"why"}})"), "why");
  EXPECT_EQ(problem(R"({"choices":[{"message":{"content":null}}]})"), "");
  EXPECT_EQ(problem(R"({"choices":7,"usage":"x"})"), "");
}

TEST(InterpreterSteps, HaveOneShape) {
  const auto of_output = interpreter_steps(json::parse(
      R"({"output":[{"type":"code_interpreter_call","code":"a","outputs":[{"type":"logs","logs":"1"},{"type":"image","url":"u"}]}]})"));
  ASSERT_EQ(of_output.size(), 1U);
  EXPECT_EQ(of_output[0].code, "a");
  EXPECT_EQ(of_output[0].output, "1");
  EXPECT_THAT(of_output[0].files, ElementsAre("u"));
  const auto of_parts = interpreter_steps(json::parse(
      R"({"candidates":[{"content":{"parts":[{"executableCode":{"code":"b"}},{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"bad"}}]}}]})"));
  ASSERT_EQ(of_parts.size(), 1U);
  EXPECT_FALSE(of_parts[0].success);
  EXPECT_EQ(of_parts[0].error, "bad");
}

TEST(Route, FollowsTheWordsAndNotTheCode) {
  EXPECT_EQ(route_of("run this\n```python\nprint('profile the tests')\n```").verb, "execute");
  EXPECT_EQ(route_of("explain this error:\n```\nNameError: x\n```").verb, "help");
  EXPECT_EQ(route_of("is it safe to run this?\n```bash\nls\n```").tool, "validate_code");
  EXPECT_EQ(route_of("write unit tests for a function that reverses a list").tool, "generate_tests");
  EXPECT_EQ(json::parse(route_of("run scripts/build.sh please").arguments)["path"], "scripts/build.sh");
  EXPECT_EQ(json::parse(route_of("execute: print(2)").arguments)["code"], "print(2)");
}

TEST(Strategy, FollowsTheScore) {
  EXPECT_EQ(strategy_of(0.9).name, "advanced");
  EXPECT_EQ(strategy_of(0.8).name, "standard");
  EXPECT_EQ(strategy_of(0.5).name, "basic");
  EXPECT_EQ(score_of(R"({"confidence": 0.7})"), 0.7);
  EXPECT_EQ(score_of("[1]"), std::nullopt);
}

TEST(CustomTools, ArgumentsAreWordsAndLookedAtOnce) {
  const CustomTool tool{"t", "", {"x", "{a}-{b}", "{c}", "{"}, {{"a", ""}, {"b", ""}}};
  EXPECT_THAT(filled_command(tool, {{"a", "{b} $(id)"}, {"b", "2"}}), ElementsAre("x", "{b} $(id)-2", "{c}", "{"));
}

}  // namespace
}  // namespace rh::agent
