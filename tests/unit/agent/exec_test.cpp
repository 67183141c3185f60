// Requests, source texts and results of executions, without a sandbox.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runner/agent/exec/package_plan.h"
#include "runner/agent/exec/programs.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/exec/result_value.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/exec/source_scan.h"

namespace rh::agent {
namespace {

using nlohmann::json;

Result<ExecutionRequest> read(json arguments) {
  if (!arguments.contains("language")) arguments["language"] = "python";
  if (!arguments.contains("code")) arguments["code"] = "print(1)";
  return request_from_json(arguments, "/");
}

TEST(ExecRequest, SizesAreReadAsPeopleWriteThem) {
  for (const auto& [text, bytes] :
       {std::pair{"256m", 256ULL << 20}, std::pair{"512MB", 512ULL << 20}, std::pair{"1g", 1ULL << 30},
        std::pair{"2GB", 2ULL << 30}, std::pair{"64KiB", 0ULL}, std::pair{"64MiB", 64ULL << 20}}) {
    const auto request = read({{"memory_limit", text}});
    ASSERT_EQ(request.has_value(), bytes != 0) << text;
    if (!request) continue;
    EXPECT_EQ(request->memory_bytes, bytes) << text;
  }
  EXPECT_FALSE(read({{"memory_limit", "much"}}));
}

TEST(ExecRequest, TimesAreSecondsAndNothingBelowADayIsRefused) {
  EXPECT_EQ(read({{"timeout", 60}})->timeout, std::chrono::seconds(60));
  EXPECT_EQ(read({{"max_execution_time", 0.5}})->timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(read({{"timeout", 86400}})->timeout, std::chrono::hours(24));
  for (const double seconds : {0.0, -1.0, 86401.0, 1e300}) EXPECT_FALSE(read({{"timeout", seconds}})) << seconds;
}

TEST(ExecRequest, NamesOfFilesStayInTheWorkingFolder) {
  for (const char* name : {"/etc/passwd", "../x", "a/../../x", "..", "", "a/", "a\nb"})
    EXPECT_FALSE(read({{"files", {{name, "x"}}}})) << name;
  for (const char* name : {"a.csv", "a/b/c.json", "..a", "a..b/c", ".env"})
    EXPECT_TRUE(read({{"files", {{name, "x"}}}})) << name;
}

TEST(ExecRequest, WorkingFoldersAreNoneOfTheSystem) {
  for (const char* folder : {"/", "/usr", "/usr/local/app", "/etc/x", "/proc/1", "relative", "/a/../b", "/a:b", "/dev"})
    EXPECT_FALSE(read({{"working_dir", folder}})) << folder;
  for (const char* folder : {"/app", "/workspace/sub", "/home/user/x"})
    EXPECT_TRUE(read({{"working_dir", folder}})) << folder;
}

TEST(ExecRequest, PackagesAreNoOptions) {
  EXPECT_FALSE(read({{"packages", {"--index-url=http://evil"}}}));
  EXPECT_FALSE(read({{"packages", {""}}}));
  EXPECT_TRUE(read({{"packages", {"numpy==1.26.4", "scikit-learn", "@scope/name@1"}}}));
}

TEST(ExecRequest, UnknownLanguagesAreToldTheKnownOnes) {
  const auto request = read({{"language", "cobol"}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, rh::ErrorKind::unsupported);
  EXPECT_NE(request.error().what.find("javascript (node)"), std::string::npos);
}

TEST(ExecRequest, WhatWasReadIsWrittenAgain) {
  const json arguments = {{"language", "go"},         {"code", "package main"},     {"packages", {"a@v1"}},
                          {"timeout", 12.5},          {"memory_limit", "67108864"}, {"network", "host"},
                          {"execution_mode", "exec"}, {"env_vars", {{"A", "b"}}},   {"context", {{"n", 1}}},
                          {"safe_mode", false},       {"session_id", "s"}};
  json expected = arguments;
  expected.erase("safe_mode");
  expected["security"] = "permissive";
  EXPECT_EQ(to_json(*request_from_json(arguments, "/")), expected);
}

TEST(SourceScan, JavaMainIsFoundBehindOtherClasses) {
  const JavaMain main = find_java_main(
      "package a.b; // class No { static void main() }\nclass Helper { String s = \"class Fake {\"; }\n"
      "public class Real { void x() {} public static void main(String... a) {} }");
  EXPECT_EQ(main.package, "a.b");
  EXPECT_EQ(main.name, "Real");
  EXPECT_EQ(main.file, "Real");
  const JavaMain other = find_java_main("public class A {}\nclass B { public static void main(String[] a) {} }");
  EXPECT_EQ(other.name, "B");
  EXPECT_EQ(other.file, "A");
  EXPECT_EQ(find_java_main("int x;").name, "");
}

TEST(SourceScan, ModulesAreToldFromScripts) {
  for (const char* code : {"import fs from 'fs'", "import { x } from './x.js'", "export const a = 1",
                           "const r = await fetch('x')", "await main()"})
    EXPECT_TRUE(is_es_module(code)) << code;
  for (const char* code : {"const fs = require('fs')", "// import x from 'y'", "const s = `\nimport x from 'y'\n`",
                           "async function f() {\n  await g();\n}", "const f = async () => { const x = await g() }",
                           "import('x').then(console.log)"})
    EXPECT_FALSE(is_es_module(code)) << code;
}

TEST(SourceScan, PythonThatNeedsNoDriver) {
  for (const char* code : {"print(1)", "import json, os.path as p\nfrom sys import argv\nprint(argv)",
                           "def f():\n    import re\n    return re.compile('x')", ""})
    EXPECT_TRUE(is_plain_python(code)) << code;
  for (const char* code :
       {"import numpy", "import os, numpy", "from yaml import load", "from . import x", "result = 1", "exit()",
        "__import__('yaml')", "import importlib", "import runpy\nrunpy.run_module('pytest')", "import os; import yaml",
        "from os import (path,\n  sep)", "if 1: import yaml", "import os \\\n  , yaml", "import sys as s, yaml"})
    EXPECT_FALSE(is_plain_python(code)) << code;
}

TEST(SourceScan, ImportsOfGo) {
  const std::vector<std::string> expected{"fmt", "net/http", "github.com/x/y"};
  EXPECT_EQ(
      go_imports(
          "package main\n// import \"no\"\nimport \"fmt\"\nimport (\n  h \"net/http\" // c\n  \"github.com/x/y\"\n)\n"
          "func main() { s := `import \"nor this\"` }"),
      expected);
}

TEST(PackageNames, AreSplit) {
  const auto parts = [](std::string_view text) {
    const PackageName name = split_package(text);
    return std::vector<std::string>{name.name, name.extras, name.version};
  };
  using Parts = std::vector<std::string>;
  EXPECT_EQ(parts("numpy==1.26.4"), (Parts{"numpy", "", "1.26.4"}));
  EXPECT_EQ(parts("@scope/name@2"), (Parts{"@scope/name", "", "2"}));
  EXPECT_EQ(parts("serde[derive,rc]@1.0"), (Parts{"serde", "derive,rc", "1.0"}));
  EXPECT_EQ(parts("curl"), (Parts{"curl", "", ""}));
}

TEST(PackageNames, TheOneThatFailedIsNamed) {
  ExecutionRequest request;
  request.packages = {"requests", "no-such-package-x", "numpy"};
  const auto failed =
      failed_packages(request, "Collecting requests\nERROR: No matching distribution found for no-such-package-x\n");
  EXPECT_EQ(failed, std::vector<std::string>{"no-such-package-x"});
  EXPECT_EQ(failed_packages(request, "network is unreachable"), request.packages);
}

TEST(KeptText, KeepsBeginAndEndAndMarksWhatIsLeftOut) {
  KeptText kept(100);
  for (int i = 0; i < 100; ++i) kept.add("0123456789");
  const auto text = kept.finish();
  EXPECT_TRUE(text.truncated);
  EXPECT_TRUE(text.bytes.starts_with("0123456789"));
  EXPECT_TRUE(text.bytes.ends_with("0123456789"));
  EXPECT_NE(text.bytes.find("[... 900 bytes left out ...]"), std::string::npos);
  KeptText exact(10);
  exact.add("0123456789");
  EXPECT_EQ(exact.finish().bytes, "0123456789");
  EXPECT_FALSE(exact.finish().truncated);
}

TEST(KeptText, HasNoControlCharacters) {
  KeptText kept(1000);
  kept.add("a\x1b[31mred\x1b[0m\tb\n\x07\xff");
  EXPECT_EQ(kept.finish().bytes, "ared\tb\n?\xEF\xBF\xBD");
}

TEST(ResultValue, TheWholeOutputHasToBeTheNumber) {
  for (const auto& [output, fits] :
       {std::pair{"3.14\n", true}, std::pair{" -2e3 ", true}, std::pair{"42", true}, std::pair{"0x10", false},
        std::pair{"nan", false}, std::pair{"1 2", false}, std::pair{"about 3", false}, std::pair{"", false},
        std::pair{".", false}, std::pair{"1.2.3", false}}) {
    ExecutionRecord record;
    record.status = ExecutionStatus::completed;
    record.request.expected = "number";
    record.standard_output.bytes = output;
    check_expected(record);
    EXPECT_EQ(record.success(), fits) << output;
    EXPECT_EQ(record.error.kind, fits ? ErrorKind::none : ErrorKind::invalid_number_output);
    EXPECT_EQ(record.standard_output.bytes, output);
  }
}

TEST(ExecRecord, UnmeasuredFiguresAreNullWithAReason) {
  ExecutionRecord record;
  const json out = to_json(record);
  EXPECT_TRUE(out["metrics"]["memory_used"].is_null());
  EXPECT_EQ(out["metrics"]["reasons"]["memory_used"], "nothing was started");
  EXPECT_FALSE(out["success"]);
}

TEST(ExecRecord, ValuesOfVariablesAreNotInTheRecord) {
  ExecutionRecord record;
  record.request.env["TOKEN"] = "secret-value-1";
  record.request.files["a.txt"] = "secret-value-2";
  const std::string text = to_json(record).dump();
  EXPECT_EQ(text.find("secret-value"), std::string::npos);
  EXPECT_NE(text.find("TOKEN"), std::string::npos);
}

}  // namespace
}  // namespace rh::agent
