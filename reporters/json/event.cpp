// One line of the event log: {"event": name, members...}. Instants are CLOCK_MONOTONIC itself.
#include "reporters/json/decoder.h"
#include "reporters/json/encoder.h"
#include "reporters/json/event_fields.h"
#include "reporters/reporter.h"

#include <algorithm>

#include <fmt/core.h>

namespace rh::reporters {
namespace {

constexpr std::chrono::nanoseconds kNoOffset{};

Failure damaged(std::string_view problem) { return fail(ErrorKind::parse, fmt::format("read an event: {}", problem)); }

template <std::size_t Index = 0>
void choose(model::RunEvent& event, std::size_t index) {
  if constexpr (Index < std::variant_size_v<model::RunEvent>) {
    if (index == Index)
      event.emplace<Index>();
    else
      choose<Index + 1>(event, index);
  }
}

}  // namespace

std::string encode_event(const model::RunEvent& event) {
  JsonWriter writer(0);
  writer.open('{');
  writer.key("event");
  writer.string(kEventNames[event.index()]);
  std::visit([&](const auto& alternative) { Encoder(writer, Density::sparse, kNoOffset).members(alternative); }, event);
  writer.close('}');
  return writer.take();
}

Result<model::RunEvent> decode_event(std::string_view line) {
  const nlohmann::json document = nlohmann::json::parse(line, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return damaged("the line is not a JSON object, or was cut short");
  const auto member = document.find("event");
  if (member == document.end() || !member->is_string()) return damaged("its member \"event\" is missing");
  const auto& name = member->get_ref<const std::string&>();
  const auto known = std::find(kEventNames.begin(), kEventNames.end(), name);
  if (known == kEventNames.end())
    return fail(ErrorKind::unsupported,
                fmt::format("read an event: this program does not know '{}'", name.substr(0, 40)));
  model::RunEvent event;
  choose(event, static_cast<std::size_t>(known - kEventNames.begin()));
  Decoder decoder(kNoOffset);
  std::visit([&](auto& alternative) { decoder.members(document, alternative); }, event);
  if (decoder.problem()) return damaged(fmt::format("{}: {}", name, *decoder.problem()));
  return event;
}

}  // namespace rh::reporters
