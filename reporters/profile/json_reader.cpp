// Reads profile.json. Everything that points into a table is checked, so that nobody has to check again.
#include <limits>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "reporters/json/decoder.h"
#include "reporters/profile/json.h"
#include "reporters/profile/json_document.h"
#include "reporters/profile/json_fields.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

using namespace rh::model;

constexpr std::string_view kSchema = "runharness.profile";

Failure damaged(std::string_view problem) {
  return fail(ErrorKind::parse, fmt::format("read the profile: {}", problem));
}

Failure out_of_range(std::string_view place, std::size_t row, std::int64_t index, std::size_t size) {
  return damaged(fmt::format("{}[{}] is {}, and there are {}", place, row, index, size));
}

template <class... Columns>
bool equally_long(const std::vector<std::int64_t>& first, const Columns&... columns) {
  return ((columns.size() == first.size()) && ...);
}

Result<void> add_frames(FrameColumns& columns, Profile& profile) {
  const std::size_t count = columns.name.size();
  if (columns.file.size() != count || columns.line.size() != count || columns.kind.size() != count ||
      columns.module.size() != count)
    return damaged("frames: the columns are not equally long");
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = kind_of_name(columns.kind[i]);
    if (!kind) return damaged(fmt::format("frames.kind[{}]: '{}' is no kind", i, columns.kind[i].substr(0, 40)));
    profile.frames.push_back(
        {std::move(columns.name[i]), std::move(columns.file[i]), columns.line[i], *kind, std::move(columns.module[i])});
  }
  return {};
}

Result<void> add_stacks(const StackColumns& columns, Profile& profile) {
  if (!equally_long(columns.parent, columns.frame, columns.line))
    return damaged("stacks: the columns are not equally long");
  for (std::size_t i = 0; i < columns.parent.size(); ++i) {
    const std::int64_t parent = columns.parent[i];
    if (parent < -1 || parent >= static_cast<std::int64_t>(i))
      return damaged(fmt::format("stacks.parent[{}] is {}: a caller comes before what it calls", i, parent));
    if (columns.frame[i] >= profile.frames.size())
      return out_of_range("stacks.frame", i, columns.frame[i], profile.frames.size());
    profile.stacks.push_back(
        {parent < 0 ? kNoIndex : static_cast<std::uint32_t>(parent), columns.frame[i], columns.line[i]});
  }
  return {};
}

Result<void> add_samples(SampleColumns& columns, Profile& profile) {
  if (!equally_long(columns.time_ns, columns.thread, columns.stack, columns.wall_ns, columns.cpu_ns, columns.state))
    return damaged("samples: the columns are not equally long");
  ProfileSamples& samples = profile.samples;
  samples.stack.reserve(columns.stack.size());
  for (std::size_t i = 0; i < columns.stack.size(); ++i) {
    const std::int64_t stack = columns.stack[i];
    if (stack < -1 || stack >= static_cast<std::int64_t>(profile.stacks.size()))
      return out_of_range("samples.stack", i, stack, profile.stacks.size());
    if (columns.thread[i] >= profile.threads.size())
      return out_of_range("samples.thread", i, columns.thread[i], profile.threads.size());
    samples.stack.push_back(stack < 0 ? kNoIndex : static_cast<std::uint32_t>(stack));
  }
  samples.time_ns = std::move(columns.time_ns);
  samples.thread = std::move(columns.thread);
  samples.wall_ns = std::move(columns.wall_ns);
  samples.cpu_ns = std::move(columns.cpu_ns);
  samples.state = std::move(columns.state);
  return {};
}

Result<void> add_processes(ProfileDocument& document, Profile& profile) {
  for (std::size_t i = 0; i < document.processes.size(); ++i) {
    ProcessRow& row = document.processes[i];
    if (row.parent && *row.parent >= document.processes.size())
      return out_of_range("processes.parent", i, *row.parent, document.processes.size());
    profile.processes.push_back({row.pid, row.parent.value_or(kNoIndex), std::move(row.command), std::move(row.runtime),
                                 std::move(row.profiler), std::move(row.unprofiled_reason), row.start_ns, row.end_ns,
                                 row.quality, std::move(row.cpu), std::move(row.peak_rss)});
  }
  for (std::size_t i = 0; i < document.threads.size(); ++i) {
    ThreadRow& row = document.threads[i];
    if (row.process >= profile.processes.size())
      return out_of_range("threads.process", i, row.process, profile.processes.size());
    profile.threads.push_back({row.process, row.tid, std::move(row.name)});
  }
  return {};
}

