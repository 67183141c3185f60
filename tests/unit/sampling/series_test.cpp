#include <random>

#include "collectors/sampling/sampler.h"

namespace rh::collectors {
namespace {

using namespace std::chrono_literals;
using model::SampleSeries;

SampleSeries sample_series(std::size_t rows, unsigned seed) {
  std::mt19937_64 random(seed);
  SampleSeries series;
  series.suite = {"packages/web:vitest"};
  series.cadence = 50ms;
  series.memory_source = "sum of RSS (statm)";
  series.cpu_source = "cgroup v1 cpuacct.usage";
  std::int64_t t = 1'000'000'000'000;
  std::uint64_t cpu = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    series.t_ns.push_back(t += 50'000'000 + static_cast<std::int64_t>(random() % 100'000));
    series.cpu_ns.push_back(cpu += random() % 50'000'000);
    series.rss_bytes.push_back(random() % (1U << 30));
    series.processes.push_back(static_cast<std::uint32_t>(random() % 20));
    series.threads.push_back(static_cast<std::uint32_t>(random() % 100));
  }
  series.gaps.push_back({1s, 3s, "no sample for 2.00 s"});
  return series;
}

void expect_equal(const SampleSeries& a, const SampleSeries& b) {
  EXPECT_EQ(a.suite, b.suite);
  EXPECT_EQ(a.cadence, b.cadence);
  EXPECT_EQ(a.t_ns, b.t_ns);
  EXPECT_EQ(a.cpu_ns, b.cpu_ns);
  EXPECT_EQ(a.rss_bytes, b.rss_bytes);
  EXPECT_EQ(a.processes, b.processes);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.memory_source, b.memory_source);
  EXPECT_EQ(a.cpu_source, b.cpu_source);
  ASSERT_EQ(a.gaps.size(), b.gaps.size());
  for (std::size_t i = 0; i < a.gaps.size(); ++i) {
    EXPECT_EQ(a.gaps[i].from, b.gaps[i].from);
    EXPECT_EQ(a.gaps[i].to, b.gaps[i].to);
    EXPECT_EQ(a.gaps[i].reason, b.gaps[i].reason);
  }
}

TEST(SamplesFile, RoundTripOfSeveralBlocks) {
  const SampleSeries first = sample_series(500, 1), second = sample_series(3, 2);
  const auto decoded = decode_series(encode_series(first) + encode_series(SampleSeries{}) + encode_series(second));
  ASSERT_TRUE(decoded) << decoded.error().message();
  ASSERT_EQ(decoded->size(), 3U);
  expect_equal((*decoded)[0], first);
  expect_equal((*decoded)[1], SampleSeries{});
  expect_equal((*decoded)[2], second);
}

TEST(SamplesFile, ExtremeValuesSurvive) {
  SampleSeries series;
  series.t_ns = {INT64_MAX, INT64_MIN, 0};
  series.cpu_ns = {UINT64_MAX, 0, UINT64_MAX};
  series.rss_bytes = {0, UINT64_MAX, 1};
  series.processes = {UINT32_MAX, 0, 1};
  series.threads = {0, UINT32_MAX, 7};
  const auto decoded = decode_series(encode_series(series));
  ASSERT_TRUE(decoded);
  expect_equal(decoded->front(), series);
}

TEST(SamplesFile, SteadySeriesIsSmall) {
  SampleSeries series = sample_series(0, 1);
  for (std::int64_t i = 0; i < 1000; ++i) {
    series.t_ns.push_back(i * 50'000'000);
    series.cpu_ns.push_back(static_cast<std::uint64_t>(i) * 1'000'000);
    series.rss_bytes.push_back(100U << 20);
    series.processes.push_back(4);
    series.threads.push_back(9);
  }
  EXPECT_LT(encode_series(series).size(), 9000U);
}

TEST(SamplesFile, AnyCutKeepsTheBlocksBefore) {
  const std::string first = encode_series(sample_series(5, 1)), second = encode_series(sample_series(4, 2));
  for (std::size_t length = 0; length < second.size(); ++length) {
    const auto decoded = decode_series(first + second.substr(0, length));
    ASSERT_TRUE(decoded) << length << decoded.error().message();
    EXPECT_EQ(decoded->size(), 1U) << length;
  }
}

TEST(SamplesFile, DamageIsAnError) {
  std::string bytes = encode_series(sample_series(5, 1));
  EXPECT_EQ(decode_series("what is this").error().kind, ErrorKind::parse);
  std::string other_version = bytes;
  other_version[4] = 9;
  EXPECT_EQ(decode_series(other_version).error().kind, ErrorKind::unsupported);
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  const auto decoded = decode_series(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message().find("checksum"), std::string::npos);
}

TEST(SamplesFile, MutationsNeverCrash) {
  std::mt19937 random(20260301);
  const std::string whole = encode_series(sample_series(20, 1)) + encode_series(sample_series(20, 2));
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (unsigned i = 0; i <= random() % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)decode_series(bytes);
  }
}

TEST(AppendSeries, LaterStepContinuesCpuAndMarksThePause) {
  SampleSeries into = sample_series(3, 1), later = sample_series(2, 2);
  for (auto& t : later.t_ns) t += 10'000'000'000;
  const std::uint64_t before = into.cpu_ns.back();
  later.memory_source = "cgroup v2 memory.current";
  append_series(into, later);
  ASSERT_EQ(into.t_ns.size(), 5U);
  EXPECT_EQ(into.cpu_ns[3], before + later.cpu_ns[0]);
  EXPECT_EQ(into.gaps.size(), 3U);
  EXPECT_EQ(into.gaps[1].reason, "between two steps");
  EXPECT_EQ(into.memory_source, "sum of RSS (statm); then cgroup v2 memory.current");
}

TEST(AppendSeries, EmptyTakesTheLaterOne) {
  SampleSeries into;
  into.suite = {".:pytest"};
  append_series(into, sample_series(3, 1));
  EXPECT_EQ(into.t_ns.size(), 3U);
  EXPECT_EQ(into.suite.value, ".:pytest");
  append_series(into, SampleSeries{});
  EXPECT_EQ(into.t_ns.size(), 3U);
}

}  // namespace
}  // namespace rh::collectors
