// The arguments of the exec tools into an ExecutionRequest, and back for records. Sizes and counts are bounded here,
// once.
#include "runner/agent/exec/request.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/request_names.h"
#include "runner/agent/notebook/run.h"
#include "runner/agent/standard_input.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::uint64_t kMaxCodeBytes = 16ULL << 20;
constexpr std::uint64_t kMaxFilesBytes = 64ULL << 20;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxPackages = 200;
constexpr double kMaxSeconds = 24 * 3600;
constexpr std::uint64_t kMinMemoryBytes = 16ULL << 20;
constexpr std::size_t kMaxNameBytes = 200;

Failure refuse(std::string_view name, const std::string& why) {
  return fail(rh::ErrorKind::usage, fmt::format("read the request: '{}' {}", name, why));
}

std::string text_of(const json& arguments, const char* name) {
  const auto at = arguments.find(name);
  return at != arguments.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<bool> boolean_of(const json& arguments, const char* name) {
  const auto at = arguments.find(name);
  if (at == arguments.end() || !at->is_boolean()) return std::nullopt;
  return at->get<bool>();
}

template <class Map>
void read_map(const json& arguments, const char* name, Map& into) {
  if (const auto at = arguments.find(name); at != arguments.end())
    for (const auto& [key, value] : at->items()) into[key] = value.template get<std::string>();
}

void read_texts(const json& arguments, const char* name, std::vector<std::string>& into) {
  if (const auto at = arguments.find(name); at != arguments.end()) into = at->get<std::vector<std::string>>();
}

Result<std::optional<milliseconds>> seconds_of(const json& arguments, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = arguments.find(name);
    if (at == arguments.end() || at->is_null()) continue;
    const double seconds = at->get<double>();
    if (!std::isfinite(seconds) || seconds <= 0 || seconds > kMaxSeconds)
      return refuse(name, fmt::format("is a number of seconds above 0 and up to {}", kMaxSeconds));
    return std::optional(milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000))));
  }
  return std::optional<milliseconds>();
}

// "512MB" and "512m" are "512M".
Result<std::optional<std::uint64_t>> size_of(const json& arguments, const char* name, std::uint64_t least) {
  const auto at = arguments.find(name);
  if (at == arguments.end() || at->is_null()) return std::optional<std::uint64_t>();
  std::string text = at->is_string() ? at->get<std::string>() : at->dump();
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  for (const std::string_view suffix : {"IB", "B"})
    if (text.size() > suffix.size() && text.ends_with(suffix)) {
      text.resize(text.size() - suffix.size());
      break;
    }
  const auto bytes = parse_size(trim(text));
  if (!bytes) return refuse(name, fmt::format("is a size such as 256m, 512MB or 2G, not '{}'", at->dump()));
  if (*bytes < least) return refuse(name, fmt::format("must be at least {}", format_size(least)));
  return std::optional(*bytes);
}

template <class Enum, std::size_t count>
Result<std::optional<Enum>> choice_of(const json& arguments, const char* name, const Words<Enum, count>& choices) {
  const std::string text = text_of(arguments, name);
  if (text.empty()) return std::optional<Enum>();
  std::string known;
  for (const auto& [word, value] : choices) {
    if (word == text) return std::optional(value);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", word);
  }
  return refuse(name, fmt::format("is one of {}, not '{}'", known, text));
}

// A name below the working folder: no path out of it, nothing that a terminal or a shell would stumble over.
Result<void> check_file_name(const std::string& name) {
  const fs::path path(name);
  const bool climbs = std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (name.empty() || name.size() > 4096 || path.is_absolute() || climbs || odd || path.filename().empty())
    return refuse("files", fmt::format("has the name '{}': names are relative to the working folder, without '..'",
                                       to_valid_utf8(name).substr(0, kMaxNameBytes)));
  return {};
}

