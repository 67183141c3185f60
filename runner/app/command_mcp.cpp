// `runharness mcp`: the tools of the table as a server of the Model Context Protocol, over standard input and output or
// over HTTP. Standard output belongs to the protocol from the first byte on.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include <fmt/core.h>

#include "runner/agent/mcp/product_host.h"
#include "runner/agent/mcp/server.h"
#include "runner/agent/mcp/stdio_server.h"
#include "runner/app/commands.h"
#include "runner/app/run_signals.h"
#include "runner/app/workspace.h"
#include "runner/base/text.h"

namespace rh::app {
namespace {

namespace mcp = agent::mcp;

const std::vector<std::string>& texts_of(const CommandLine& line, const std::string& name) {
  static const std::vector<std::string> none;
  const auto found = line.named.find(name);
  return found == line.named.end() ? none : found->second;
}

bool has(const CommandLine& line, const std::string& name) { return !texts_of(line, name).empty(); }

// "a,b" and repeated flags.
std::vector<std::string> list_of(const CommandLine& line, const std::string& name) {
  std::vector<std::string> all;
  for (const std::string& text : texts_of(line, name))
    for (const std::string_view one : split(text, ','))
      if (!trim(one).empty()) all.emplace_back(trim(one));
  return all;
}

Result<unsigned> number_of(const CommandLine& line, const std::string& name, unsigned fallback, unsigned most) {
  if (!has(line, name)) return fallback;
  const auto number = parse_u64(texts_of(line, name).back());
  if (!number || *number == 0 || *number > most)
    return fail(ErrorKind::usage, fmt::format("read the flag: it takes a number from 1 to {}", most), "--" + name);
  return static_cast<unsigned>(*number);
}

Result<std::vector<mcp::OfferedTool>> chosen_tools(const CommandLine& line) {
  mcp::OfferOptions options;
  options.tools = list_of(line, "tools");
  options.aliases = !has(line, "no-aliases");
  if (has(line, "toolset")) {
    const std::string& set = texts_of(line, "toolset").back();
    if (!is_one_of(set, {"default", "all"}))
      return fail(ErrorKind::usage, "offer tools: a set is 'default' or 'all'", set);
    options.all = set == "all";
  }
  return mcp::offered_tools(options);
}

// Programs that are started must not find the client's stream: standard output becomes standard error, and the protocol
// keeps a descriptor of its own that is closed on exec. The same for standard input.
struct ProtocolStreams {
  UniqueFd input, output;
};

Result<ProtocolStreams> take_streams() {
  constexpr int kAboveStandard = 3;
  ProtocolStreams streams{UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kAboveStandard)),
                          UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, kAboveStandard))};
  if (!streams.input || !streams.output) return fail_errno("take standard input and output", "mcp");
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null || ::dup2(null.get(), STDIN_FILENO) < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return fail_errno("set standard input and output aside", "mcp");
  return streams;
}

}  // namespace

Result<int> run_mcp(const CommandLine& line) {
  ::signal(SIGPIPE, SIG_IGN);  // a client that went away is no reason to die in the middle of cleaning up
  RH_TRY(auto signals, RunSignals::install());
  RH_TRY(auto tools, chosen_tools(line));
  constexpr unsigned kMostCalls = 100'000;
  mcp::QuotaLimits quota;
  RH_TRY(quota.concurrent, number_of(line, "max-concurrent", quota.concurrent, kMostCalls));
  RH_TRY(quota.per_minute, number_of(line, "max-per-minute", quota.per_minute, kMostCalls));
  RH_TRY(auto streams, take_streams());
  constexpr unsigned kMostWarm = 64;
  RH_TRY(const unsigned warm, number_of(line, "warm", 0, kMostWarm));
  RH_TRY(const auto service, open_agent_service(line, [&](agent::AgentConfig& config) {
           if (has(line, "enable")) {
             config.enabled = true;
             config.enabled_by = "--enable";
           }
           if (warm > 0) config.warm_pool = warm;
         }));
  mcp::ProductHost host(*service, {std::move(tools), has(line, "full-text")});
  mcp::Server server(host, quota);
  RH_CHECK(mcp::serve_stdio(server, streams.input, streams.output, signals.descriptor()));
  return signals.first() != 0 ? 128 + signals.first() : 0;
}

}  // namespace rh::app
