#include "profiles/node/cpu_profile.h"

#include <gtest/gtest.h>

#include "profiles/node/node_stacks.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

constexpr std::string_view kProfile = R"js({"nodes":[
  {"id":1,"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},
   "hitCount":0,"children":[2,3,4]},
  {"id":2,"callFrame":{"functionName":"outer","scriptId":"7","url":"file:///a%20b/x.js","lineNumber":4},
   "hitCount":0,"children":[5]},
  {"id":3,"callFrame":{"functionName":"(idle)","scriptId":"0","url":"","lineNumber":-1},"hitCount":1},
  {"id":4,"callFrame":{"functionName":"(garbage collector)","scriptId":"0","url":"","lineNumber":-1},"hitCount":1},
  {"id":5,"callFrame":{"functionName":"","scriptId":"7","url":"file:///a%20b/x.js","lineNumber":9},
   "hitCount":3,"positionTicks":[{"line":11,"ticks":2},{"line":12,"ticks":1}]}],
 "startTime":1000,"endTime":9000,"samples":[5,3,5,4,5],"timeDeltas":[100,1000,900,-50,1000],"unknown":{"a":[1,{}]}})js";

TEST(CpuProfile, ReadsNodesSamplesAndTimes) {
  const auto profile = read_cpu_profile(kProfile);
  ASSERT_TRUE(profile) << profile.error().message();
  ASSERT_EQ(profile->nodes.size(), 5U);
  EXPECT_EQ(profile->nodes[4].parent, 1U);
  EXPECT_EQ(profile->nodes[4].line, 10U);
  EXPECT_EQ(profile->nodes[4].hits, 3U);
  EXPECT_EQ(profile->nodes[0].line, 0U);
  EXPECT_EQ(profile->samples, (std::vector<std::uint32_t>{4, 2, 4, 3, 4}));
  EXPECT_EQ(profile->time_us, (std::vector<std::int64_t>{1100, 2100, 3000, 2950, 3950}));
}

TEST(CpuProfile, ReadsNodesThatNameTheirParent) {
  const auto profile = read_cpu_profile(R"js({"nodes":[{"id":7,"parent":3,"callFrame":{"functionName":"f"}},
    {"id":3,"callFrame":{"functionName":"(root)"}}],"startTime":1.5e3,"samples":[7],"timeDeltas":[10]})js");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->nodes[0].parent, 1U);
  EXPECT_EQ(profile->time_us, (std::vector<std::int64_t>{1510}));
}

TEST(CpuProfile, SaysWhatIsWrong) {
  const auto problem = [](std::string_view text) {
    const auto profile = read_cpu_profile(text);
    return profile ? std::string("none") : profile.error().message();
  };
  EXPECT_NE(problem(kProfile.substr(0, 400)).find("not valid JSON at byte"), std::string::npos);
  EXPECT_NE(problem("{}").find("no nodes"), std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1}],"samples":[2],"timeDeltas":[1]})").find("sample 0 is of node 2"),
            std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1}],"samples":[1],"timeDeltas":[]})").find("1 samples, but 0 times"),
            std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1,"children":[2]}]})").find("node 2 is missing"), std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1,"children":[2]},{"id":2,"children":[1]}]})").find("in a circle"),
            std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1},{"id":1}]})").find("two nodes 1"), std::string::npos);
  EXPECT_NE(problem(std::string(100, '[')).find("nested deeper than 64"), std::string::npos);
  EXPECT_NE(problem(R"({"nodes":[{"id":1}],"startTime":9223372036854775807,"samples":[1],"timeDeltas":[5]})")
                .find("too large"),
            std::string::npos);
}

TEST(NodeStacks, GivesEachLineItsCount) {
  const auto profile = read_cpu_profile(kProfile);
  ProfileBuilder builder(0);
  NodeStacks stacks(*profile, builder, "");
  std::vector<std::string> texts;
  for (const std::uint32_t node : profile->samples) texts.push_back(stack_text(builder.profile(), stacks.leaf(node)));
  EXPECT_EQ(texts, (std::vector<std::string>{"outer:0;(anonymous):11", "(idle):0", "outer:0;(anonymous):11",
                                             "(garbage collector):0", "outer:0;(anonymous):12"}));
  EXPECT_TRUE(stacks.is_idle(2));
  EXPECT_FALSE(stacks.is_idle(4));
}

TEST(NodeStacks, TellsFunctionsFromMarks) {
  const auto kind = [](std::string_view name, std::string_view url) {
    return frame_of_v8(name, url, 3, "/p.cjs").kind;
  };
  EXPECT_EQ(kind("f", "file:///a.js"), model::FrameKind::javascript);
  EXPECT_EQ(kind("f", "node:fs"), model::FrameKind::javascript);
  EXPECT_EQ(kind("(idle)", ""), model::FrameKind::idle);
  EXPECT_EQ(kind("(program)", ""), model::FrameKind::runtime);
  EXPECT_EQ(kind("(garbage collector)", ""), model::FrameKind::gc);
  EXPECT_EQ(kind("writeUtf8String", ""), model::FrameKind::native);
  EXPECT_EQ(frame_of_v8("save", "/p.cjs", 3, "/p.cjs").name, "(profiler)");
  EXPECT_EQ(frame_of_v8("f", "file:///a%20b%zz%C3%A4.js", 3, "").file, "/a b%zz\xC3\xA4.js");
}

}  // namespace
}  // namespace rh::profiles
