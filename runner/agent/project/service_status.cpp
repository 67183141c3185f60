// Whether this machine can do what will be asked of it: sandbox, folders, space, languages, endpoints. Nothing of the
// caller is run for that.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/jupyter/jupyter_place.h"
#include "runner/agent/language.h"
#include "runner/agent/project/child.h"
#include "runner/agent/project/project.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto kProbeTime = std::chrono::milliseconds(2000);
constexpr auto kVersionTime = std::chrono::milliseconds(20'000);
constexpr std::uint64_t kLowSpace = 512ULL << 20;

struct Need {
  Language language;
  std::vector<const char*> tools;  // all are needed
  std::vector<std::string> version;
};

const std::vector<Need>& needs() {
  static const std::vector<Need> all{
      {Language::python, {"python3"}, {"--version"}},      {Language::javascript, {"node"}, {"--version"}},
      {Language::bash, {"bash"}, {"--version"}},           {Language::go, {"go"}, {"version"}},
      {Language::rust, {"rustc", "cargo"}, {"--version"}}, {Language::java, {"javac", "java"}, {"--version"}}};
  return all;
}

json language_json(const Service& service, const Need& need, bool versions) {
  json row = {{"language", name_of(need.language)}, {"supported", true}, {"missing", json::array()}};
  for (const char* tool : need.tools) {
    const auto path = service.host().find_tool(tool);
    if (!path) {
      row["missing"].push_back(tool);
      continue;
    }
    row["tools"][tool] = path->string();
  }
  const bool usable = row["missing"].empty();
  row["supported"] = usable;
  if (!usable || !versions) return row;
  std::vector<std::string> argv{row["tools"][need.tools.front()].get<std::string>()};
  argv.insert(argv.end(), need.version.begin(), need.version.end());
  const auto answer = service.host().run_helper({argv, "/", {}}, kVersionTime);
  if (answer && answer->exit_code == 0) {
    row["version"] = std::string(trim(split_lines(answer->standard_output).front()));
  } else {
    row["supported"] = false;
    row["problem"] = answer ? std::string(trim(answer->standard_error)).substr(0, 300) : answer.error().message();
  }
  return row;
}

json folder_json(const fs::path& wanted) {
  fs::path folder = wanted;
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_parent_path() && folder != folder.parent_path())
    folder = folder.parent_path();
  struct statvfs space {};
  json row = {{"path", wanted.string()}, {"exists", folder == wanted}};
  row["writable"] = ::access(folder.c_str(), W_OK | X_OK) == 0;
  if (::statvfs(folder.c_str(), &space) == 0) {
    const std::uint64_t bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    row["free_bytes"] = bytes;
    row["enough"] = bytes >= kLowSpace;
  } else {
    row["free_bytes"] = nullptr;
    row["problem"] = std::string(std::strerror(errno));
  }
  return row;
}

struct HostPort {
  std::string host, port;
};

std::optional<HostPort> host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const bool secure = url.starts_with("https");
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  const std::size_t colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
  std::string_view host = has_port ? rest.substr(0, colon) : rest;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostPort{std::string(host), has_port ? std::string(rest.substr(colon + 1)) : secure ? "443" : "80"};
}

