// What a prompt takes for whole lines, what answers of several steps hold, and how a pipeline is read.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runner/agent/pipeline_runs/extract.h"
#include "runner/agent/pipeline_runs/pipeline_json.h"
#include "runner/agent/session/repl.h"
#include "runner/agent/session/session_manager.h"

namespace rh::agent {
namespace {

using nlohmann::json;

TEST(PromptTest, PythonBlocksEndWithAnEmptyLine) {
  const auto whole = [](std::string_view lines) { return is_whole(Language::python, lines); };
  EXPECT_TRUE(whole("x = 1\n"));
  EXPECT_TRUE(whole("\n"));
  EXPECT_FALSE(whole("for i in range(3):\n"));
  EXPECT_FALSE(whole("for i in range(3):\n    print(i)\n"));
  EXPECT_TRUE(whole("for i in range(3):\n    print(i)\n\n"));
  EXPECT_FALSE(whole("x = [\n"));
  EXPECT_TRUE(whole("x = [\n1]\n"));
  EXPECT_FALSE(whole("s = '''\n"));
  EXPECT_TRUE(whole("s = '''\n'''\n"));
  EXPECT_TRUE(whole("s = ')('  # (\n"));
  EXPECT_FALSE(whole("x = 1 + \\\n"));
  EXPECT_FALSE(whole("@cache\n"));
}

TEST(PromptTest, OtherLanguages) {
  EXPECT_FALSE(is_whole(Language::javascript, "function f() {\n"));
  EXPECT_TRUE(is_whole(Language::javascript, "function f() {\n}\n"));
  EXPECT_FALSE(is_whole(Language::javascript, "`a\n"));
  EXPECT_FALSE(is_whole(Language::bash, "for i in 1 2; do\n"));
  EXPECT_TRUE(is_whole(Language::bash, "for i in 1 2; do echo $i; done\n"));
  EXPECT_FALSE(is_whole(Language::bash, "echo 'a\n"));
  EXPECT_TRUE(is_whole(Language::bash, "echo $#\n"));
}

TEST(SessionIdTest, AreNoPaths) {
  for (const char* id : {"a", "thread-1", "A_b.c", "0"}) EXPECT_TRUE(is_session_id(id)) << id;
  for (const char* id : {"", "a/b", "a b", "é", "\n"}) EXPECT_FALSE(is_session_id(id)) << id;
  EXPECT_FALSE(is_session_id(std::string(kMaxSessionIdBytes + 1, 'a')));
}

TEST(ExtractResults, FromRecordsBatchesAndSteps) {
  const json record = {
      {"code", "print(1)"}, {"stdout", "1\n"}, {"error", nullptr}, {"success", true}, {"files", {"a.png"}}};
  const json found = extract_results({{"results", {record, {{"code", "x"}, {"output", ""}, {"error", "NameError"}}}}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["input"], "print(1)");
  EXPECT_EQ(found[0]["output"], "1\n");
  EXPECT_EQ(found[0]["files"], json({"a.png"}));
  EXPECT_EQ(found[1]["success"], false);
}

TEST(ExtractResults, FromAProvidersInterpreter) {
  const json answer = {{"output",
                        {{{"type", "message"}, {"content", "text"}},
                         {{"type", "code_interpreter_call"},
                          {"code", "2+2"},
                          {"outputs", {{{"type", "logs"}, {"logs", "4"}}, {{"image", {{"file_id", "file-1"}}}}}}}}}};
  const json found = extract_results(answer);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["input"], "2+2");
  EXPECT_EQ(found[0]["output"], "4");
  EXPECT_EQ(found[0]["files"], json({"file-1"}));
}

TEST(ExtractResults, FromANotebook) {
  const json notebook = {{"cells",
                          {{{"cell_type", "markdown"}, {"source", "code"}},
                           {{"cell_type", "code"},
                            {"source", {"a = 1\n", "a"}},
                            {"outputs", {{{"output_type", "execute_result"}, {"data", {{"text/plain", "1"}}}}}}},
                           {{"cell_type", "code"},
                            {"source", "b"},
                            {"outputs", {{{"output_type", "error"}, {"ename", "NameError"}, {"evalue", "b"}}}}}}}};
  const json found = extract_results(notebook);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["input"], "a = 1\na");
  EXPECT_EQ(found[0]["output"], "1");
  EXPECT_EQ(found[1]["error"], "NameError: b");
  EXPECT_EQ(found[1]["success"], false);
}

TEST(ExtractResults, NothingInIt) {
  EXPECT_TRUE(extract_results(json::object()).empty());
  json deep = {{"code", "x"}, {"output", ""}};
  for (int i = 0; i < 100; ++i) deep = {{"inner", deep}};
  EXPECT_TRUE(extract_results(deep).empty());
}

TEST(PipelineArguments, WhatHoldsForAllStagesIsInEach) {
  const auto state =
      pipeline_of_arguments({{"name", "p"},
                             {"language", "python"},
                             {"timeout", 9},
                             {"stages", {{{"code", "1"}}, {{"code", "2"}, {"language", "bash"}, {"name", "b"}}}}});
  ASSERT_TRUE(state);
  ASSERT_EQ(state->stages.size(), 2U);
  EXPECT_EQ(state->stages[0].name, "stage1");
  EXPECT_EQ(json::parse(state->stages[0].arguments_json),
            json({{"language", "python"}, {"timeout", 9}, {"code", "1"}}));
  EXPECT_EQ(json::parse(state->stages[1].arguments_json)["language"], "bash");
  EXPECT_FALSE(pipeline_of_arguments({{"stages", json::array()}}));
  EXPECT_FALSE(pipeline_of_arguments({{"stages", {{{"name", "a"}, {"code", "1"}}, {{"name", "a"}, {"code", "2"}}}}}));
}

}  // namespace
}  // namespace rh::agent
