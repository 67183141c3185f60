// The process that holds the sessions of command lines: one for each project and account, on a socket in the private
// folder, started by the first session and gone when there is none left.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

constexpr std::uint64_t kMaxHolderMessage = 128ULL << 20;
constexpr std::size_t kMaxHolderCallers = 64;

// Does this process hold sessions of its own? A server does, and the holder; other commands ask the holder.
[[nodiscard]] bool holds_sessions(const CallContext& context);
void hold_sessions_here();

// Has the holder call the tool; `start`: one is started where there is none, else the answer says that there is none.
[[nodiscard]] ToolAnswer ask_holder(Service& service, const CallContext& context, std::string_view tool,
                                    const nlohmann::json& arguments, bool start);
[[nodiscard]] bool holder_runs(Service& service);

// Serves until there is nothing to hold any more, or `context.cancel`. `ready`: told "ok" when callers can come; -1:
// nobody.
[[nodiscard]] Result<void> serve_sessions(Service& service, const CallContext& context, int ready);

}  // namespace rh::agent