// Where the working folder can be inside: a name of its own, not one of the system.
Result<void> check_working_folder(const std::string& folder) {
  if (folder.empty()) return {};
  constexpr std::string_view kSystem[] = {"usr", "bin",  "sbin", "lib",  "lib32", "lib64", "etc",
                                          "dev", "proc", "sys",  "boot", "run",   "var"};
  const fs::path path(folder);
  const fs::path normal = path.lexically_normal();
  const bool odd = std::any_of(folder.begin(), folder.end(),
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == ':' || c == '\\'; });
  if (odd || !path.is_absolute() || normal != path || folder.size() > kMaxNameBytes || normal == "/")
    return refuse("working_dir", "is an absolute path such as /workspace or /app, without '..'");
  const std::string first = normal.relative_path().begin()->string();
  if (std::find(std::begin(kSystem), std::end(kSystem), first) != std::end(kSystem))
    return refuse("working_dir", fmt::format("cannot lie in /{}: that is the system's", first));
  return {};
}

Result<void> check_files(const ExecutionRequest& request) {
  if (request.files.size() > kMaxFiles) return refuse("files", fmt::format("has more than {} files", kMaxFiles));
  std::uint64_t total = 0;
  for (const auto& [name, content] : request.files) {
    RH_CHECK(check_file_name(name));
    total += content.size();
  }
  if (total > kMaxFilesBytes)
    return refuse("files", fmt::format("is larger than {} in all", format_size(kMaxFilesBytes)));
  return {};
}

