#include "profiles/go/pprof_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/go/wire_format.h"
#include "profiles/profile_builder.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// Field numbers of profile.proto.
enum ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kStrings = 6,
  kDuration = 10,
  kPeriod = 12
};

constexpr std::size_t kMaxEntries = 50'000'000;

struct ValueType {
  std::uint64_t type = 0, unit = 0;  // indices of strings
};
struct Line {
  std::uint64_t function = 0, line = 0;
};
struct Location {
  std::uint64_t mapping = 0, address = 0;
  std::vector<Line> lines;  // innermost first
};
struct Function {
  std::uint64_t name = 0, file = 0, start_line = 0;
};
struct RawSample {
  std::vector<std::uint64_t> locations;  // leaf first
  std::vector<std::uint64_t> values;
};

struct PprofFile {
  std::vector<ValueType> types;
  std::vector<RawSample> samples;
  std::unordered_map<std::uint64_t, Location> locations;
  std::unordered_map<std::uint64_t, Function> functions;
  std::unordered_map<std::uint64_t, std::uint64_t> mapping_files;
  std::vector<std::string_view> strings;
  std::int64_t duration_ns = 0, period_ns = 0;

  [[nodiscard]] std::string text(std::uint64_t index) const {
    return index < strings.size() ? to_valid_utf8(strings[index]) : std::string();
  }
};

// Goes through the fields of a message; the first error of a field ends it.
Result<void> each_field(std::string_view bytes, const std::function<Result<void>(const WireField&)>& take) {
  WireReader reader(bytes);
  while (!reader.at_end()) {
    RH_TRY(const WireField field, reader.next());
    RH_CHECK(take(field));
  }
  return {};
}

Result<void> append(const WireField& field, std::vector<std::uint64_t>& to) {
  const auto values = WireReader::numbers(field);
  if (!values) return fail(ErrorKind::parse, "read a pprof profile: numbers that do not end");
  to.insert(to.end(), values->begin(), values->end());
  return {};
}

Result<void> read_sample(std::string_view bytes, PprofFile& file) {
  RawSample sample;
  RH_CHECK(each_field(bytes, [&](const WireField& field) -> Result<void> {
    if (field.number == 1) return append(field, sample.locations);
    if (field.number == 2) return append(field, sample.values);
    return {};
  }));
  if (sample.locations.size() > kMaxPprofFrames) sample.locations.resize(kMaxPprofFrames);
  file.samples.push_back(std::move(sample));
  return {};
}

Result<void> read_numbers(std::string_view bytes,
                          std::initializer_list<std::pair<std::uint32_t, std::uint64_t*>> wanted) {
  return each_field(bytes, [&](const WireField& field) -> Result<void> {
    for (const auto& [number, to] : wanted)
      if (field.number == number) *to = field.value;
    return {};
  });
}

Result<void> read_line(std::string_view bytes, Location& location) {
  Line line;
  RH_CHECK(read_numbers(bytes, {{1, &line.function}, {2, &line.line}}));
  location.lines.push_back(line);
  return {};
}

Result<void> read_location(std::string_view bytes, PprofFile& file) {
  Location location;
  std::uint64_t id = 0;
  RH_CHECK(each_field(bytes, [&](const WireField& field) -> Result<void> {
    if (field.number == 1) id = field.value;
    if (field.number == 2) location.mapping = field.value;
    if (field.number == 3) location.address = field.value;
    return field.number == 4 ? read_line(field.bytes, location) : Result<void>();
  }));
  file.locations[id] = std::move(location);
  return {};
}

