// A real JVM whose Flight Recorder says where objects were allocated.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "profiles/jvm/jfr_file.h"
#include "profiles/recording.h"
#include "profiles/target.h"
#include "runner/base/file.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

constexpr const char* kAllocating = R"(class Allocating {
  static byte[] kept;
  static void churn() {
    for (int i = 0; i < 40000; i++) kept = new byte[10000];
  }
  public static void main(String[] words) { churn(); }
}
)";

// `java` itself, as it is called by users; one without its compiler cannot run a source file.
TEST(JvmProgram, AllocationsOfJavaAreThoseOfItsMethods) {
  const std::string java = program_path("java");
  if (java.empty() || program_path("javac").empty()) GTEST_SKIP() << "java or javac is missing";
  const TempDir folder = TempDir::make("java-").value();
  ASSERT_TRUE(write_file(folder.path() / "Allocating.java", kAllocating));
  ASSERT_TRUE(make_directories(folder.path() / "scratch"));
  RecordingOptions options;
  options.memory = true;
  options.scratch = folder.path() / "scratch";
  Launch launch;
  launch.argv = {"java", "Allocating.java"};
  launch.executable = java;
  launch.cwd = folder.path();
  launch.env = {"PATH=" + std::string(getenv("PATH")), "HOME=" + folder.path().string()};
  Recording recording(options);
  ASSERT_TRUE(recording.prepare(launch));
  Target target = Target::start(launch).value();
  recording.start(target.pid());
  ASSERT_TRUE(target.release());
  ASSERT_EQ(target.wait().status.exit_code, 0);
  const auto bytes = read_file(folder.path() / "scratch/jvm/allocations.jfr", kMaxJfrBytes);
  const model::Profile profile = recording.finish({});
  double churned = 0;
  for (const model::AllocationSite& site : profile.allocations.sites) {
    const std::string stack = stack_text(profile, site.stack);
    EXPECT_EQ(stack.find("jdk.jfr.internal"), std::string::npos) << "the recorder's own";
    if (stack.ends_with("Allocating.main:6;Allocating.churn:4")) churned += static_cast<double>(site.total_bytes);
  }
  EXPECT_NEAR(churned / 400e6, 1.0, 0.3);
  EXPECT_NE(profile.allocations.source.find("Java"), std::string::npos);

  // Whatever is cut off or changed is an error or fewer samples, never a crash.
  ASSERT_TRUE(bytes);
  for (std::size_t cut = 0; cut < 200; ++cut)
    EXPECT_FALSE(read_jfr_allocations(std::string_view(*bytes).substr(0, bytes->size() * cut / 200 + 1)));
  for (std::size_t at = 0; at < bytes->size(); at += bytes->size() / 300 + 1) {
    std::string damaged = *bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    (void)read_jfr_allocations(damaged);
  }
}

}  // namespace
}  // namespace rh::profiles
