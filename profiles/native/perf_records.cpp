#include "profiles/native/perf_records.h"

#include <fmt/format.h>
#include <linux/perf_event.h>

#include <cstring>

namespace rh::profiles::native {
namespace {

// asm/perf_regs.h of x86: ax bx cx dx si di bp sp ip flags cs ss ds es fs gs r8..r15.
constexpr std::uint64_t kRegisterMask = 0x1ffULL | (0xffULL << 16U);
constexpr std::size_t kSampledRegisters = 17;
// Where each register of that order stands in DWARF's.
constexpr std::array<std::size_t, kSampledRegisters> kToDwarf = {0, 3, 2,  1,  4,  5,  6,  7, 16,
                                                                 8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::size_t kTrailer = 24;  // sample_id: pid, tid, time, cpu, reserved

// Reads little pieces in order; once something is missing, all that follows is zero and `ok` false.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::span<const std::byte> take(std::size_t count) {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::string_view text() {
    const auto* data = reinterpret_cast<const char*>(bytes_.data());
    return {data, strnlen(data, bytes_.size())};
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  template <class T>
  T number() {
    T value{};
    if (const auto bytes = take(sizeof value); !bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

perf_event_header header_of(std::span<const std::byte> bytes) {
  perf_event_header header{};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

Failure broken(std::string_view kind) {
  return fail(ErrorKind::parse, fmt::format("read a record of perf_event_open: the {} record is too short", kind));
}

MapRecord parse_map(Cursor& in) {
  MapRecord map;
  map.start = in.u64();
  map.bytes = in.u64();
  map.file_offset = in.u64();
  map.device_major = in.u32();
  map.device_minor = in.u32();
  map.inode = in.u64();
  (void)in.u64();  // generation of the inode
  (void)in.u64();  // protection, flags
  map.path = in.text();
  return map;
}

bool parse_user_stack(Cursor& in, SampleRecord& sample) {
  const std::uint64_t abi = in.u64();
  if (abi != PERF_SAMPLE_REGS_ABI_NONE) {
    for (const std::size_t to : kToDwarf) sample.registers[to] = in.u64();
    sample.has_registers = abi == PERF_SAMPLE_REGS_ABI_64;
  }
  const std::uint64_t reserved = in.u64();
  if (reserved == 0) return in.ok();
  const auto copied = in.take(reserved);
  const std::uint64_t used = in.u64();
  if (!in.ok() || used > reserved) return false;
  sample.stack = copied.first(used);
  return true;
}

Result<Record> parse_sample(Cursor in, bool with_user_stack) {
  Record record;
  SampleRecord sample;
  sample.ip = in.u64();
  record.pid = static_cast<int>(in.u32());
  record.tid = static_cast<int>(in.u32());
  record.time_ns = static_cast<std::int64_t>(in.u64());
  (void)in.u64();  // CPU
  sample.period_ns = in.u64();
  const std::uint64_t entries = in.u64();
  if (entries > kMaxCallChain)
    return fail(ErrorKind::limit,
                fmt::format("read a record of perf_event_open: a call chain of {} entries, more than {}", entries,
                            kMaxCallChain));
  const auto chain = in.take(entries * sizeof(std::uint64_t));
  sample.chain = {reinterpret_cast<const std::uint64_t*>(chain.data()), chain.size() / sizeof(std::uint64_t)};
  if (with_user_stack && !parse_user_stack(in, sample)) return broken("SAMPLE");
  if (!in.ok()) return broken("SAMPLE");
  record.body = sample;
  return record;
}

}  // namespace

std::uint64_t sample_fields(bool with_user_stack) {
  const std::uint64_t fields = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
                               PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;
  return with_user_stack ? fields | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER : fields;
}

std::uint64_t sampled_registers() { return kRegisterMask; }

bool is_map_record(std::span<const std::byte> bytes) { return header_of(bytes).type == PERF_RECORD_MMAP2; }

std::int64_t record_time(std::span<const std::byte> bytes) {
  // A sample: header, ip, pid and tid, time. All others end with the sample_id trailer.
  std::int64_t time = 0;
  const bool sample = header_of(bytes).type == PERF_RECORD_SAMPLE;
  const std::size_t at = sample ? 24 : bytes.size() - 16;
  if (bytes.size() >= (sample ? 32U : sizeof(perf_event_header) + kTrailer))
    std::memcpy(&time, bytes.data() + at, sizeof time);
  return time;
}

Result<Record> parse_record(std::span<const std::byte> bytes, bool with_user_stack) {
  const perf_event_header header = header_of(bytes);
  if (header.size != bytes.size() || bytes.size() < sizeof header) return broken("unnamed");
  Cursor in(bytes.subspan(sizeof header));
  if (header.type == PERF_RECORD_SAMPLE) return parse_sample(in, with_user_stack);
  if (bytes.size() < sizeof header + kTrailer) return broken("side-band");
  in = Cursor(bytes.subspan(sizeof header, bytes.size() - sizeof header - kTrailer));
  Cursor trailer(bytes.last(kTrailer));
  Record record;
  record.pid = static_cast<int>(trailer.u32());
  record.tid = static_cast<int>(trailer.u32());
  record.time_ns = static_cast<std::int64_t>(trailer.u64());
  const auto subject = [&] {  // the records about a task name it themselves
    record.pid = static_cast<int>(in.u32());
    record.tid = static_cast<int>(in.u32());
  };
  switch (header.type) {
    case PERF_RECORD_MMAP2:
      subject();
      record.body = parse_map(in);
      break;
    case PERF_RECORD_COMM:
      subject();
      record.body = NameRecord{in.text(), (header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0};
      break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT: {
      TaskRecord task;
      record.pid = static_cast<int>(in.u32());
      task.parent_pid = static_cast<int>(in.u32());
      record.tid = static_cast<int>(in.u32());
      task.parent_tid = static_cast<int>(in.u32());
      task.ended = header.type == PERF_RECORD_EXIT;
      record.body = task;
      break;
    }
    case PERF_RECORD_LOST: {
      (void)in.u64();  // id of the event
      record.body = LostRecord{in.u64()};
      break;
    }
    case PERF_RECORD_LOST_SAMPLES:
      record.body = LostRecord{in.u64()};
      break;
    case PERF_RECORD_READ: {
      subject();
      record.body = CountRecord{in.u64()};
      break;
    }
    case PERF_RECORD_THROTTLE:
      record.body = ThrottleRecord{};
      break;
    default:
      break;
  }
  if (!in.ok()) return broken("side-band");
  return record;
}

}  // namespace rh::profiles::native