Result<void> read_profile_field(const WireField& field, PprofFile& file) {
  if (file.samples.size() + file.locations.size() + file.functions.size() + file.strings.size() > kMaxEntries)
    return fail(ErrorKind::limit, fmt::format("read a pprof profile: more than {} entries", kMaxEntries));
  std::uint64_t id = 0;
  switch (field.number) {
    case kSampleType: {
      ValueType type;
      RH_CHECK(read_numbers(field.bytes, {{1, &type.type}, {2, &type.unit}}));
      file.types.push_back(type);
      return {};
    }
    case kSample:
      return read_sample(field.bytes, file);
    case kMapping: {
      std::uint64_t name = 0;
      RH_CHECK(read_numbers(field.bytes, {{1, &id}, {5, &name}}));
      file.mapping_files[id] = name;
      return {};
    }
    case kLocation:
      return read_location(field.bytes, file);
    case kFunction: {
      Function function;
      RH_CHECK(
          read_numbers(field.bytes, {{1, &id}, {2, &function.name}, {4, &function.file}, {5, &function.start_line}}));
      file.functions[id] = function;
      return {};
    }
    case kStrings:
      file.strings.push_back(field.bytes);
      return {};
    case kDuration:
      file.duration_ns = static_cast<std::int64_t>(field.value);
      return {};
    case kPeriod:
      file.period_ns = static_cast<std::int64_t>(field.value);
      return {};
    default:
      return {};
  }
}

Result<std::string> unpack(std::string_view bytes) {
  if (!bytes.starts_with("\x1f\x8b")) return std::string(bytes);  // pprof allows plain files too
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(ErrorKind::internal, "start zlib");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::string block(1 << 16, '\0');
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = block.size() - stream.avail_out;
    text.append(block, 0, got);
    if ((state != Z_OK && state != Z_STREAM_END) || (got == 0 && state == Z_OK))
      return fail(ErrorKind::parse, fmt::format("unpack a pprof profile: damaged or cut short at byte {}",
                                                bytes.size() - stream.avail_in));
    if (text.size() > kMaxPprofBytes)
      return fail(ErrorKind::limit, fmt::format("unpack a pprof profile: more than {} bytes", kMaxPprofBytes));
  }
  return text;
}

// The format does not say what made the code; the files that our own exports name do.
model::FrameKind kind_of(const model::ProfileFrame& frame) {
  using model::FrameKind;
  if (frame.name.starts_with("runtime.gc")) return FrameKind::gc;
  if (frame.name.ends_with("[kernel]")) return FrameKind::kernel;
  if (frame.file.empty() && frame.name.starts_with('(')) return FrameKind::runtime;
  if (frame.file.ends_with(".py") || frame.file.starts_with('<')) return FrameKind::python;
  if (frame.file.ends_with("js") || frame.file.starts_with("node:")) return FrameKind::javascript;
  if (frame.file.ends_with(".sh")) return FrameKind::shell;
  return FrameKind::native;
}

class StackMaker {
 public:
  StackMaker(const PprofFile& file, ProfileBuilder& builder) : file_(file), builder_(builder) {}

  std::uint32_t stack(const RawSample& sample) {
    std::uint32_t at = model::kNoIndex;
    for (auto id = sample.locations.rbegin(); id != sample.locations.rend(); ++id) at = add(at, *id);
    return at;
  }

 private:
  std::uint32_t add(std::uint32_t at, std::uint64_t id) {
    const auto location = file_.locations.find(id);
    if (location == file_.locations.end()) return at;
    std::string module;
    if (const auto name = file_.mapping_files.find(location->second.mapping); name != file_.mapping_files.end())
      module = file_.text(name->second);
    if (location->second.lines.empty()) {
      model::ProfileFrame frame;
      frame.kind = model::FrameKind::native;
      frame.name = fmt::format("[{:#x}]", location->second.address);
      frame.module = module;
      return builder_.stack(at, builder_.frame(frame), 0);
    }
    for (auto line = location->second.lines.rbegin(); line != location->second.lines.rend(); ++line) {
      model::ProfileFrame frame;
      frame.module = module;
      frame.kind = model::FrameKind::native;
      if (const auto function = file_.functions.find(line->function); function != file_.functions.end()) {
        frame.name = file_.text(function->second.name);
        frame.file = file_.text(function->second.file);
        frame.line = static_cast<std::uint32_t>(function->second.start_line);
      }
      frame.kind = kind_of(frame);
      if (frame.kind != model::FrameKind::native) frame.module.clear();
      at = builder_.stack(at, builder_.frame(frame), static_cast<std::uint32_t>(line->line));
    }
    return at;
  }
  const PprofFile& file_;
  ProfileBuilder& builder_;
};

// The columns of a sample's values.
struct Columns {
  std::size_t cpu = 0, count = 0;
};

