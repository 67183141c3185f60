#include "profiles/jvm/jvm_profiler.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runner/base/file.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

TEST(JvmProfiler, KnowsTheReleaseOfAJdk) {
  EXPECT_EQ(java_release("IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"17.0.15\"\n"), 17);
  EXPECT_EQ(java_release("JAVA_VERSION=\"1.8.0_392\"\r\n"), 8);
  EXPECT_EQ(java_release("JAVA_VERSION=\"25\"\n"), 25);
  EXPECT_EQ(java_release("JAVA_RUNTIME_VERSION=\"17\"\n"), 0);
  EXPECT_EQ(java_release("JAVA_VERSION=\"new\"\n"), 0);
}

// The command line of a JDK of this release, as the profiler changes it. Distributions link to its `java`.
std::vector<std::string> prepared(const std::string& version, bool linked = false) {
  const TempDir folder = TempDir::make("jdk-").value();
  EXPECT_TRUE(make_directories(folder.path() / "bin"));
  EXPECT_TRUE(write_file(folder.path() / "release", "JAVA_VERSION=\"" + version + "\"\n"));
  ProfileBuilder builder(0);
  Launch launch;
  launch.argv = {"java", "-jar", "x.jar"};
  EXPECT_TRUE(write_file(folder.path() / "bin/java", ""));
  launch.executable = folder.path() / "bin/java";
  if (linked) {
    launch.executable = folder.path() / "java-link";
    std::filesystem::create_symlink(folder.path() / "bin/java", launch.executable);
  }
  EXPECT_TRUE(make_jvm_profiler({}, builder)->prepare(launch));
  return launch.argv;
}

TEST(JvmProfiler, AsksOnlyAJavaThatUnderstandsIt) {
  const auto asked = prepared("21.0.1");
  ASSERT_GT(asked.size(), 3U);
  EXPECT_EQ(asked.front(), "java");
  EXPECT_NE(std::find(asked.begin(), asked.end(), "-XX:+DumpPerfMapAtExit"), asked.end());
  EXPECT_EQ(asked.back(), "x.jar");
  EXPECT_GT(prepared("21.0.1", true).size(), 3U);
  EXPECT_EQ(prepared("11.0.2"), (std::vector<std::string>{"java", "-jar", "x.jar"}));
}

TEST(JvmProfiler, SaysThatAnothersAllocationsAreNotKnown) {
  ProfileBuilder builder(0);
  RecordingOptions options;
  options.memory = true;
  const auto profiler = make_jvm_profiler(options, builder);
  ProcessImage image;
  image.executable = "/usr/lib/jvm/x/bin/java";
  image.argv = {"java", "-jar", "x.jar"};
  image.process = builder.add_process({});
  EXPECT_EQ(profiler->adopt(image), nullptr);
  profiler->finish();
  EXPECT_TRUE(says(builder.profile(), "java-heap-unknown"));
}

TEST(JvmProfiler, SaysWhichJvmHasNoNames) {
  ProfileBuilder builder(0);
  const auto profiler = make_jvm_profiler({}, builder);
  ProcessImage image;
  image.executable = "/usr/lib/jvm/x/bin/java";
  image.argv = {"java", "-jar", "x.jar"};
  image.process = builder.add_process({});
  EXPECT_EQ(profiler->adopt(image), nullptr);
  profiler->finish();
  ASSERT_EQ(builder.profile().diagnostics.size(), 1U);
  EXPECT_EQ(builder.profile().diagnostics[0].code, "java-without-names");
}

}  // namespace
}  // namespace rh::profiles
