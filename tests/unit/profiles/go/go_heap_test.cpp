// Heap profiles of Go's tests: of several packages at once, with the caller's own flags and arguments kept.
#include "profiles/go/go_heap.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "profiles/go/pprof_heap.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

TEST(GoFlags, KeepTheCallers) {
  EXPECT_EQ(go_flags_with_exec({"GOENV=off"}, "/s/go-test"), "'-exec=/s/go-test'");
  EXPECT_EQ(go_flags_with_exec({"GOFLAGS=-mod=mod -count=1"}, "/s p/x"), "-mod=mod -count=1 '-exec=/s p/x'");
  EXPECT_EQ(go_flags_with_exec({"GOFLAGS=-exec=qemu"}, "/s/x"), std::nullopt) << "the caller has one";
  EXPECT_EQ(go_flags_with_exec({"GOENV=off", "GOARCH=arm64"}, "/s/x"), std::nullopt);
}

TEST(GoFlags, ComeFromTheFileOfGoEnv) {
  const TempDir home = TempDir::make("go-env-").value();
  ASSERT_TRUE(make_directories(home.path() / ".config/go"));
  ASSERT_TRUE(write_file(home.path() / ".config/go/env", "GOPROXY=off\nGOFLAGS=-mod=vendor\n"));
  EXPECT_EQ(go_flags({"HOME=" + home.path().string()}), "-mod=vendor");
  EXPECT_EQ(go_flags({"HOME=" + home.path().string(), "GOFLAGS=-v"}), "-v");
  EXPECT_EQ(go_flags({"HOME=" + home.path().string(), "GOENV=off"}), "");
}

TEST(PprofHeap, SaysWhatIsNoHeap) {
  ProfileBuilder builder(0);
  EXPECT_FALSE(add_pprof_heap("\x1f\x8bnot packed", 0, builder));
  EXPECT_FALSE(add_pprof_heap("", 0, builder));
}

constexpr const char* kPackage = R"(package NAME

import (
	"flag"
	"testing"
)

var kept [][]byte
var sink []byte
var word = flag.String("word", "", "")

//go:noinline
func hold() {
	for i := 0; i < 200; i++ {
		kept = append(kept, make([]byte, 100_000))
	}
}

//go:noinline
func churn() {
	for i := 0; i < 4000; i++ {
		sink = make([]byte, 50_000+i%3)
	}
	sink = nil
}

func TestHeap(t *testing.T) {
	hold()
	churn()
	if *word != "mine" || flag.Arg(0) != "rest" {
		t.Fatal(*word, flag.Args())
	}
}
)";

struct Bytes {
  double held = 0, total = 0;
};

Bytes allocated_in(const model::Profile& profile, std::string_view function) {
  Bytes sum;
  for (const model::AllocationSite& site : profile.allocations.sites)
    if (profile.frames[profile.stacks[site.stack].frame].name == function) {
      sum.held += static_cast<double>(site.live_bytes);
      sum.total += static_cast<double>(site.total_bytes);
    }
  return sum;
}

class GoPrograms : public testing::Test {
 protected:
  void SetUp() override {
    if (program_path("go").empty()) GTEST_SKIP() << "go is missing";
    ASSERT_TRUE(write_file(folder_.path() / "go.mod", "module example.org/heaps\n\ngo 1.20\n"));
    environment_ = {
        "GOCACHE=" + std::string(getenv("TMPDIR") != nullptr ? getenv("TMPDIR") : "/tmp") + "/rh-test-go-cache",
        "HOME=" + folder_.path().string(), "PATH=" + std::string(getenv("PATH"))};
    options_.memory = true;
  }
  TempDir folder_ = TempDir::make("go-heap-").value();
  std::vector<std::string> environment_;
  RecordingOptions options_;
};

TEST_F(GoPrograms, TestsOfSeveralPackagesTellTheirHeaps) {
  for (const std::string name : {"one", "two"}) {
    std::string source = kPackage;
    source.replace(source.find("NAME"), 4, name);
    ASSERT_TRUE(make_directories(folder_.path() / name));
    ASSERT_TRUE(write_file(folder_.path() / name / "heap_test.go", source));
  }
  const RecordedProgram done =
      record_program({"go", "test", "./...", "-word=mine", "-args", "rest"}, folder_.path(), options_, environment_);
  ASSERT_EQ(done.status.exit_code, 0) << done.output;
  for (const std::string name : {"one", "two"}) {
    const Bytes held = allocated_in(done.profile, "example.org/heaps/" + name + ".hold");
    EXPECT_NEAR(held.held / 20e6, 1.0, 0.3) << name;
    const Bytes churned = allocated_in(done.profile, "example.org/heaps/" + name + ".churn");
    EXPECT_LT(churned.held, 2e6);
    EXPECT_NEAR(churned.total / 200e6, 1.0, 0.3) << name;
  }
  EXPECT_NE(done.profile.allocations.source.find("Go"), std::string::npos);
  EXPECT_FALSE(says(done.profile, "go-heap-unknown"));
}

TEST_F(GoPrograms, AnyOtherSaysThatItsHeapIsItsOwn) {
  ASSERT_TRUE(write_file(folder_.path() / "main.go",
                         "package main\n\nvar x uint64\n\nfunc main() {\n\tfor i := uint64(0); i < 300000000; i++ {\n"
                         "\t\tx = x*31 + i\n\t}\n}\n"));
  const RecordedProgram built = plain_program({"go", "build", "-o", "prog", "."}, folder_.path(), environment_);
  ASSERT_EQ(built.status.exit_code, 0) << built.output;
  const RecordedProgram done =
      record_program({(folder_.path() / "prog").string()}, folder_.path(), options_, environment_);
  EXPECT_EQ(done.status.exit_code, 0) << done.output;
  bool stacks = false;
  for (const auto& process : done.profile.processes) stacks = stacks || process.runtime.starts_with("Go ");
  if (!stacks) GTEST_SKIP() << "no stacks of machine code here: " << done.profile.processes[0].unprofiled_reason;
  EXPECT_TRUE(says(done.profile, "go-heap-unknown"));
}

}  // namespace
}  // namespace rh::profiles
