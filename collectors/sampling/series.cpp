// Joins the series of one suite's steps, and the format of samples.bin (docs/formats/samples.md).
#include <zlib.h>

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "collectors/sampling/sampler.h"

namespace rh::collectors {
namespace {

using model::SampleSeries;

constexpr std::string_view kMagic = "RHSM";
constexpr unsigned char kVersion = 1;
constexpr std::size_t kHeaderBytes = 4 + 1 + 4;  // magic, version, payload length
constexpr std::size_t kChecksumBytes = 4;

// Signed differences as small unsigned numbers: 0, -1, 1, -2... become 0, 1, 2, 3...
std::uint64_t zigzag(std::uint64_t difference) { return (difference << 1) ^ (difference >> 63 ? UINT64_MAX : 0); }
std::uint64_t unzigzag(std::uint64_t coded) { return (coded >> 1) ^ (coded & 1 ? UINT64_MAX : 0); }

class Writer {
 public:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void text(std::string_view text) {
    varint(text.size());
    bytes_ += text;
  }
  template <class Number>
  void column(const std::vector<Number>& values) {
    std::uint64_t last = 0;
    for (const Number value : values) {
      varint(zigzag(static_cast<std::uint64_t>(value) - last));
      last = static_cast<std::uint64_t>(value);
    }
  }
  // Times at a steady pace: the difference of differences is small.
  void times(const std::vector<std::int64_t>& values) {
    std::vector<std::uint64_t> steps;
    std::uint64_t last = 0;
    for (const std::int64_t value : values)
      steps.push_back(static_cast<std::uint64_t>(value) - std::exchange(last, static_cast<std::uint64_t>(value)));
    column(steps);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads past the end give zero and clear ok().
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[0]);
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  // A number of things that take at least `each` bytes: bounds what a damaged block can allocate.
  std::size_t length(std::size_t each) {
    const std::uint64_t count = varint();
    if (count <= bytes_.size() / each) return static_cast<std::size_t>(count);
    ok_ = false;
    return 0;
  }
  std::string text() {
    const std::size_t size = length(1);
    const std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  template <class Number>
  std::vector<Number> column(std::size_t rows) {
    std::vector<Number> values(rows);
    std::uint64_t last = 0;
    for (Number& value : values) value = static_cast<Number>(last += unzigzag(varint()));
    return values;
  }
  std::vector<std::int64_t> times(std::size_t rows) {
    std::vector<std::int64_t> values = column<std::int64_t>(rows);
    std::uint64_t last = 0;
    for (std::int64_t& value : values) value = static_cast<std::int64_t>(last += static_cast<std::uint64_t>(value));
    return values;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

void append_u32(std::string& bytes, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::optional<SampleSeries> decode_payload(std::string_view payload) {
  constexpr std::size_t kColumns = 5;
  Reader reader(payload);
  SampleSeries series;
  series.suite.value = reader.text();
  series.memory_source = reader.text();
  series.cpu_source = reader.text();
  series.cadence = Nanoseconds(static_cast<std::int64_t>(reader.varint()));
  const std::size_t rows = reader.length(kColumns);
  series.t_ns = reader.times(rows);
  series.cpu_ns = reader.column<std::uint64_t>(rows);
  series.rss_bytes = reader.column<std::uint64_t>(rows);
  series.processes = reader.column<std::uint32_t>(rows);
  series.threads = reader.column<std::uint32_t>(rows);
  for (std::size_t gaps = reader.length(3); gaps > 0 && reader.ok(); --gaps) {
    const auto from = unzigzag(reader.varint());
    const auto to = from + unzigzag(reader.varint());
    series.gaps.push_back(
        {Nanoseconds(static_cast<std::int64_t>(from)), Nanoseconds(static_cast<std::int64_t>(to)), reader.text()});
  }
  return reader.ok() && reader.at_end() ? std::optional(std::move(series)) : std::nullopt;
}

}  // namespace

std::string encode_series(const SampleSeries& series) {
  const std::size_t rows = series.t_ns.size();
  RH_ASSERT(series.cpu_ns.size() == rows && series.rss_bytes.size() == rows);
  RH_ASSERT(series.processes.size() == rows && series.threads.size() == rows);
  Writer writer;
  writer.text(series.suite.value);
  writer.text(series.memory_source);
  writer.text(series.cpu_source);
  writer.varint(static_cast<std::uint64_t>(series.cadence.count()));
  writer.varint(rows);
  writer.times(series.t_ns);
  writer.column(series.cpu_ns);
  writer.column(series.rss_bytes);
  writer.column(series.processes);
  writer.column(series.threads);
  writer.varint(series.gaps.size());
  for (const model::SampleGap& gap : series.gaps) {
    writer.varint(zigzag(static_cast<std::uint64_t>(gap.from.count())));
    writer.varint(zigzag(static_cast<std::uint64_t>(gap.to.count()) - static_cast<std::uint64_t>(gap.from.count())));
    writer.text(gap.reason);
  }
  std::string block(kMagic);
  block += static_cast<char>(kVersion);
  append_u32(block, static_cast<std::uint32_t>(writer.bytes().size()));
  block += writer.bytes();
  append_u32(block, checksum(block));
  return block;
}

Result<std::vector<SampleSeries>> decode_series(std::string_view bytes) {
  std::vector<SampleSeries> decoded;
  const std::size_t size = bytes.size();
  while (!bytes.empty()) {
    const auto refuse = [&](ErrorKind kind, std::string_view why) {
      return fail(kind, fmt::format("read samples: block at byte {}: {}", size - bytes.size(), why));
    };
    const std::string_view magic = bytes.substr(0, kMagic.size());
    if (magic != kMagic.substr(0, magic.size())) return refuse(ErrorKind::parse, "not a block of samples");
    if (bytes.size() < kHeaderBytes) break;  // the writer was killed here: the blocks before are whole
    if (static_cast<unsigned char>(bytes[kMagic.size()]) != kVersion)
      return refuse(ErrorKind::unsupported, "written by another version of runharness");
    const std::size_t length = read_u32(bytes.substr(kMagic.size() + 1));
    if (bytes.size() - kHeaderBytes < kChecksumBytes || bytes.size() - kHeaderBytes - kChecksumBytes < length) break;
    const std::string_view covered = bytes.substr(0, kHeaderBytes + length);
    if (checksum(covered) != read_u32(bytes.substr(covered.size())))
      return refuse(ErrorKind::parse, "its checksum is wrong");
    auto series = decode_payload(covered.substr(kHeaderBytes));
    if (!series) return refuse(ErrorKind::parse, "its columns do not fit its length");
    decoded.push_back(std::move(*series));
    bytes.remove_prefix(covered.size() + kChecksumBytes);
  }
  return decoded;
}

void append_series(SampleSeries& into, const SampleSeries& later) {
  if (into.t_ns.empty()) {
    const model::SuiteId suite = into.suite.value.empty() ? later.suite : into.suite;
    std::vector<model::SampleGap> gaps = std::move(into.gaps);
    into = later;
    into.suite = suite;
    into.gaps.insert(into.gaps.begin(), gaps.begin(), gaps.end());
    return;
  }
  const auto join_source = [](std::string& source, const std::string& other) {
    if (other.empty() || source == other || source.ends_with("; then " + other)) return;
    source = source.empty() ? other : source + "; then " + other;
  };
  join_source(into.memory_source, later.memory_source);
  join_source(into.cpu_source, later.cpu_source);
  if (!later.t_ns.empty() && Nanoseconds(later.t_ns.front() - into.t_ns.back()) > into.cadence * 5 / 2)
    into.gaps.push_back({Nanoseconds(into.t_ns.back()), Nanoseconds(later.t_ns.front()), "between two steps"});
  // Each step's tree counts its CPU from zero.
  const std::uint64_t before = into.cpu_ns.back();
  for (const std::uint64_t cpu : later.cpu_ns) into.cpu_ns.push_back(before + cpu);
  const auto append = [](auto& column, const auto& more) { column.insert(column.end(), more.begin(), more.end()); };
  append(into.t_ns, later.t_ns);
  append(into.rss_bytes, later.rss_bytes);
  append(into.processes, later.processes);
  append(into.threads, later.threads);
  append(into.gaps, later.gaps);
}

}  // namespace rh::collectors
