// Notebooks: read as they are found, written as nbformat 4.5.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runner/agent/notebook/read.h"
#include "runner/agent/notebook/run.h"
#include "runner/agent/notebook/write.h"

namespace rh::agent {
namespace {

using nlohmann::json;

TEST(ReadNotebook, CompletesWhat45Demands) {
  const auto notebook = read_notebook(
      R"x({"nbformat":4,"nbformat_minor":2,"metadata":{"kernelspec":{"name":"python3","display_name":"P"},
          "language_info":{"name":"python"}},"cells":[
          {"cell_type":"code","metadata":{"tags":["raises-exception"]},"source":["a = 1\n","a"],"outputs":[],"execution_count":null},
          {"cell_type":"markdown","source":"text"},{"cell_type":"code","id":"x y","source":"b"}]})x",
      "a.ipynb");
  ASSERT_TRUE(notebook) << notebook.error().message();
  ASSERT_EQ(notebook->cells.size(), 3U);
  EXPECT_EQ(notebook->cells[0].source, "a = 1\na");
  EXPECT_TRUE(notebook->cells[0].may_fail);
  EXPECT_EQ(notebook->language, "python");
  const json document = json::parse(notebook->document);
  EXPECT_EQ(document["nbformat_minor"], 5);
  EXPECT_EQ(document["cells"][2]["id"], "cell-2");
  EXPECT_TRUE(document["cells"][2]["outputs"].is_array());
  EXPECT_FALSE(document["cells"][1].contains("outputs"));
  EXPECT_EQ(code_of(*notebook), "# cell 1\na = 1\na\n\n# cell 2\nb\n\n");
}

TEST(ReadNotebook, TakesVersion3) {
  constexpr std::string_view kText =
      R"x({"nbformat":3,"nbformat_minor":0,"metadata":{"name":"old"},"worksheets":[{"cells":[
      {"cell_type":"heading","level":2,"source":["Title"]},
      {"cell_type":"code","input":["print(1)"],"language":"python","outputs":[
        {"output_type":"stream","stream":"stdout","text":["1\n"]},
        {"output_type":"pyout","prompt_number":1,"text":["2"]},
        {"output_type":"pyerr","ename":"E","evalue":"v","traceback":["t"]}],"prompt_number":1}]}]})x";
  const auto notebook = read_notebook(kText, "old.ipynb");
  ASSERT_TRUE(notebook) << notebook.error().message();
  EXPECT_EQ(notebook->major, 3U);
  ASSERT_EQ(notebook->cells.size(), 2U);
  EXPECT_EQ(notebook->cells[0].source, "## Title");
  EXPECT_EQ(notebook->cells[1].source, "print(1)");
  const json outputs = json::parse(notebook->document)["cells"][1]["outputs"];
  EXPECT_EQ(outputs[0]["name"], "stdout");
  EXPECT_EQ(outputs[1]["data"]["text/plain"], "2");
  EXPECT_EQ(outputs[2]["output_type"], "error");
}

TEST(ReadNotebook, RefusesWhatIsNone) {
  EXPECT_FALSE(read_notebook("", "a"));
  EXPECT_FALSE(read_notebook("[]", "a"));
  EXPECT_FALSE(read_notebook("{}", "a"));
  EXPECT_FALSE(read_notebook(R"x({"nbformat":2})x", "a"));
  EXPECT_FALSE(read_notebook(R"x({"nbformat":4,"cells":[1]})x", "a"));
  EXPECT_FALSE(read_notebook(std::string(100'000, '['), "a"));
}

TEST(CodeOf, ShowsShellCommandsToWhoeverChecksIt) {
  const auto notebook = read_notebook(R"x({"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[
      {"cell_type":"code","id":"a","metadata":{},"execution_count":null,"outputs":[],"source":"%matplotlib inline\nfiles = !ls\n!rm -rf x\n%run evil.py"},
      {"cell_type":"code","id":"b","metadata":{},"execution_count":null,"outputs":[],"source":"%%bash\necho 1"}]})x",
                                      "a");
  ASSERT_TRUE(notebook);
  const std::string code = code_of(*notebook);
  EXPECT_NE(code.find("None  # %matplotlib inline"), std::string::npos) << code;
  EXPECT_NE(code.find("files = __import__('os').system(\"ls\")"), std::string::npos) << code;
  EXPECT_NE(code.find("__import__('os').system(\"rm -rf x\")"), std::string::npos) << code;
  EXPECT_NE(code.find("__import__('os').system(\"echo 1\")"), std::string::npos) << code;
  EXPECT_NE(code.find("exec(open(\"evil.py\").read())"), std::string::npos) << code;
}

ExecutionRecord failed_record() {
  ExecutionRecord record;
  record.id = "20261121_195012_123456";
  record.request.language = Language::python;
  record.request.code = "print(1)\nraise KeyError('b')\n";
  record.status = ExecutionStatus::failed;
  record.error = {ErrorKind::code_error, "exit code 1: KeyError: 'b'", {}};
  record.standard_output.bytes = "1\n";
  record.standard_error.bytes = "Traceback (most recent call last):\nKeyError: 'b'\n";
  record.execution.emplace();
  return record;
}

TEST(NotebookOf, HoldsCodeOutputAndError) {
  const json document = json::parse(notebook_of(failed_record()));
  EXPECT_EQ(document["nbformat"], 4);
  EXPECT_EQ(document["metadata"]["kernelspec"]["name"], "python3");
  const json& code = document["cells"][1];
  EXPECT_EQ(code["source"], "print(1)\nraise KeyError('b')\n");
  ASSERT_EQ(code["outputs"].size(), 3U);
  EXPECT_EQ(code["outputs"][0]["text"], "1\n");
  EXPECT_EQ(code["outputs"][2]["ename"], "KeyError");
  EXPECT_EQ(code["outputs"][2]["evalue"], "'b'");
}

TEST(NotebookOf, OneThatWaitsHasNoOutput) {
  ExecutionRecord record = failed_record();
  record.status = ExecutionStatus::waiting;
  record.error = {ErrorKind::approval_required, "a person has to approve it", {}};
  record.standard_output.bytes.clear();
  record.standard_error.bytes.clear();
  record.execution.reset();
  record.kernel_name = "python3-write";
  const json document = json::parse(notebook_of(record));
  EXPECT_EQ(document["metadata"]["kernelspec"]["name"], "python3-write");
  EXPECT_TRUE(document["cells"][1]["outputs"].empty());
  EXPECT_TRUE(document["cells"][1]["execution_count"].is_null());
}

TEST(PrepareNotebook, MakesCodeAndDriver) {
  ExecutionRequest request;
  request.script = "a.ipynb";
  request.code = R"x({"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","id":"a","metadata":{},
      "execution_count":null,"outputs":[],"source":"x = 'é\"'"}]})x";
  ASSERT_TRUE(prepare_notebook(request));
  EXPECT_EQ(request.code, "# cell 1\nx = 'é\"'\n\n");
  EXPECT_NE(request.driver.find("CELLS = json.loads("), std::string::npos);
  request.code = R"x({"nbformat":4,"nbformat_minor":5,"metadata":{"language_info":{"name":"R"}},"cells":[]})x";
  EXPECT_FALSE(prepare_notebook(request));
}

}  // namespace
}  // namespace rh::agent
