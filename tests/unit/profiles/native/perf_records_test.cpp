// Records are built here byte by byte as linux/perf_event.h describes them, whole and broken.
#include "profiles/native/perf_records.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cstring>

#include "profiles/native/perf_counters.h"
#include "profiles/native/record_queue.h"

namespace rh::profiles::native {
namespace {

// A record under construction; `bytes` is 8-byte aligned as the ring is.
class Builder {
 public:
  Builder(std::uint32_t type, std::uint16_t misc = 0) : header_{type, misc, 0} {}
  Builder& u64(std::uint64_t value) { return raw(&value, sizeof value); }
  Builder& u32(std::uint32_t value) { return raw(&value, sizeof value); }
  Builder& text(std::string_view value) {
    std::string padded(value);
    padded.resize((value.size() + 8) / 8 * 8);
    return raw(padded.data(), padded.size());
  }
  Builder& trailer(std::uint32_t pid, std::uint32_t tid, std::uint64_t time) {
    return u32(pid).u32(tid).u64(time).u64(0);
  }
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(sizeof header_ + body_.size());
    perf_event_header header = header_;
    header.size = static_cast<std::uint16_t>(all.size());
    std::memcpy(all.data(), &header, sizeof header);
    std::memcpy(all.data() + sizeof header, body_.data(), body_.size());
    return all;
  }

 private:
  Builder& raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    body_.insert(body_.end(), begin, begin + size);
    return *this;
  }
  perf_event_header header_;
  std::vector<std::byte> body_;
};

Builder sample(std::uint64_t entries = 2) {
  Builder builder(PERF_RECORD_SAMPLE);
  builder.u64(0x401000).u32(7).u32(8).u64(123).u64(0).u64(1'000'000).u64(entries);
  builder.u64(PERF_CONTEXT_USER).u64(0x401000);
  builder.u64(PERF_SAMPLE_REGS_ABI_64);
  for (std::uint64_t i = 0; i < 17; ++i) builder.u64(100 + i);
  builder.u64(16).u64(0xaaaa).u64(0xbbbb).u64(8);
  return builder;
}

TEST(PerfRecords, ASampleHasItsChainRegistersAndStack) {
  const auto bytes = sample().bytes();
  const auto record = parse_record(bytes, true);
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->pid, 7);
  EXPECT_EQ(record->tid, 8);
  EXPECT_EQ(record->time_ns, 123);
  const auto& body = std::get<SampleRecord>(record->body);
  EXPECT_EQ(body.period_ns, 1'000'000U);
  ASSERT_EQ(body.chain.size(), 2U);
  EXPECT_EQ(body.chain[1], 0x401000U);
  ASSERT_TRUE(body.has_registers);
  // The kernel's order: ax bx cx dx si di bp sp ip flags cs.. is not that of DWARF.
  EXPECT_EQ(body.registers[0], 100U);
  EXPECT_EQ(body.registers[3], 101U) << "rbx";
  EXPECT_EQ(body.registers[kRbp], 106U);
  EXPECT_EQ(body.registers[kRsp], 107U);
  EXPECT_EQ(body.registers[kRip], 108U);
  EXPECT_EQ(body.registers[8], 109U);
  EXPECT_EQ(body.stack.size(), 8U) << "of 16 bytes reserved 8 were filled";
  EXPECT_EQ(record_time(bytes), 123);
}

TEST(PerfRecords, EveryTruncationOfASampleIsAnError) {
  const auto whole = sample().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    if (size >= sizeof(perf_event_header)) {
      auto header = *reinterpret_cast<perf_event_header*>(cut.data());
      header.size = static_cast<std::uint16_t>(size);
      std::memcpy(cut.data(), &header, sizeof header);
    }
    EXPECT_FALSE(parse_record(cut, true)) << size;
  }
}

TEST(PerfRecords, LengthsThatLieAreErrors) {
  EXPECT_FALSE(parse_record(sample(1'000'000).bytes(), true)) << "a longer chain than there can be";
  EXPECT_FALSE(parse_record(sample(900).bytes(), true)) << "a longer chain than there is";
  auto bytes = sample().bytes();
  bytes.back() = std::byte{1};  // the stack that was filled is larger than the one that was reserved
  EXPECT_FALSE(parse_record(bytes, true));
}

