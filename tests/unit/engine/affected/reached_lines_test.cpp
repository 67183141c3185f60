#include "runner/engine/affected/reached_lines.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

using model::LineRange;

class ReachedLinesTest : public ::testing::Test {
 protected:
  Reached read(std::string_view text) {
    const auto file = folder_.path() / "lines.txt";
    EXPECT_TRUE(write_file(file, text));
    model::TestMapSource source{file, folder_.path(), {{"example.com/m", folder_.path() / "m"}}, "test"};
    return read_reached(
        {source}, {{".:go"}, folder_.path(), {folder_.path()}, nullptr},
        [&](model::Diagnostic diagnostic) { notes_.push_back(diagnostic.code + ": " + diagnostic.message); });
  }
  TempDir folder_ = TempDir::make("rh-reached-").value();
  std::vector<std::string> notes_;
};

TEST_F(ReachedLinesTest, MakesAMap) {
  const Reached reached = read(
      "rh-test-lines 1\no\ta\\tb\nr\tidle\nn\tit took 3 "
      "s\nf\tx.py\nt\t3-5,1,2\tone\nt\t9\t\nf\texample.com/m/y.go\nt\t1-2\tone\n"
      "f\t/usr/lib/z.py\nt\t1\tone\nf\tx.py\nt\t6\tone\n");
  EXPECT_EQ(reached.map.tests, (std::vector<model::TestId>{{".:go"}, {".:go::a\tb"}, {".:go::idle"}, {".:go::one"}}));
  EXPECT_EQ(reached.opaque, (std::vector<model::TestId>{{".:go::a\tb"}}));
  ASSERT_EQ(reached.map.files.size(), 2U);
  EXPECT_EQ(reached.map.files[0].path, "m/y.go");
  EXPECT_EQ(reached.map.files[1].path, "x.py");
  EXPECT_EQ(reached.map.files[1].tests, (std::vector<model::ReachedLines>{{0, {{9, 9}}}, {3, {{1, 6}}}}));
  EXPECT_EQ(notes_, (std::vector<std::string>{"test-map-cost: it took 3 s"}));
  EXPECT_EQ(reached.map.reason, "");
}

TEST_F(ReachedLinesTest, SaysWhatIsMissing) {
  EXPECT_EQ(read("rh-test-lines 1\np\tno contexts\n").map.reason, "no contexts");
  EXPECT_EQ(read("rh-test-lines 1\n").map.reason, "no test reached a line of the repository");
  for (const char* damaged : {"", "lines\n", "rh-test-lines 1\nz\n", "rh-test-lines 1\nf\tx\nt\t3-1\ta\n",
                              "rh-test-lines 1\nf\tx\nt\t0\ta\n", "rh-test-lines 1\nf\tx\nt\t1-99999999999\ta\n"}) {
    notes_.clear();
    EXPECT_FALSE(read(damaged).map.reason.empty()) << damaged;
    ASSERT_EQ(notes_.size(), 1U) << damaged;
    EXPECT_TRUE(notes_[0].starts_with("test-map-unreadable: ")) << notes_[0];
  }
}

}  // namespace
}  // namespace rh::engine