Result<void> check_texts(const ExecutionRequest& request) {
  if (request.packages.size() > kMaxPackages)
    return refuse("packages", fmt::format("has more than {} names", kMaxPackages));
  for (const std::string& package : request.packages)
    if (package.empty() || package.front() == '-' || package.size() > kMaxNameBytes ||
        package.find_first_of(std::string_view(" \t\r\n\0'\"`$;&|<>\\", 17)) == 0)
      return refuse("packages", fmt::format("has '{}', which is no name of a package", to_valid_utf8(package)));
  for (const auto& [name, value] : request.env) {
    const bool odd = name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
                     value.find('\0') != std::string::npos;
    if (odd) return refuse("env_vars", fmt::format("has '{}', which is no name of a variable", to_valid_utf8(name)));
  }
  for (const std::string& argument : request.arguments)
    if (argument.find('\0') != std::string::npos) return refuse("arguments", "has a NUL in it");
  const bool plain = std::all_of(request.folder_name.begin(), request.folder_name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  if (!plain || request.folder_name.starts_with('.') || request.folder_name.size() > 100)
    return refuse("execution_folder_name", "is made of letters, digits, '-', '_' and '.'");
  return check_working_folder(request.working_folder);
}

// The one argument of the command line is a file, or where the language is named and no file could have that name,
// code.
bool is_code(const std::string& text, const json& arguments, const fs::path& here) {
  constexpr std::string_view kNotInPaths = "()[]{};=<>\"'$|&\n";
  std::error_code ignored;
  return arguments.contains("language") && text.find_first_of(kNotInPaths) != std::string::npos &&
         !fs::exists(here / text, ignored);
}

Result<void> read_code(const json& arguments, const fs::path& here, ExecutionRequest& request) {
  request.code = text_of(arguments, "code");
  if (request.code.empty()) request.code = text_of(arguments, "script");
  const std::string path = text_of(arguments, "path");
  if (!path.empty()) {
    if (!request.code.empty()) return refuse("path", "and 'code' exclude each other");
    if (path == "-") {
      RH_TRY(request.code, read_standard_input(kMaxCodeBytes, "read the code"));
    } else if (is_code(path, arguments, here)) {
      request.code = path;
    } else {
      std::error_code problem;
      request.script = fs::canonical(here / path, problem);
      if (problem) return fail_errno("read the script", path, problem.value());
      RH_TRY(request.code, read_file(request.script, kMaxCodeBytes));
    }
  }
  if (request.code.size() > kMaxCodeBytes)
    return refuse("code", fmt::format("is larger than {}", format_size(kMaxCodeBytes)));
  if (request.code.find('\0') != std::string::npos) return refuse("code", "has a NUL in it");
  return {};
}

std::optional<Language> language_of_first_line(std::string_view code) {
  if (!code.starts_with("#!")) return std::nullopt;
  const std::string_view line = code.substr(0, code.find('\n'));
  for (const auto& [word, language] : {std::pair{"python", Language::python}, std::pair{"node", Language::javascript},
                                       std::pair{"sh", Language::bash}})
    if (line.find(word) != std::string_view::npos) return language;
  return std::nullopt;
}

Result<void> read_language(const json& arguments, ExecutionRequest& request) {
  const std::string name = text_of(arguments, "language");
  if (!name.empty()) {
    const auto language = language_named(name);
    if (!language)
      return fail(rh::ErrorKind::unsupported,
                  fmt::format("use the language '{}': there are {}", to_valid_utf8(name), language_list()));
    request.language = *language;
    return {};
  }
  if (is_notebook(request.script)) return {};  // it says itself
  auto language = request.script.empty() ? std::nullopt : language_of_file(request.script.string());
  if (!language && !request.script.empty()) language = language_of_first_line(request.code);
  if (!language)
    return refuse("language",
                  fmt::format("is missing{}: it is one of {}",
                              request.script.empty() ? "" : " and the file's name does not tell it", language_list()));
  request.language = *language;
  return {};
}

Result<void> read_limits(const json& arguments, ExecutionRequest& request) {
  RH_TRY(request.timeout, seconds_of(arguments, {"timeout", "max_execution_time"}));
  RH_TRY(request.cpu_time, seconds_of(arguments, {"cpu_time"}));
  RH_TRY(request.memory_bytes, size_of(arguments, "memory_limit", kMinMemoryBytes));
  RH_TRY(request.max_output_bytes, size_of(arguments, "max_output", 1));
  if (const auto at = arguments.find("cpus"); at != arguments.end()) {
    const double cpus = at->get<double>();
    if (!std::isfinite(cpus) || cpus < 0.01 || cpus > 1024) return refuse("cpus", "is a number of cores, such as 1.5");
    request.cpus = cpus;
  }
  RH_TRY(request.network, choice_of(arguments, "network", kNetworkNames));
  return {};
}

Result<void> read_policy(const json& arguments, ExecutionRequest& request) {
  RH_TRY(request.security, choice_of(arguments, "security", kSecurityNames));
  if (const auto safe = boolean_of(arguments, "safe_mode"))
    request.security = *safe ? SecurityMode::safe : SecurityMode::permissive;
  RH_TRY(request.mode, choice_of(arguments, "execution_mode", kModeNames));
  RH_TRY(request.method, choice_of(arguments, "execution_method", kMethodNames));
  request.save_execution = boolean_of(arguments, "save_execution");
  request.package_cache = boolean_of(arguments, "package_cache");
  request.notebook = boolean_of(arguments, "notebook");
  request.collect_metrics = boolean_of(arguments, "collect_metrics");
  request.enable = boolean_of(arguments, "enable").value_or(false);
  request.allow_production = boolean_of(arguments, "allow_prod").value_or(false);
  request.requires_isolation = boolean_of(arguments, "requires_isolation").value_or(false);
  request.echo = boolean_of(arguments, "echo").value_or(false);
  return {};
}

void read_words(const json& arguments, ExecutionRequest& request) {
  request.standard_input = text_of(arguments, "stdin");
  request.working_folder = text_of(arguments, "working_dir");
  request.folder_name = text_of(arguments, "execution_folder_name");
  request.runtime = text_of(arguments, "runtime");
  request.environment = text_of(arguments, "environment");
  request.access = text_of(arguments, "access_mode");
  request.capability = text_of(arguments, "capability");
  request.expected = text_of(arguments, "expected_type");
  request.session = text_of(arguments, "session_id");
  if (request.session.empty()) request.session = text_of(arguments, "thread_id");
  request.instruction = text_of(arguments, "instruction");
  request.user_query = text_of(arguments, "user_query");
  request.task_objective = text_of(arguments, "task_objective");
  request.expected_results = text_of(arguments, "expected_results");
  request.user = text_of(arguments, "user");
  request.provider = text_of(arguments, "provider");
  request.model = text_of(arguments, "model");
}

}  // namespace