TEST(PerfRecords, MapsNamesTasksAndLosses) {
  const auto map_bytes = Builder(PERF_RECORD_MMAP2)
                             .u32(7)
                             .u32(7)
                             .u64(0x1000)
                             .u64(0x2000)
                             .u64(0x3000)
                             .u32(8)
                             .u32(1)
                             .u64(42)
                             .u64(0)
                             .u64(0)
                             .text("/usr/bin/prog")
                             .trailer(7, 7, 55)
                             .bytes();
  const auto map = parse_record(map_bytes, true);
  ASSERT_TRUE(map);
  const auto& mapped = std::get<MapRecord>(map->body);
  EXPECT_EQ(mapped.start, 0x1000U);
  EXPECT_EQ(mapped.bytes, 0x2000U);
  EXPECT_EQ(mapped.file_offset, 0x3000U);
  EXPECT_EQ(mapped.inode, 42U);
  EXPECT_EQ(mapped.path, "/usr/bin/prog");
  EXPECT_EQ(map->time_ns, 55);

  const auto name_bytes =
      Builder(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC).u32(7).u32(9).text("worker").trailer(7, 9, 56).bytes();
  const auto name = parse_record(name_bytes, true);
  ASSERT_TRUE(name);
  EXPECT_EQ(std::get<NameRecord>(name->body).name, "worker");
  EXPECT_TRUE(std::get<NameRecord>(name->body).exec);

  const auto fork_bytes = Builder(PERF_RECORD_FORK).u32(10).u32(7).u32(11).u32(7).u64(57).trailer(7, 7, 57).bytes();
  const auto fork = parse_record(fork_bytes, true);
  ASSERT_TRUE(fork);
  EXPECT_EQ(fork->pid, 10);
  EXPECT_EQ(fork->tid, 11);
  EXPECT_EQ(std::get<TaskRecord>(fork->body).parent_pid, 7);
  EXPECT_FALSE(std::get<TaskRecord>(fork->body).ended);

  const auto lost_bytes = Builder(PERF_RECORD_LOST).u64(1).u64(99).trailer(7, 7, 58).bytes();
  const auto lost = parse_record(lost_bytes, true);
  ASSERT_TRUE(lost);
  EXPECT_EQ(std::get<LostRecord>(lost->body).count, 99U);

  const auto count_bytes = Builder(PERF_RECORD_READ).u32(7).u32(11).u64(5'000'000).trailer(7, 11, 59).bytes();
  const auto count = parse_record(count_bytes, true);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->tid, 11);
  EXPECT_EQ(std::get<CountRecord>(count->body).cpu_ns, 5'000'000U);

  const auto other = parse_record(Builder(9999).trailer(1, 2, 3).bytes(), true);
  ASSERT_TRUE(other) << "records of later kernels are passed over";
  EXPECT_TRUE(std::holds_alternative<OtherRecord>(other->body));
}

TEST(PerfRecords, AMapWithoutATerminatedNameIsReadToItsEnd) {
  const auto bytes = Builder(PERF_RECORD_MMAP2)
                         .u32(7)
                         .u32(7)
                         .u64(0)
                         .u64(0)
                         .u64(0)
                         .u32(0)
                         .u32(0)
                         .u64(0)
                         .u64(0)
                         .u64(0)
                         .u64(0x2f2f2f2f2f2f2f2f)
                         .trailer(7, 7, 1)
                         .bytes();
  const auto record = parse_record(bytes, true);
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<MapRecord>(record->body).path, "////////");
}

TEST(RecordQueue, OrdersTheRecordsOfSeveralRingsByTime) {
  RecordQueue queue;
  for (const std::uint64_t time : {30U, 50U, 10U, 40U, 20U})
    queue.put(Builder(PERF_RECORD_COMM).u32(1).u32(1).text("x").trailer(1, 1, time).bytes());
  std::vector<std::int64_t> seen;
  const auto note = [&](std::span<const std::byte> bytes) { seen.push_back(record_time(bytes)); };
  queue.take_until(30, note);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{10, 20, 30}));
  queue.put(Builder(PERF_RECORD_COMM).u32(1).u32(1).text("x").trailer(1, 1, 35).bytes());
  queue.take_until(100, note);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{10, 20, 30, 35, 40, 50}));
}

TEST(PerfCounters, ListsOfCpus) {
  EXPECT_EQ(parse_cpu_list("0-2,5\n"), (std::vector<int>{0, 1, 2, 5}));
  EXPECT_EQ(parse_cpu_list("0"), (std::vector<int>{0}));
  EXPECT_TRUE(parse_cpu_list("3-1").empty());
  EXPECT_TRUE(parse_cpu_list("0-99999999").empty());
  EXPECT_TRUE(parse_cpu_list("all").empty());
}

TEST(PerfCounters, ARefusalSaysWhatWouldAllowIt) {
  EXPECT_NE(refusal_advice(EACCES, "3").find("perf_event_paranoid is 3"), std::string::npos);
  EXPECT_NE(refusal_advice(EPERM, "2").find("CAP_PERFMON"), std::string::npos);
  EXPECT_NE(refusal_advice(EMFILE, "2").find("ulimit -n"), std::string::npos);
}

}  // namespace
}  // namespace rh::profiles::native
