#include "profiles/script.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "runner/base/file.h"

namespace rh::profiles {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class Script : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text, bool executable = false) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    if (executable) ::chmod((folder_ / name).c_str(), 0755);
  }
  Result<Words> command(Words words, const std::string& python = {}) {
    return command_of_script({std::move(words), python, (folder_ / "bin").string(), folder_});
  }

  TempDir temp_ = TempDir::make("script-test-").value();
  fs::path folder_ = temp_.path();
};

TEST_F(Script, IsRunByWhatItsNameSays) {
  for (const char* tool : {"bin/python3", "bin/node", "bin/bash"}) put(tool, "", true);
  put("a.py", "");
  put("b.mjs", "");
  put("c.sh", "");
  put("dir/__main__.py", "");
  EXPECT_EQ(command({"a.py", "-x", "--rate"}).value(), (Words{"python3", "a.py", "-x", "--rate"}));
  EXPECT_EQ(command({"b.mjs"}).value(), (Words{"node", "b.mjs"}));
  EXPECT_EQ(command({"c.sh", "1"}).value(), (Words{"bash", "c.sh", "1"}));
  EXPECT_EQ(command({"dir"}).value(), (Words{"python3", "dir"}));
}

TEST_F(Script, TheGivenPythonRunsPythonOnly) {
  for (const char* tool : {"bin/python3", "bin/node"}) put(tool, "", true);
  put("a.py", "");
  put("b.js", "");
  put("tool", "#!/usr/bin/env python3.9 -I\n", true);
  EXPECT_EQ(command({"a.py"}, "/opt/python").value(), (Words{"/opt/python", "a.py"}));
  EXPECT_EQ(command({"b.js"}, "/opt/python").value(), (Words{"node", "b.js"}));
  EXPECT_EQ(command({"tool"}, "/opt/python").value(), (Words{"/opt/python", "tool"}));
}

TEST_F(Script, TheFirstLineDecidesWhereTheNameDoesNot) {
  put("bin/bash", "", true);
  put("x.sh", "#!/bin/dash -e\n");
  put("program", "#!/usr/bin/env perl\n");
  put("ready",
      "\x7f"
      "ELF",
      true);
  EXPECT_EQ(command({"x.sh"}).value(), (Words{"/bin/dash", "-e", "x.sh"}));
  EXPECT_EQ(command({"program", "a"}).value(), (Words{"/usr/bin/env", "perl", "program", "a"}));
  EXPECT_EQ(command({"ready", "a"}).value(), (Words{"./ready", "a"}));
}

TEST_F(Script, WhatCannotRunIsSaid) {
  put("a.py", "");
  put("notes.txt", "hello");
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(command({"gone.py"}).error().sys_errno, ENOENT);
  EXPECT_EQ(command({"empty"}).error().sys_errno, EISDIR);
  EXPECT_EQ(command({"notes.txt"}).error().kind, ErrorKind::usage);
  EXPECT_NE(command({"a.py"}).error().what.find("python3 is not in PATH"), std::string::npos);
}

TEST_F(Script, AnExecutableIsFoundAsAShellFindsIt) {
  put("bin/tool", "", true);
  put("bin/plain", "");
  EXPECT_EQ(find_executable("tool", "/nowhere:" + (folder_ / "bin").string(), folder_).value(), folder_ / "bin/tool");
  EXPECT_EQ(find_executable("bin/tool", "", folder_).value(), folder_ / "bin/tool");
  EXPECT_EQ(find_executable("plain", (folder_ / "bin").string(), folder_).error().sys_errno, ENOENT);
  EXPECT_EQ(find_executable("bin/plain", "", folder_).error().sys_errno, EACCES);
  EXPECT_EQ(find_executable("./bin", "", folder_).error().sys_errno, EISDIR);
}

}  // namespace
}  // namespace rh::profiles