Result<void> add_rest(ProfileDocument& document, Profile& profile) {
  const ProfileTimeline& timeline = document.timeline;
  if (!equally_long(timeline.time_ns, timeline.cpu_ns, timeline.rss_bytes, timeline.pss_bytes, timeline.processes,
                    timeline.threads))
    return damaged("timeline: the columns are not equally long");
  profile.timeline = std::move(document.timeline);
  MemoryMember& memory = document.memory;
  profile.memory.bytes = {memory.peak_bytes, memory.scope, std::move(memory.source), std::move(memory.reason)};
  profile.memory.time_ns = memory.time_ns;
  for (const MemoryStackRow& row : memory.stacks) {
    if (row.thread >= profile.threads.size() || row.stack >= profile.stacks.size())
      return damaged("memory.peak_stacks: a thread or stack that there is not");
    profile.memory.stacks.emplace_back(row.thread, row.stack);
  }
  for (const AllocationSite& site : document.allocations.sites)
    if (site.process >= profile.processes.size() || site.stack >= profile.stacks.size())
      return damaged("allocations.sites: a process or stack that there is not");
  profile.allocations = std::move(document.allocations);
  for (const ProfileSpan& span : document.spans)
    if (span.process >= profile.processes.size()) return damaged("spans: a process that there is not");
  profile.spans = std::move(document.spans);
  return {};
}

}  // namespace

Result<Profile> profile_of(ProfileDocument document) {
  Profile profile;
  const auto clock = clock_of_name(document.clock);
  if (!clock) return damaged(fmt::format("clock: '{}' is none", document.clock.substr(0, 40)));
  profile.clock = *clock;
  profile.command = std::move(document.command);
  profile.cwd = std::move(document.cwd);
  profile.started_at = std::move(document.started_at);
  profile.started_ns = document.started_ns;
  profile.duration_ns = document.duration_ns;
  profile.rate_hz = document.rate_hz;
  profile.preset = std::move(document.preset);
  profile.status = document.exit;
  profile.machine = std::move(document.machine);
  profile.cpu = std::move(document.cpu);
  profile.noise = std::move(document.noise);
  profile.diagnostics = std::move(document.diagnostics);
  RH_CHECK(add_frames(document.frames, profile));
  RH_CHECK(add_stacks(document.stacks, profile));
  RH_CHECK(add_processes(document, profile));
  RH_CHECK(add_samples(document.samples, profile));
  RH_CHECK(add_rest(document, profile));
  return profile;
}

Result<Profile> parse_json_profile(std::string_view text) {
  if (text.size() > kMaxProfileJsonBytes)
    return fail(ErrorKind::limit, fmt::format("read the profile: it is larger than {}",
                                              format_size(std::uint64_t{kMaxProfileJsonBytes})));
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return damaged("it is not JSON or was cut short");
  if (!json.is_object() || json.value("schema", nlohmann::json()) != kSchema)
    return damaged(
        fmt::format("its member \"schema\" is not \"{}\"; it takes a profile.json of `runharness profile`", kSchema));
  const nlohmann::json version = json.value("schema_version", nlohmann::json());
  if (!version.is_number_unsigned() || version.get<std::uint64_t>() > kProfileSchemaVersion)
    return fail(ErrorKind::unsupported, fmt::format("read the profile: schema version {}, and this program knows {}",
                                                    version.dump().substr(0, 40), kProfileSchemaVersion));
  ProfileDocument document;
  Decoder decoder({});
  decoder.value(json, document);
  if (decoder.problem()) return damaged(*decoder.problem());
  return profile_of(std::move(document));
}

}  // namespace rh::reporters
