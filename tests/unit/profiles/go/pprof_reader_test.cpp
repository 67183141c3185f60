// A profile that `go test -cpuprofile` writes here, and damaged ones.
#include "profiles/go/pprof_reader.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fmt/format.h>

#include "profiles/go/wire_format.h"
#include "runner/base/file.h"

namespace rh::profiles {
namespace {

constexpr const char* kTest = R"(package burn

import "testing"

//go:noinline
func burn(n int) uint64 {
	x := uint64(n)
	for i := 0; i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func TestBurn(t *testing.T) {
	for i := 0; i < 60; i++ {
		if burn(10000000) == 1 {
			t.Fail()
		}
	}
}
)";

class PprofReader : public testing::Test {
 protected:
  void SetUp() override {
    if (system("command -v go >/dev/null 2>&1") != 0) GTEST_SKIP() << "go is missing";
    ASSERT_TRUE(write_file(folder_.path() / "burn_test.go", kTest));
    ASSERT_TRUE(write_file(folder_.path() / "go.mod", "module example.com/burn\n\ngo 1.20\n"));
    const std::string command = fmt::format(
        "cd {} && GOCACHE=${{TMPDIR:-/tmp}}/rh-test-go-cache GOFLAGS= go test -cpuprofile cpu.pprof . >log 2>&1",
        folder_.path().string());
    ASSERT_EQ(system(command.c_str()), 0) << read_file(folder_.path() / "log").value_or("");
    bytes_ = read_file(folder_.path() / "cpu.pprof").value();
    model::ProfileProcess process;
    model::ProfileThread thread;
    thread.process = builder_.add_process(process);
    thread_ = builder_.add_thread(thread);
  }

  TempDir folder_ = TempDir::make("pprof-").value();
  std::string bytes_;
  ProfileBuilder builder_{0};
  std::uint32_t thread_ = 0;
};

TEST_F(PprofReader, ReadsWhatGoTestWrites) {
  const auto summary = read_pprof(bytes_, thread_, 1000, builder_);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_EQ(summary->period_ns, 10'000'000);
  EXPECT_GT(summary->samples, 5U);
  EXPECT_EQ(summary->cpu_ns, static_cast<std::int64_t>(summary->samples) * 10'000'000);
  const model::Profile profile = builder_.take();
  double burn = 0;
  double all = 0;
  for (std::size_t i = 0; i < profile.samples.stack.size(); ++i) {
    const model::StackNode& leaf = profile.stacks.at(profile.samples.stack[i]);
    all += profile.samples.cpu_ns[i];
    if (profile.frames[leaf.frame].name != "example.com/burn.burn") continue;
    burn += profile.samples.cpu_ns[i];
    EXPECT_TRUE(profile.frames[leaf.frame].file.ends_with("/burn_test.go"));
    EXPECT_TRUE(leaf.line == 8 || leaf.line == 9) << leaf.line;
    EXPECT_EQ(profile.frames[profile.stacks.at(leaf.parent).frame].name, "example.com/burn.TestBurn");
    EXPECT_EQ(profile.stacks.at(leaf.parent).line, 16U);
  }
  EXPECT_GT(burn / all, 0.8);
}

TEST_F(PprofReader, DamagedFilesAreErrorsAndNeverCrash) {
  for (std::size_t size = 0; size < bytes_.size(); size += 7)
    EXPECT_FALSE(read_pprof(std::string_view(bytes_).substr(0, size), thread_, 0, builder_)) << size;
  for (std::size_t at = 12; at < bytes_.size(); at += 3) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    (void)read_pprof(damaged, thread_, 0, builder_);
  }
}

TEST(Pprof, AProfileOfSomethingElseIsRefused) {
  ProfileBuilder builder(0);
  // sample_type { type: 1 unit: 2 }, string_table "" "inuse_space" "bytes"
  const std::string heap(
      "\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x0binuse_space\x32\x05"
      "bytes",
      6 + 2 + 13 + 7);
  const auto read = read_pprof(heap, 0, 0, builder);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(read_pprof("", 0, 0, builder));
  EXPECT_FALSE(read_pprof("\x12\x7f", 0, 0, builder)) << "longer than its message";
}

TEST(WireReader, NumbersPackedAndPlain) {
  const std::string packed("\x0a\x03\x01\xac\x02", 5);
  auto field = WireReader(packed).next();
  ASSERT_TRUE(field);
  EXPECT_EQ(WireReader::numbers(*field), (std::vector<std::uint64_t>{1, 300}));
  EXPECT_FALSE(WireReader(std::string("\x08\xff", 2)).next()) << "a number without its end";
  EXPECT_FALSE(WireReader(std::string("\x0b", 1)).next()) << "groups are not used";
}

}  // namespace
}  // namespace rh::profiles