Result<Columns> columns_of(const PprofFile& file) {
  Columns columns{file.types.size(), file.types.size()};
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    if (file.text(file.types[i].type) == "cpu" && file.text(file.types[i].unit) == "nanoseconds") columns.cpu = i;
    if (file.text(file.types[i].unit) == "count") columns.count = i;
  }
  if (columns.cpu == file.types.size())
    return fail(file.types.empty() ? ErrorKind::parse : ErrorKind::unsupported,
                "read a pprof profile: it has no CPU time in nanoseconds");
  return columns;
}

struct Weight {
  std::int64_t ns = 0;
  std::uint64_t draws = 0;  // how often the profiler met this stack
};

Weight weight_of(const RawSample& sample, const Columns& columns, std::int64_t period_ns) {
  if (columns.cpu >= sample.values.size()) return {};
  const auto ns = static_cast<std::int64_t>(sample.values[columns.cpu]);
  if (ns <= 0) return {};
  // A count may hold samples that had no CPU time: there are no more draws than periods.
  const auto periods = static_cast<std::uint64_t>(period_ns > 0 ? (ns - 1) / period_ns + 1 : ns);
  std::uint64_t draws = period_ns > 0 ? periods : 1;
  if (columns.count < sample.values.size()) draws = std::min(periods, sample.values[columns.count]);
  return {ns, std::clamp<std::uint64_t>(draws, 1, static_cast<std::uint64_t>(ns))};
}

constexpr std::int64_t kSecondNs = 1'000'000'000;

void describe(const PprofFile& file, std::uint64_t draws, ProfileBuilder& builder) {
  model::Profile& profile = builder.profile();
  profile.duration_ns = std::max<std::int64_t>(file.duration_ns, 0);
  if (file.period_ns > 0) profile.rate_hz = static_cast<std::uint32_t>(std::min(kSecondNs, kSecondNs / file.period_ns));
  profile.cpu = model::CpuFigure::unknown("a pprof file has sampled times only");
  profile.memory.bytes = model::BytesFigure::unknown("a pprof file of CPU time has no memory");
  model::SampleQuality& quality = builder.process(0).quality;
  quality.expected = quality.taken = draws;
}

}  // namespace

bool looks_like_pprof(std::string_view bytes) {
  // The first field of a plain file is mostly its sample types; the first byte of JSON is none of these.
  return bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x0a");
}

Result<model::Profile> read_pprof(std::string_view bytes) {
  RH_TRY(const std::string text, unpack(bytes));
  PprofFile file;
  RH_CHECK(each_field(text, [&](const WireField& field) { return read_profile_field(field, file); }));
  RH_TRY(const Columns columns, columns_of(file));
  std::uint64_t total = 0;
  std::int64_t cpu_ns = 0;
  for (const RawSample& sample : file.samples) {
    const Weight weight = weight_of(sample, columns, file.period_ns);
    total += std::min(weight.draws, kMaxPprofDraws);
    if (weight.ns > kMaxPprofCpuNs - cpu_ns)
      return fail(ErrorKind::limit, fmt::format("read a pprof profile: more than {} ns of CPU time", kMaxPprofCpuNs));
    cpu_ns += weight.ns;
  }
  const std::uint64_t together = total / kMaxPprofDraws + 1;

  ProfileBuilder builder(0);
  model::ProfileProcess process;
  process.profiler = "pprof";
  const std::uint32_t thread = builder.add_thread({builder.add_process(process), 0, "all threads"});
  StackMaker maker(file, builder);
  std::uint64_t draws = 0;
  for (const RawSample& sample : file.samples) {
    const Weight weight = weight_of(sample, columns, file.period_ns);
    if (weight.draws == 0) continue;
    const std::uint32_t stack = maker.stack(sample);
    const auto parts = static_cast<std::int64_t>(std::max<std::uint64_t>(weight.draws / together, 1));
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t ns = weight.ns / parts + (part < weight.ns % parts ? 1 : 0);
      const double at = static_cast<double>(++draws) / static_cast<double>(total);
      const auto span = static_cast<double>(std::max(file.duration_ns, static_cast<std::int64_t>(total)));
      builder.add({static_cast<std::int64_t>(at * span), thread, stack, 0, ns, model::kOnCpu});
    }
  }
  describe(file, draws, builder);
  return builder.take();
}

}  // namespace rh::profiles
