// A profile that `go test -cpuprofile` writes here, and damaged ones.
#include "profiles/go/pprof_reader.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

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
  }

  TempDir folder_ = TempDir::make("pprof-").value();
  std::string bytes_;
};

TEST_F(PprofReader, ReadsWhatGoTestWrites) {
  ASSERT_TRUE(looks_like_pprof(bytes_));
  const auto read = read_pprof(bytes_);
  ASSERT_TRUE(read) << read.error().message();
  const model::Profile& profile = *read;
  EXPECT_EQ(profile.rate_hz, 100U);
  EXPECT_GT(profile.samples.stack.size(), 5U);
  for (const std::uint32_t ns : profile.samples.cpu_ns) EXPECT_EQ(ns, 10'000'000U) << "each time that it was met";
  const std::set<std::int64_t> moments(profile.samples.time_ns.begin(), profile.samples.time_ns.end());
  EXPECT_EQ(moments.size(), profile.samples.time_ns.size()) << "each is a draw of its own";
  double burn = 0;
  double all = 0;
  for (std::size_t i = 0; i < profile.samples.stack.size(); ++i) {
    all += profile.samples.cpu_ns[i];
    // On a busy machine many samples meet the runtime while it preempts the loop.
    std::uint32_t at = profile.samples.stack[i];
    while (at != model::kNoIndex && profile.frames[profile.stacks.at(at).frame].name != "example.com/burn.burn")
      at = profile.stacks.at(at).parent;
    if (at == model::kNoIndex) continue;
    burn += profile.samples.cpu_ns[i];
    const model::StackNode& node = profile.stacks.at(at);
    EXPECT_TRUE(profile.frames[node.frame].file.ends_with("/burn_test.go"));
    EXPECT_TRUE(node.line == 8 || node.line == 9) << node.line;
    EXPECT_EQ(profile.frames[profile.stacks.at(node.parent).frame].name, "example.com/burn.TestBurn");
    EXPECT_EQ(profile.stacks.at(node.parent).line, 16U);
  }
  EXPECT_GT(burn / all, 0.8);
}

TEST_F(PprofReader, DamagedFilesAreErrorsAndNeverCrash) {
  for (std::size_t size = 0; size < bytes_.size(); size += 7)
    EXPECT_FALSE(read_pprof(std::string_view(bytes_).substr(0, size))) << size;
  for (std::size_t at = 12; at < bytes_.size(); at += 3) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    (void)read_pprof(damaged);
  }
}

TEST(Pprof, AProfileOfSomethingElseIsRefused) {
  // sample_type { type: 1 unit: 2 }, string_table "" "inuse_space" "bytes"
  const std::string heap(
      "\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x0binuse_space\x32\x05"
      "bytes",
      6 + 2 + 13 + 7);
  const auto read = read_pprof(heap);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(read_pprof(""));
  EXPECT_FALSE(read_pprof("\x12\x7f")) << "longer than its message";
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
