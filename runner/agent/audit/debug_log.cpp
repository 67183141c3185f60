#include "runner/agent/audit/debug_log.h"

#include <cstdio>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// One write a line: lines of calls at the same time do not mix.
void say(const ExecutionRecord& record, const std::string& text) {
  const std::string line = fmt::format("runharness debug {} {}: {}\n", to_rfc3339(wall_now()), record.id, text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void debug_begin(const AgentConfig& config, const ExecutionRecord& record, std::string_view caller) {
  if (!config.debug_log) return;
  say(record,
      fmt::format("begins: {} bytes of {} for {}{}", record.request.code.size(), name_of(record.request.language),
                  caller, record.request.session.empty() ? "" : " in session " + record.request.session));
}

void debug_end(const AgentConfig& config, const ExecutionRecord& record) {
  if (!config.debug_log) return;
  for (const Stage& stage : record.stages)
    say(record, fmt::format("stage {}: {} in {}{}", stage.name, stage.outcome, format_duration(stage.wall),
                            stage.detail.empty() ? "" : " (" + stage.detail + ")"));
  say(record, fmt::format("ends: {}{} after {}", name_of(record.status),
                          record.error.kind == ErrorKind::none ? "" : fmt::format(", {}", name_of(record.error.kind)),
                          format_duration(record.total)));
}

}  // namespace rh::agent
