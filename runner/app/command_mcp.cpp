// `runharness mcp`: the tools of the table as a server of the Model Context Protocol, over standard input and output or
// over HTTP. Standard output belongs to the protocol from the first byte on.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <limits>

#include <fmt/core.h>

#include "runner/agent/custom/custom_tools.h"
#include "runner/agent/mcp/http_router.h"
#include "runner/agent/mcp/http_server.h"
#include "runner/agent/mcp/product_host.h"
#include "runner/agent/mcp/server.h"
#include "runner/agent/mcp/stdio_server.h"
#include "runner/app/commands.h"
#include "runner/app/run_signals.h"
#include "runner/app/workspace.h"
#include "runner/base/file.h"
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

Result<mcp::Offer> chosen_tools(const CommandLine& line, const agent::AgentConfig& config) {
  mcp::OfferOptions options;
  for (const agent::CustomTool& tool : config.tools)
    if (agent::custom_tool_named(config, tool.name) == &tool) options.custom.push_back(tool.name);
  options.tools = list_of(line, "tools");
  if (has(line, "aliases"))
    options.aliases = texts_of(line, "aliases").back() == "true" ? mcp::Aliases::all : mcp::Aliases::none;
  if (has(line, "toolset")) {
    const std::string& set = texts_of(line, "toolset").back();
    if (!is_one_of(set, {"default", "all"}))
      return fail(ErrorKind::usage, "offer tools: a set is 'default' or 'all'", set);
    options.all = set == "all";
  }
  return mcp::offered_tools(options);
}

// "127.0.0.1:8080", "[::1]:0", "localhost:8080", ":8080", "8080".
Result<void> read_address(const std::string& text, mcp::HttpOptions& options) {
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? std::string() : text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = parse_u64(colon == std::string::npos ? text : text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max())
    return fail(ErrorKind::usage, "listen: say HOST:PORT, such as 127.0.0.1:8808; port 0 is any", text);
  if (!host.empty()) options.address = host;
  options.port = static_cast<std::uint16_t>(*port);
  return {};
}

// One token for a client that --token-env names, or one on each line of --token-file.
Result<std::vector<std::string>> read_tokens(const CommandLine& line) {
  constexpr std::uint64_t kMaxTokenFileBytes = 64 << 10;
  std::vector<std::string> tokens;
  for (const std::string& name : texts_of(line, "token-env")) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
      return fail(ErrorKind::usage, "read the token: the environment has no such variable", name);
    tokens.emplace_back(value);
  }
  for (const std::string& file : texts_of(line, "token-file")) {
    RH_TRY(const std::string text, read_file(file, kMaxTokenFileBytes));
    for (const std::string_view one : split_lines(text))
      if (!trim(one).empty()) tokens.emplace_back(trim(one));
    if (trim(text).empty()) return fail(ErrorKind::usage, "read the token: the file is empty", file);
  }
  return tokens;
}

Result<mcp::HttpOptions> http_options(const CommandLine& line) {
  mcp::HttpOptions options;
  RH_CHECK(read_address(texts_of(line, "http").back(), options));
  options.access.hosts = list_of(line, "allow-host");
  options.access.origins = list_of(line, "allow-origin");
  RH_TRY(options.access.tokens, read_tokens(line));
  if (!mcp::is_loopback_name(options.address) && options.access.tokens.empty())
    return fail(ErrorKind::usage,
                "listen: others can reach this address, so that a token is needed (--token-env, "
                "--token-file)",
                options.address);
  return options;
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

Result<void> serve(const CommandLine& line, mcp::Server& server, BorrowedFd stop) {
  if (!has(line, "http")) {
    RH_TRY(const auto streams, take_streams());
    return mcp::serve_stdio(server, streams.input, streams.output, stop);
  }
  RH_TRY(const mcp::HttpOptions options, http_options(line));
  const auto listening = [&](std::uint16_t port) {
    const bool is_v6 = options.address.find(':') != std::string::npos;
    print(fmt::format("listening on http://{}:{}{}\n", is_v6 ? "[" + options.address + "]" : options.address, port,
                      mcp::kEndpoint));
  };
  return mcp::serve_http(server, options, stop, listening, [](std::string_view what) {
    print_error(fmt::format("runharness: a request failed: {}\n", what));
  });
}

}  // namespace

Result<int> run_mcp(const CommandLine& line) {
  ::signal(SIGPIPE, SIG_IGN);  // a client that went away is no reason to die in the middle of cleaning up
  RH_TRY(auto signals, RunSignals::install());
  constexpr unsigned kMostCalls = 100'000;
  mcp::QuotaLimits quota;
  RH_TRY(quota.concurrent, number_of(line, "max-concurrent", quota.concurrent, kMostCalls));
  RH_TRY(quota.per_minute, number_of(line, "max-per-minute", quota.per_minute, kMostCalls));
  constexpr unsigned kMostWarm = 64;
  RH_TRY(const unsigned warm, number_of(line, "warm", 0, kMostWarm));
  for (const std::string& right : list_of(line, "caller-may"))
    if (!is_one_of(right, {"enable", "allow_prod", "allow-prod", "nothing"}))
      return fail(ErrorKind::usage, "let callers decide: they may be given 'enable' and 'allow_prod', or 'nothing'",
                  right);
  RH_TRY(const auto service, open_agent_service(line, [&](agent::AgentConfig& config) {
           if (has(line, "allow-prod")) config.allow_production = true;
           for (const std::string& right : list_of(line, "caller-may")) {
             if (right != "nothing") config.caller_may.push_back(right == "allow-prod" ? "allow_prod" : right);
             config.caller_may_said = true;
           }
           // Over stdio the caller is who has started the server; over HTTP it is whoever reaches it.
           if (!config.caller_may_said && !has(line, "http")) config.caller_may = {"enable"};
           if (has(line, "enable")) {
             config.enabled = true;
             config.enabled_by = "--enable";
           }
           if (warm > 0) config.warm_pool = warm;
         }));
  if (has(line, "http")) {
    RH_TRY(const mcp::HttpOptions options, http_options(line));
    service->expose({options.address, !mcp::is_loopback_name(options.address), !options.access.tokens.empty()});
  }
  RH_TRY(auto offer, chosen_tools(line, service->config()));
  mcp::ProductHost host(*service, {std::move(offer), has(line, "full-text")});
  mcp::Server server(host, quota);
  RH_CHECK(serve(line, server, signals.descriptor()));
  return signals.first() != 0 ? 128 + signals.first() : 0;
}

}  // namespace rh::app
