// Tools in a root file system: its links lead to places inside of it.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "runner/agent/exec/root_image.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

class RootImage : public testing::Test {
 protected:
  RootImage() : folder_(*TempDir::make("runharness-root-")) {}
  void program(const char* name) {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << "#!";
    fs::permissions(folder_.path() / name, fs::perms::owner_all);
  }
  void link(const char* name, const char* target) {
    fs::create_directories((folder_.path() / name).parent_path());
    fs::create_symlink(target, folder_.path() / name);
  }
  [[nodiscard]] std::string found(const char* name) const {
    const auto program = program_of_root(folder_.path(), name);
    return program ? program->path.string() + " " + program->real.string() : program.error().message();
  }
  TempDir folder_;
};

TEST_F(RootImage, LinksAreFollowedInside) {
  program("usr/lib/jvm/java-17/bin/java");
  program("bin/busybox");
  program("usr/bin/python3.11");
  link("usr/bin/java", "/etc/alternatives/java");
  link("etc/alternatives/java", "/usr/lib/jvm/java-17/bin/java");
  link("bin/bash", "/bin/busybox");
  link("usr/bin/python3", "python3.11");
  link("usr/bin/outside", "../../../../../../../../bin/sh");
  link("usr/bin/turning", "turning");
  EXPECT_EQ(found("java"), "/usr/bin/java /usr/lib/jvm/java-17/bin/java");
  EXPECT_EQ(found("bash"), "/bin/bash /bin/busybox");
  EXPECT_EQ(found("python3"), "/usr/bin/python3 /usr/bin/python3.11");
  EXPECT_NE(found("outside").find("find outside in the root file system"), std::string::npos) << found("outside");
  EXPECT_NE(found("turning").find("find turning in the root file system"), std::string::npos);
}

TEST_F(RootImage, OfficialImagesKeepToolsElsewhere) {
  program("usr/bin/env");
  program("usr/local/go/bin/go");
  program("usr/local/cargo/bin/rustc");
  program("usr/local/rustup/toolchains/1.75.0-x86_64/bin/rustc");
  program("usr/local/openjdk-17/bin/java");
  EXPECT_EQ(found("go"), "/usr/local/go/bin/go /usr/local/go/bin/go");
  EXPECT_EQ(found("rustc").substr(0, 31), "/usr/local/rustup/toolchains/1.");
  EXPECT_EQ(found("java"), "/usr/local/openjdk-17/bin/java /usr/local/openjdk-17/bin/java");
}

TEST_F(RootImage, WhatIsNoRootIsRefused) {
  EXPECT_NE(found("python3").find("neither bin nor usr/bin"), std::string::npos) << found("python3");
  std::ofstream(folder_.path() / "manifest.json") << "[]";
  EXPECT_NE(found("python3").find("packed image"), std::string::npos);
  const auto file = program_of_root(folder_.path() / "manifest.json", "python3");
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("no folder"), std::string::npos);
  const auto missing = program_of_root(folder_.path() / "nowhere", "python3");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("no such folder"), std::string::npos);
}

}  // namespace
}  // namespace rh::agent
