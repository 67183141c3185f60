#include "profiles/analysis/summary.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/profiles/analysis/made_profile.h"

namespace rh::profiles {
namespace {

using model::ProfileSummary;

const model::FunctionSummary& function(const ProfileSummary& summary, std::string_view name) {
  for (const model::FunctionSummary& each : summary.functions)
    if (each.name == name) return each;
  throw std::runtime_error("no function " + std::string(name));
}

double share(const model::TimeFigure& figure) { return figure.share.value.value_or(-1); }

TEST(Summary, SelfAndTotalByHand) {
  MadeProfile made;
  made.samples(30, made.stack({"main", "a"}));
  made.samples(50, made.stack({"main", "b"}));
  made.samples(20, made.stack({"main"}));
  const ProfileSummary summary = summarize(made.take());
  EXPECT_DOUBLE_EQ(share(function(summary, "a").cpu.self), 0.3);
  EXPECT_DOUBLE_EQ(share(function(summary, "b").cpu.self), 0.5);
  EXPECT_DOUBLE_EQ(share(function(summary, "main").cpu.self), 0.2);
  EXPECT_DOUBLE_EQ(share(function(summary, "main").cpu.total), 1.0);
  EXPECT_EQ(function(summary, "a").cpu.self.ns, 30'000'000U);
  EXPECT_EQ(function(summary, "a").cpu.self.samples, 30U);
  EXPECT_EQ(summary.functions.front().name, "b");
  EXPECT_EQ(function(summary, "a").file, "a.py");
}

TEST(Summary, RecursionCountsOnceInTotal) {
  MadeProfile made;
  made.samples(10, made.stack({"main", "f", "g", "f", "f"}));
  made.samples(30, made.stack({"main", "f"}));
  made.samples(60, made.stack({"main"}));
  const ProfileSummary summary = summarize(made.take());
  EXPECT_DOUBLE_EQ(share(function(summary, "f").cpu.total), 0.4);
  EXPECT_DOUBLE_EQ(share(function(summary, "f").cpu.self), 0.4);
  EXPECT_DOUBLE_EQ(share(function(summary, "g").cpu.total), 0.1);
  EXPECT_EQ(function(summary, "f").cpu.total.samples, 40U);
}

TEST(Summary, WeightsAreMeasuredTimesAndClocksAreApart) {
  MadeProfile made;
  const auto busy = made.stack({"busy"}), waiting = made.stack({"waiting"});
  made.sample(busy, 750'000, 1'000'000);
  made.sample(busy, 250'000, 1'000'000);
  made.sample(waiting, 0, 8'000'000);
  const ProfileSummary summary = summarize(made.take());
  EXPECT_DOUBLE_EQ(share(function(summary, "busy").cpu.self), 1.0);
  EXPECT_DOUBLE_EQ(share(function(summary, "busy").wall.self), 0.2);
  EXPECT_DOUBLE_EQ(share(function(summary, "waiting").cpu.self), 0.0);
  EXPECT_DOUBLE_EQ(share(function(summary, "waiting").wall.self), 0.8);
  EXPECT_EQ(summary.cpu.ns, 1'000'000U);
  EXPECT_EQ(summary.wall.ns, 10'000'000U);
}

TEST(Summary, IdleSamplesCarryNoCpuTime) {
  MadeProfile made;
  made.samples(5, made.stack({"work"}));
  made.samples(5, made.stack({"(idle)"}, model::FrameKind::idle));
  const ProfileSummary summary = summarize(made.take());
  EXPECT_EQ(summary.cpu.ns, 5'000'000U);
  EXPECT_DOUBLE_EQ(share(function(summary, "work").cpu.self), 1.0);
  EXPECT_DOUBLE_EQ(share(function(summary, "(idle)").wall.self), 0.5);
}

TEST(Summary, LinesOfAFunctionAreApart) {
  MadeProfile made;
  made.samples(30, made.stack({"main@9", "f@3"}));
  made.samples(70, made.stack({"main@9", "f@4"}));
  const ProfileSummary summary = summarize(made.take());
  ASSERT_EQ(summary.lines.size(), 3U);
  EXPECT_EQ(summary.lines[0].line, 4U);
  EXPECT_EQ(summary.lines[0].function, "f");
  EXPECT_DOUBLE_EQ(share(summary.lines[0].cpu.self), 0.7);
  EXPECT_EQ(summary.lines[2].line, 9U);
  EXPECT_DOUBLE_EQ(share(summary.lines[2].cpu.total), 1.0);
}

TEST(Summary, ThreadsAndProcesses) {
  MadeProfile made;
  model::ProfileProcess child;
  child.pid = 11;
  const auto process = made.builder().add_process(child);
  const auto second = made.add_thread(0, 12), third = made.add_thread(process, 11);
  const auto stack = made.stack({"f"});
  for (int i = 0; i < 10; ++i) {
    made.sample(stack, 1'000'000, 1'000'000, 0);
    made.sample(stack, 2'000'000, 2'000'000, second, true);
    made.sample(stack, 1'000'000, 1'000'000, third, true);
  }
  const ProfileSummary summary = summarize(made.take());
  EXPECT_DOUBLE_EQ(share(summary.threads.at(0).cpu), 0.25);
  EXPECT_DOUBLE_EQ(share(summary.threads.at(1).cpu), 0.5);
  EXPECT_DOUBLE_EQ(share(summary.processes.at(0).cpu), 0.75);
  EXPECT_DOUBLE_EQ(share(summary.processes.at(1).cpu), 0.25);
  EXPECT_EQ(summary.processes.at(0).threads, (std::vector<std::uint32_t>{1, 0}));
}

TEST(Summary, FilesKnownByTwoPathsAreOne) {
  MadeProfile made;
  auto& builder = made.builder();
  const auto relative =
      builder.stack(model::kNoIndex, builder.frame({"f", "./a.py", 1, model::FrameKind::python, {}}), 1);
  made.samples(4, made.stack({"f"}));
  made.samples(6, relative);
  const ProfileSummary summary = summarize(made.take());
  ASSERT_EQ(summary.functions.size(), 1U);
  EXPECT_DOUBLE_EQ(share(summary.functions[0].cpu.self), 1.0);
}

TEST(Summary, KindsTakeImportBeforeTheInnermostFrame) {
  MadeProfile made;
  auto& builder = made.builder();
  const auto import = builder.stack(
      made.stack({"main"}),
      builder.frame({"_find_and_load", "<frozen importlib._bootstrap>", 1, model::FrameKind::python, {}}), 1);
  const auto body = builder.stack(import, builder.frame({"<module>", "/w/b.py", 1, model::FrameKind::python, {}}), 3);
  made.samples(10, body);
  made.samples(20, made.stack({"main", "collect"}, model::FrameKind::gc));
  made.samples(30, made.stack({"main", "memcpy"}, model::FrameKind::native));
  made.samples(35, made.stack({"main"}));
  made.samples(5, model::kNoIndex);
  const ProfileSummary summary = summarize(made.take());
  std::vector<std::pair<std::string, double>> kinds;
  for (const auto& row : summary.kinds) kinds.emplace_back(row.kind, share(row.cpu));
  EXPECT_EQ(kinds, (std::vector<std::pair<std::string, double>>{
                       {"python", 0.35}, {"native", 0.3}, {"gc", 0.2}, {"import", 0.1}, {"unknown", 0.05}}));
}

TEST(Summary, WithoutSamplesThereIsAReasonAndNoShare) {
  const ProfileSummary summary = summarize(MadeProfile().take());
  EXPECT_TRUE(summary.functions.empty());
  ASSERT_EQ(summary.threads.size(), 1U);
  EXPECT_FALSE(summary.threads[0].cpu.share.value);
  EXPECT_EQ(summary.threads[0].cpu.share.reason, "no samples: the program ended before the first was taken");
}

TEST(Summary, OnlyWaitsHaveAReasonForCpu) {
  MadeProfile made;
  made.samples(3, made.stack({"wait"}), 0);
  const ProfileSummary summary = summarize(made.take());
  EXPECT_FALSE(summary.functions.at(0).cpu.self.share.value);
  EXPECT_EQ(summary.functions.at(0).cpu.self.share.reason, "no thread was seen on a CPU");
  EXPECT_DOUBLE_EQ(share(summary.functions.at(0).wall.self), 1.0);
}

TEST(Summary, ThePeakShowsItsStacks) {
  MadeProfile made;
  const auto stack = made.stack({"main@7", "load@20"});
  made.sample(stack);
  model::Profile profile = made.take();
  profile.memory.stacks = {{0, stack}};
  const ProfileSummary summary = summarize(profile);
  ASSERT_EQ(summary.peak_stacks.size(), 1U);
  EXPECT_EQ(summary.peak_stacks[0].frames, (std::vector<std::string>{"main (a.py:7)", "load (a.py:20)"}));
}

TEST(Summary, TicksThatDoNotAddUpAreTold) {
  MadeProfile made;
  made.samples(10, made.stack({"f"}));
  made.builder().process(0).quality = {100, 80, 5, 5, 5, 0, 0};
  const ProfileSummary summary = summarize(made.take());
  EXPECT_FALSE(summary.quality.adds_up);
  EXPECT_TRUE(std::any_of(summary.warnings.begin(), summary.warnings.end(),
                          [](const auto& each) { return each.code == "profile-ticks-do-not-add-up"; }));
}

std::vector<std::string> warnings_of(const model::SampleQuality& quality) {
  MadeProfile made;
  made.samples(10, made.stack({"f"}));
  made.builder().process(0).quality = quality;
  std::vector<std::string> codes;
  for (const auto& warning : summarize(made.take()).warnings) codes.push_back(warning.code);
  return codes;
}

TEST(Summary, LateAndRejectedTicksWarnBeyondTheirBounds) {
  EXPECT_EQ(warnings_of({1000, 850, 100, 0, 50, 0, 0}), std::vector<std::string>{});
  EXPECT_EQ(warnings_of({1000, 848, 101, 0, 51, 0, 0}), (std::vector<std::string>{"profile-late", "profile-rejected"}));
}

// Time grows with the samples, not with samples times depth: every sample here has a stack of 500 frames.
TEST(Summary, AMillionDeepSamplesAreFolded) {
  MadeProfile made;
  std::vector<std::string> path(500, "f");
  path.push_back("a");
  const auto a = made.stack(path);
  path.back() = "b";
  const auto b = made.stack(path);
  for (int i = 0; i < 1'000'000; ++i) made.sample(i % 4 == 0 ? a : b);
  const ProfileSummary summary = summarize(made.take());
  EXPECT_DOUBLE_EQ(share(function(summary, "f").cpu.total), 1.0);
  EXPECT_DOUBLE_EQ(share(function(summary, "a").cpu.self), 0.25);
}

}  // namespace
}  // namespace rh::profiles
