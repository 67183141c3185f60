// pprof's format (github.com/google/pprof, proto/profile.proto): gzip'd protocol buffers. Sample types: samples,
// CPU and wall time in ns; the one that pprof shows first is the clock asked for. Every sample is labelled with
// pid and thread; samples of a thread with the same stack are one.
#include <zlib.h>

#include <chrono>
#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "profiles/analysis/stack_times.h"
#include "profiles/export/exporter.h"
#include "profiles/export/merged_stacks.h"
#include "profiles/export/protobuf.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// Field numbers of profile.proto.
enum ProfileField : unsigned {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriodType = 11,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14,
};

class StringTable {
 public:
  StringTable() { (void)index(""); }  // the first must be empty
  std::uint64_t index(const std::string& text) {
    const auto [found, made] = known_.try_emplace(text, texts_.size());
    if (made) texts_.push_back(to_valid_utf8(text));
    return found->second;
  }
  void write(ProtobufMessage& profile) const {
    for (const std::string& text : texts_) profile.text(kStringTable, text);
  }

 private:
  std::unordered_map<std::string, std::uint64_t> known_;
  std::vector<std::string> texts_;
};

class Writer {
 public:
  explicit Writer(const model::Profile& profile) : profile_(profile), names_(profile) {}

  std::string write(model::ProfileClock clock) {
    for (const auto& [type, unit] : {std::pair("samples", "count"), {"cpu", "nanoseconds"}, {"wall", "nanoseconds"}})
      out_.message(kSampleType, value_type(type, unit));
    write_samples();
    write_mapping();
    write_locations();
    write_functions();
    out_.number(kTimeNanos, start_ns());
    out_.number(kDurationNanos, static_cast<std::uint64_t>(std::max<std::int64_t>(profile_.duration_ns, 0)));
    out_.message(kPeriodType, value_type("cpu", "nanoseconds"));
    if (profile_.rate_hz > 0) out_.number(kPeriod, 1'000'000'000ULL / profile_.rate_hz);
    out_.packed(kComment, {strings_.index(std::string("runharness ") + RUNHARNESS_VERSION)});
    out_.number(kDefaultSampleType, strings_.index(clock == model::ProfileClock::cpu ? "cpu" : "wall"));
    strings_.write(out_);
    return out_.bytes();
  }

 private:
  struct Values {
    std::uint64_t samples = 0, cpu = 0, wall = 0;
  };
  struct Location {
    std::uint32_t function = 0, line = 0;
  };

  ProtobufMessage value_type(const char* type, const char* unit) {
    ProtobufMessage message;
    message.number(1, strings_.index(type));
    message.number(2, strings_.index(unit));
    return message;
  }

  // Identifiers from 1; 0 is none.
  std::uint64_t location(std::uint32_t function, std::uint32_t line) {
    const std::uint64_t key = (std::uint64_t{function} << 32U) | line;
    const auto [found, made] = location_ids_.try_emplace(key, locations_.size() + 1);
    if (made) locations_.push_back({function, line});
    return found->second;
  }

  // Leaf first.
  std::vector<std::uint64_t> path(std::uint32_t stack) {
    if (stack == model::kNoIndex) return {location(static_cast<std::uint32_t>(names_.functions().size()), 0)};
    std::vector<std::uint64_t> ids;
    for (std::uint32_t node = stack; node != model::kNoIndex; node = profile_.stacks[node].parent) {
      const model::StackNode& at = profile_.stacks[node];
      const std::uint32_t function = names_.function_of_frame(at.frame);
      ids.push_back(location(function, at.line != 0 ? at.line : names_.functions()[function].line));
    }
    return ids;
  }

  ProtobufMessage label(const char* key, const std::string& text) {
    ProtobufMessage message;
    message.number(1, strings_.index(key));
    message.number(2, strings_.index(text));
    return message;
  }

  void write_samples() {
    const model::ProfileSamples& samples = profile_.samples;
    const SampleWeights cpu(profile_, model::ProfileClock::cpu);
    std::map<std::pair<std::uint32_t, std::uint32_t>, Values> sums;  // thread, stack
    for (std::size_t i = 0; i < samples.stack.size(); ++i) {
      Values& values = sums[{samples.thread[i], samples.stack[i]}];
      ++values.samples;
      values.cpu += cpu[i];
      values.wall += samples.wall_ns[i];
    }
    for (const auto& [key, values] : sums) {
      const model::ProfileThread& thread = profile_.threads[key.first];
      const model::ProfileProcess& process = profile_.processes[thread.process];
      ProtobufMessage sample;
      sample.packed(1, path(key.second));
      sample.packed(2, {values.samples, values.cpu, values.wall});
      sample.message(3, label("pid", fmt::format("{}", process.pid)));
      sample.message(3, label("tid", fmt::format("{}", thread.tid)));
      sample.message(3, label("thread", thread.name.empty() ? fmt::format("{}", thread.tid) : thread.name));
      if (!process.command.empty()) sample.message(3, label("command", process.command));
      out_.message(kSample, sample);
    }
  }

  // One mapping that says that nothing is left to look up: pprof would search for executables else.
  void write_mapping() {
    ProtobufMessage mapping;
    mapping.number(1, 1);
    mapping.number(5, strings_.index(profile_.command.empty() ? "program" : profile_.command.front()));
    for (const unsigned has : {7U, 8U, 9U, 10U}) mapping.number(has, 1);  // functions, files, lines, inlined frames
    out_.message(kMapping, mapping);
  }

  void write_locations() {
    for (std::size_t i = 0; i < locations_.size(); ++i) {
      ProtobufMessage line;
      line.number(1, locations_[i].function + 1ULL);
      line.number(2, locations_[i].line);
      ProtobufMessage location;
      location.number(1, i + 1);
      location.number(2, 1);
      location.message(4, line);
      out_.message(kLocation, location);
    }
  }

  void write_functions() {
    const auto write = [&](std::uint64_t id, const std::string& name, const std::string& file, std::uint32_t line) {
      ProtobufMessage function;
      function.number(1, id);
      function.number(2, strings_.index(name));
      // pprof takes a name that is its own system name for a mangled one and cuts "<...>" from it.
      const std::string place = place_text(name, file, line);
      if (place != name) function.number(3, strings_.index(place));
      function.number(4, strings_.index(file));
      function.number(5, line);
      out_.message(kFunction, function);
    };
    std::uint64_t id = 0;
    for (const ShownFunction& function : names_.functions()) write(++id, function.name, function.file, function.line);
    write(++id, kUnknownStack, "", 0);
  }

  // Of "2026-03-01T12:34:56.789Z", to the second; 0 if it is not that.
  [[nodiscard]] std::uint64_t start_ns() const {
    const std::string_view stamp = profile_.started_at;
    const auto part = [&](std::size_t at, std::size_t length) {
      return stamp.size() < at + length ? 0 : parse_u64(stamp.substr(at, length)).value_or(0);
    };
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(part(0, 4))),
                                          std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(part(8, 2)))};
    if (!day.ok()) return 0;
    const auto seconds = std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(part(11, 2)) +
                         std::chrono::minutes(part(14, 2)) + std::chrono::seconds(part(17, 2));
    const std::int64_t ns = std::chrono::nanoseconds(seconds).count();
    return ns > 0 ? static_cast<std::uint64_t>(ns) : 0;
  }

  const model::Profile& profile_;
  FrameNames names_;
  StringTable strings_;
  std::unordered_map<std::uint64_t, std::uint64_t> location_ids_;
  std::vector<Location> locations_;
  ProtobufMessage out_;
};

// With an empty name and time, so that the bytes depend on the profile only.
Result<std::string> gzip(const std::string& bytes) {
  constexpr int kGzip = 15 + 16;  // the largest window; a gzip header
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail(ErrorKind::internal, "compress the profile: zlib did not start", "pprof");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib does not write to it
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool whole = bytes.size() <= 0x7fffffffULL && deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (!whole) return fail(ErrorKind::limit, "compress the profile: it is larger than 2 GiB", "pprof");
  return packed;
}

}  // namespace

Result<std::string> write_pprof(const model::Profile& profile, model::ProfileClock clock) {
  return gzip(Writer(profile).write(clock));
}

}  // namespace rh::profiles
