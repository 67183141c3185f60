#include "profiles/node/node_record.h"

#include <gtest/gtest.h>

#include "profiles/node/node_heap.h"
#include "profiles/node/node_profiler.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

const std::string kThread =
    R"(thread {"pid":12,"parent":3,"tid":14,"thread":2,"version":"v20.1.0","argv":["node","x.js"],"begun":500,"interval":250})"
    "\n";
const std::string kCpu = "cpu 600 700 710 {\"nodes\":[{\"id\":1}],\"samples\":[1],\"timeDeltas\":[1]}\n";

TEST(NodeRecord, HandsOutItsParts) {
  int cpu = 0;
  std::uint64_t heap = 0;
  NodeRecordParts parts;
  parts.cpu = [&](const NodeThread& thread, const NodeCpuRecord& record) {
    EXPECT_EQ(thread.tid, 14);
    EXPECT_EQ(record.start_ns, 600);
    EXPECT_EQ(record.stop_ns, 700);
    ++cpu;
  };
  parts.heap = [&](const NodeThread&, const NodeHeapRecord& record) { heap = record.used_bytes; };
  const auto record = read_node_record(kThread + kCpu + "heap 4096 650 {\"head\":{}}\n" + kCpu + "end 800\n", parts);
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(cpu, 2);
  EXPECT_EQ(heap, 4096U);
  EXPECT_EQ(record->end_ns, 800);
  EXPECT_EQ(record->thread.argv, (std::vector<std::string>{"node", "x.js"}));
  EXPECT_EQ(record->thread.interval_us, 250);
  EXPECT_TRUE(record->problems.empty());
}

TEST(NodeRecord, OfAKilledProcessKeepsWhatIsWhole) {
  int cpu = 0;
  NodeRecordParts parts;
  parts.cpu = [&](const NodeThread&, const NodeCpuRecord&) { ++cpu; };
  const auto record = read_node_record(kThread + kCpu + kCpu.substr(0, 40), parts);
  ASSERT_TRUE(record);
  EXPECT_EQ(cpu, 1);
  EXPECT_FALSE(record->end_ns);
  EXPECT_EQ(record->torn_lines, 1U);
}

TEST(NodeRecord, NamesDamage) {
  EXPECT_FALSE(read_node_record("thread {\"pid\":1", {}));
  EXPECT_FALSE(read_node_record("cpu 1 2 3 {}\n", {}));
  EXPECT_FALSE(read_node_record("thread [1]\n", {}));
  const auto record = read_node_record(kThread + "what is this\ncpu 1 x 3 {}\ncpu 1 2 3 {]\nheap -1 2 {}\n", {});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->problems.size(), 4U);
}

TEST(NodeHeap, AddsASiteForEachFunctionThatHoldsMemory) {
  ProfileBuilder builder(0);
  const auto added = add_node_heap(R"js({"head":{"callFrame":{"functionName":"(root)"},"selfSize":0,"children":[
    {"callFrame":{"functionName":"build","url":"file:///x.js","lineNumber":2},"selfSize":0,"children":[
      {"callFrame":{"functionName":"fill","url":"file:///x.js","lineNumber":6},"selfSize":4096,"children":[]}]},
    {"callFrame":{"functionName":"","url":"file:///x.js","lineNumber":0},"selfSize":64,"children":[]},
    {"callFrame":{"functionName":"save","url":"/scratch/own.cjs","lineNumber":0},"selfSize":9,"children":[
      {"callFrame":{"functionName":"post","url":"node:inspector","lineNumber":4},"selfSize":99,"children":[]}]}]}})js",
                                   5, "/scratch/own.cjs", builder);
  ASSERT_TRUE(added) << added.error().message();
  const auto& sites = builder.profile().allocations.sites;
  ASSERT_EQ(sites.size(), 2U) << "what our own file and its callees hold is left out";
  EXPECT_EQ(sites[0].live_bytes, 4096U);
  EXPECT_EQ(sites[0].process, 5U);
  EXPECT_EQ(stack_text(builder.profile(), sites[0].stack), "build:0;fill:0");
  EXPECT_FALSE(builder.profile().allocations.overhead.empty());
}

TEST(NodeHeap, RefusesWhatItIsNot) {
  ProfileBuilder builder(0);
  EXPECT_FALSE(add_node_heap("{", 0, "", builder));
  EXPECT_FALSE(add_node_heap(R"({"samples":[]})", 0, "", builder));
  EXPECT_FALSE(add_node_heap(R"({"head":{"selfSize":1}})", 0, "", builder));
  std::string deep = R"({"callFrame":{},"selfSize":1})";
  for (std::size_t i = 0; i <= kMaxHeapDepth; ++i) deep = R"({"callFrame":{},"selfSize":1,"children":[)" + deep + "]}";
  EXPECT_FALSE(add_node_heap("{\"head\":" + deep + "}", 0, "", builder));
}

TEST(NodeProfiler, AddsItsFileToTheOptionsOfTheCaller) {
  EXPECT_EQ(with_required_file("", "/s/p.cjs"), "--require \"/s/p.cjs\"");
  EXPECT_EQ(with_required_file("--no-warnings", "/a \"b\\/p.cjs"), "--no-warnings --require \"/a \\\"b\\\\/p.cjs\"");
}

TEST(NodeProfiler, KnowsNodeByItsName) {
  EXPECT_TRUE(is_node("/usr/bin/node"));
  EXPECT_TRUE(is_node("/usr/bin/nodejs"));
  EXPECT_TRUE(is_node("node-v20.1.0"));
  EXPECT_FALSE(is_node("nodemon"));
  EXPECT_FALSE(is_node("node_exporter"));
  EXPECT_FALSE(is_node("python3"));
}

}  // namespace
}  // namespace rh::profiles