// A program without shared libraries cannot ask the C library for names: getent does.
Result<std::vector<std::string>> addresses_of(const Service& service, const std::string& host) {
  in6_addr ignored{};
  if (::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1)
    return std::vector{host};
  if (host == "localhost") return std::vector<std::string>{"127.0.0.1", "::1"};
  const model::Command command{{"getent", "ahosts", host}, service.paths().project, {}};
  RH_TRY(const adapters::HelperOutput output, service.host().run_helper(command, kProbeTime));
  std::vector<std::string> addresses;
  for (const std::string_view line : split_lines(output.standard_output))
    if (std::string address(line.substr(0, line.find(' ')));
        !address.empty() && std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(std::move(address));
  if (addresses.empty()) return fail(rh::ErrorKind::not_found, "look up the name: it is not known", host);
  return addresses;
}

// 0: somebody listens there.
int connect_error(const std::string& address, std::uint16_t port) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return EAFNOSUPPORT;
  const UniqueFd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const auto* const at = is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  int error = ::connect(fd.get(), at, is_v4 ? sizeof v4 : sizeof v6) == 0 ? 0 : errno;
  if (error != EINPROGRESS) return error;
  pollfd wanted{fd.get(), POLLOUT, 0};
  if (::poll(&wanted, 1, static_cast<int>(kProbeTime.count())) != 1) return ETIMEDOUT;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Only whether somebody listens; no request is sent, so no key either. Empty: somebody does.
std::string connect_problem(const Service& service, const HostPort& place) {
  const auto port = parse_u64(place.port);
  if (!port || *port == 0 || *port > 65535) return "its port is no number from 1 to 65535";
  const auto addresses = addresses_of(service, place.host);
  if (!addresses) return addresses.error().message();
  int error = 0;
  for (const std::string& address : *addresses) {
    error = connect_error(address, static_cast<std::uint16_t>(*port));
    if (error == 0) return {};
  }
  return std::strerror(error);
}

json endpoint_json(const Service& service, const std::string& name, const std::string& url, bool probe) {
  json row = {{"name", name}, {"url", url}};
  const auto place = host_of(url);
  if (!place) {
    row["reachable"] = false;
    row["problem"] = "this is no URL";
  } else if (!probe) {
    row["reachable"] = nullptr;
    row["problem"] = "not asked for: use probe";
  } else {
    const std::string problem = connect_problem(service, *place);
    row["reachable"] = problem.empty();
    if (!problem.empty()) row["problem"] = problem;
  }
  return row;
}

json endpoints_json(const Service& service, bool probe) {
  json rows = json::array();
  const AgentConfig& config = service.config();
  for (const Provider& provider : config.generation.providers) {
    json row = endpoint_json(service, provider.name, provider.url, probe);
    row["key_set"] = provider.key_variable.empty() || service.host().environment().contains(provider.key_variable);
    row["chosen"] = provider.name == config.generation.provider;
    rows.push_back(std::move(row));
  }
  if (!config.container.jupyter_host.empty()) {
    const auto place = jupyter_place(config.container.jupyter_host, config.container.jupyter_port);
    rows.push_back(endpoint_json(service, "jupyter", place ? place->url() : config.container.jupyter_host, probe));
    rows.back()["key_set"] = service.host().environment().contains("JUPYTER_TOKEN");
  }
  const bool named = service.host().environment().contains("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (config.telemetry.enabled.value_or(named) && !config.telemetry.endpoint.empty())
    rows.push_back(endpoint_json(service, "telemetry", config.telemetry.endpoint, probe));
  return rows;
}

// Presets that keep their promises here, from `doctor`, which tries them.
json sandbox_json(const Service& service, const CallContext& context) {
  ChildSpec spec{
      {service.paths().program.string(), "doctor", "--json"}, service.paths().project, service.host().environment()};
  spec.timeout = std::chrono::seconds(60);
  const auto end = run_child(spec, {context.cancel, {}});
  if (!end) return {{"usable", false}, {"problem", end.error().message()}};
  json doctor = json::parse(end->output, nullptr, false);
  if (!doctor.is_object()) return {{"usable", false}, {"problem", std::string(trim(end->errors)).substr(0, 500)}};
  json row = {{"usable", false}, {"presets", doctor.value("presets", json::array())}};
  for (const json& preset : row["presets"])
    if (preset.value("name", "") == service.config().preset) {
      row["preset"] = preset["name"];
      row["usable"] = !preset.contains("problem") || preset["problem"].is_null() || preset["problem"] == "";
    }
  return row;
}

ToolAnswer supports_language(Service& service, const std::string& name) {
  const auto language = language_named(name);
  json record = {{"success", true}, {"language", name}, {"supported", false}};
  if (!language) {
    record["reason"] = fmt::format("unknown language; there are {}", language_list());
    return answer_of(record, fmt::format("no: {}", record["reason"].get<std::string>()));
  }
  for (const Need& need : needs()) {
    if (need.language != *language) continue;
    record.update(language_json(service, need, true));
  }
  record["success"] = true;
  const bool yes = record["supported"].get<bool>();
  if (!yes && !record.contains("problem")) record["problem"] = "missing on PATH: " + record["missing"].dump();
  return answer_of(record, yes ? "yes: " + record.value("version", "") : "no: " + record.value("problem", ""));
}

ToolAnswer supports_provider(Service& service, const std::string& name) {
  json record = {{"success", true}, {"provider", name}, {"supported", false}, {"providers", json::array()}};
  for (const Provider& provider : service.config().generation.providers) {
    record["providers"].push_back(provider.name);
    if (provider.name != name) continue;
    record["supported"] = true;
    record["key_set"] = provider.key_variable.empty() || service.host().environment().contains(provider.key_variable);
    record["key_variable"] = provider.key_variable;
  }
  return answer_of(record, record["supported"].get<bool>() ? "yes" : "no: there are " + record["providers"].dump());
}

std::string text_of(const json& record) {
  std::string text = record["usable"].get<bool>() ? "usable\n" : "not usable\n";
  text += fmt::format("sandbox: {}\n", record["sandbox"]["usable"].get<bool>() ? "works" : "does not work");
  text += fmt::format("running code: {}\n", record["execution_enabled"].get<bool>() ? "enabled" : "not enabled");
  for (const json& language : record["languages"])
    text += fmt::format("{}: {}\n", language["language"].get<std::string>(),
                        language["supported"].get<bool>() ? language.value("version", "found")
                                                          : "missing " + language["missing"].dump());
  for (const json& folder : record["folders"])
    text += fmt::format(
        "{}: {}{}\n", folder["path"].get<std::string>(), folder["writable"].get<bool>() ? "writable" : "not writable",
        folder["free_bytes"].is_null() ? std::string()
                                       : ", " + format_size(folder["free_bytes"].get<std::uint64_t>()) + " free");
  for (const json& endpoint : record["endpoints"])
    text += fmt::format("{}: {}\n", endpoint["name"].get<std::string>(),
                        endpoint["reachable"].is_boolean() && endpoint["reachable"].get<bool>()
                            ? "reachable"
                            : endpoint.value("problem", "not reachable"));
  for (const json& problem : record["problems"]) text += "problem: " + problem.get<std::string>() + "\n";
  return text;
}

}  // namespace

ToolAnswer service_status(Service& service, const CallContext& context, const json& arguments) {
  if (arguments.contains("language")) return supports_language(service, arguments["language"].get<std::string>());
  if (arguments.contains("provider")) return supports_provider(service, arguments["provider"].get<std::string>());
  const bool probe = arguments.value("probe", true);
  json record = {{"success", true}, {"problems", json::array()}};
  record["sandbox"] = sandbox_json(service, context);
  record["execution_enabled"] = service.config().enabled;
  record["languages"] = json::array();
  for (const Need& need : needs()) record["languages"].push_back(language_json(service, need, probe));
  const fs::path tmp = fs::temp_directory_path();
  record["folders"] = {folder_json(service.paths().project), folder_json(service.paths().state), folder_json(tmp)};
  record["endpoints"] = endpoints_json(service, probe);
  if (!record["sandbox"]["usable"].get<bool>())
    record["problems"].push_back("the sandbox does not work here: see `runharness doctor`");
  for (const json& folder : record["folders"]) {
    if (!folder["writable"].get<bool>())
      record["problems"].push_back(folder["path"].get<std::string>() + " cannot be written");
    else if (!folder.value("enough", true))
      record["problems"].push_back(folder["path"].get<std::string>() + " has less than " + format_size(kLowSpace) +
                                   " free");
  }
  for (const json& endpoint : record["endpoints"])
    if (endpoint["reachable"].is_boolean() && !endpoint["reachable"].get<bool>())
      record["problems"].push_back(endpoint["name"].get<std::string>() + ": " + endpoint.value("problem", ""));
  record["usable"] = record["sandbox"]["usable"].get<bool>() && record["folders"][1]["writable"].get<bool>();
  ToolAnswer answer = answer_of(record, text_of(record));
  answer.exit_code = record["usable"].get<bool>() ? 0 : 1;
  return answer;
}

}  // namespace rh::agent