Result<ExecutionRequest> request_from_json(const json& arguments, const fs::path& here) {
  if (!arguments.is_object()) return fail(rh::ErrorKind::usage, "read the request: it is no JSON object");
  ExecutionRequest request;
  try {
    RH_CHECK(read_code(arguments, here, request));
    RH_CHECK(read_language(arguments, request));
    read_texts(arguments, "arguments", request.arguments);
    read_texts(arguments, "packages", request.packages);
    read_texts(arguments, "artifacts", request.artifacts);
    read_map(arguments, "files", request.files);
    read_map(arguments, "env_vars", request.env);
    read_words(arguments, request);
    if (const auto at = arguments.find("context"); at != arguments.end()) request.context_json = at->dump();
    if (const std::string file = text_of(arguments, "requirements"); !file.empty()) {
      std::error_code problem;
      request.requirements = fs::canonical(here / file, problem);
      if (problem) return fail_errno("read the requirements", file, problem.value());
    }
    RH_CHECK(read_limits(arguments, request));
    RH_CHECK(read_policy(arguments, request));
  } catch (const json::exception& problem) {
    return fail(rh::ErrorKind::usage, fmt::format("read the request: {}", problem.what()));
  }
  if (request.code.empty()) return refuse("code", "is missing: give code, or the path of a script");
  if (is_notebook(request.script)) RH_CHECK(prepare_notebook(request));
  RH_CHECK(check_files(request));
  RH_CHECK(check_texts(request));
  return request;
}

json to_json(const ExecutionRequest& request) {
  json out = {{"language", name_of(request.language)}, {"code", request.code}};
  const auto put = [&out](const char* name, const auto& value) {
    if (!value.empty()) out[name] = value;
  };
  if (!request.script.empty()) out["path"] = request.script.string();
  put("arguments", request.arguments);
  put("stdin", request.standard_input);
  put("files", request.files);
  put("env_vars", request.env);
  put("packages", request.packages);
  if (!request.requirements.empty()) out["requirements"] = request.requirements.string();
  if (!request.context_json.empty()) out["context"] = json::parse(request.context_json, nullptr, false);
  put("artifacts", request.artifacts);
  put("working_dir", request.working_folder);
  put("execution_folder_name", request.folder_name);
  const auto seconds = [&out](const char* name, const std::optional<milliseconds>& value) {
    if (value) out[name] = static_cast<double>(value->count()) / 1000;
  };
  seconds("timeout", request.timeout);
  seconds("cpu_time", request.cpu_time);
  if (request.memory_bytes) out["memory_limit"] = std::to_string(*request.memory_bytes);
  if (request.max_output_bytes) out["max_output"] = std::to_string(*request.max_output_bytes);
  if (request.cpus) out["cpus"] = *request.cpus;
  if (request.network) out["network"] = word_of(kNetworkNames, *request.network);
  if (request.security) out["security"] = word_of(kSecurityNames, *request.security);
  if (request.mode) out["execution_mode"] = word_of(kModeNames, *request.mode);
  if (request.method) out["execution_method"] = word_of(kMethodNames, *request.method);
  for (const auto& [name, value] :
       {std::pair{"save_execution", request.save_execution}, std::pair{"package_cache", request.package_cache},
        std::pair{"notebook", request.notebook}, std::pair{"collect_metrics", request.collect_metrics}})
    if (value) out[name] = *value;
  for (const auto& [name, value] :
       {std::pair{"enable", request.enable}, std::pair{"allow_prod", request.allow_production},
        std::pair{"requires_isolation", request.requires_isolation}, std::pair{"echo", request.echo}})
    if (value) out[name] = true;
  for (const auto& [name, value] :
       {std::pair{"runtime", &request.runtime}, std::pair{"environment", &request.environment},
        std::pair{"access_mode", &request.access}, std::pair{"capability", &request.capability},
        std::pair{"expected_type", &request.expected}, std::pair{"session_id", &request.session},
        std::pair{"instruction", &request.instruction}, std::pair{"user_query", &request.user_query},
        std::pair{"task_objective", &request.task_objective}, std::pair{"expected_results", &request.expected_results},
        std::pair{"user", &request.user}, std::pair{"provider", &request.provider}, std::pair{"model", &request.model}})
    put(name, *value);
  return out;
}

}  // namespace rh::agent
