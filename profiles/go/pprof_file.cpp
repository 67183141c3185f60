#include "profiles/go/pprof_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <functional>

#include "profiles/go/wire_format.h"
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
  PprofSample sample;
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

Result<void> read_line(std::string_view bytes, PprofLocation& location) {
  PprofLine line;
  RH_CHECK(read_numbers(bytes, {{1, &line.function}, {2, &line.line}}));
  location.lines.push_back(line);
  return {};
}

Result<void> read_location(std::string_view bytes, PprofFile& file) {
  PprofLocation location;
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
      PprofValueType type;
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
      PprofFunction function;
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

}  // namespace

std::uint32_t PprofStacks::stack(const PprofSample& sample) {
  std::uint32_t at = model::kNoIndex;
  for (auto id = sample.locations.rbegin(); id != sample.locations.rend(); ++id) at = add(at, *id);
  return at;
}

std::uint32_t PprofStacks::add(std::uint32_t at, std::uint64_t id) {
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

Result<std::unique_ptr<const PprofFile>> read_pprof_file(std::string_view bytes) {
  auto file = std::make_unique<PprofFile>();
  RH_TRY(file->bytes, unpack(bytes));
  RH_CHECK(each_field(file->bytes, [&](const WireField& field) { return read_profile_field(field, *file); }));
  return file;
}

}  // namespace rh::profiles
