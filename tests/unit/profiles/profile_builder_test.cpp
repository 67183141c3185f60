#include "profiles/profile_builder.h"

#include <gtest/gtest.h>

namespace rh::profiles {
namespace {

TEST(ProfileBuilder, SameFramesAndStacksHaveOneIndex) {
  ProfileBuilder builder(0);
  const model::ProfileFrame main{
      .name = "main", .file = "a.py", .line = 1, .kind = model::FrameKind::python, .module = {}};
  model::ProfileFrame other = main;
  other.line = 9;
  const std::uint32_t root = builder.stack(model::kNoIndex, builder.frame(main), 3);
  EXPECT_EQ(builder.stack(model::kNoIndex, builder.frame(main), 3), root);
  EXPECT_NE(builder.stack(model::kNoIndex, builder.frame(main), 4), root);
  EXPECT_NE(builder.frame(other), builder.frame(main));
  const model::Profile profile = builder.take();
  EXPECT_EQ(profile.frames.size(), 2U);
  EXPECT_EQ(profile.stacks.size(), 2U);
}

TEST(ProfileBuilder, SamplesAreOrderedWithinTheirThread) {
  ProfileBuilder builder(0);
  builder.add({.time_ns = 20, .thread = 1});
  builder.add({.time_ns = 30, .thread = 0});
  builder.add({.time_ns = 10, .thread = 0});
  const model::Profile profile = builder.take();
  EXPECT_EQ(profile.samples.time_ns, (std::vector<std::int64_t>{10, 30, 20}));
  EXPECT_EQ(profile.samples.thread, (std::vector<std::uint32_t>{0, 0, 1}));
}

TEST(ProfileBuilder, ALongWaitKeepsItsWholeTime) {
  ProfileBuilder builder(0);
  builder.add({.time_ns = 10'000'000'000, .wall_ns = 10'000'000'000, .cpu_ns = 5});
  const model::Profile profile = builder.take();
  std::uint64_t wall = 0;
  for (const std::uint32_t each : profile.samples.wall_ns) wall += each;
  EXPECT_EQ(wall, 10'000'000'000ULL);
  EXPECT_EQ(profile.samples.time_ns.back(), 10'000'000'000);
  EXPECT_LT(profile.samples.time_ns.front(), profile.samples.time_ns.back());
}

}  // namespace
}  // namespace rh::profiles
