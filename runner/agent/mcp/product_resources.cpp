#include "runner/agent/mcp/product_resources.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/history/execution_store.h"
#include "runner/agent/mcp/base64.h"
#include "runner/agent/mcp/percent.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kScheme = "runharness://";
constexpr std::size_t kMaxRuns = 1'000;
constexpr std::size_t kMaxExecutions = 1'000;

Reply not_found(std::string_view why) { return refuse(kLegacyResourceNotFound, std::string(why)); }

Reply text_contents(const std::string& uri, std::string_view mime_type, std::string text) {
  return reply_with({{"contents", {{{"uri", uri}, {"mimeType", mime_type}, {"text", std::move(text)}}}}});
}

fs::path runs_folder(const Service& service) { return service.paths().project / ".runharness/runs"; }

// Ids of runs begin with their time, so that names sort by it.
std::vector<std::string> run_names(const Service& service) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runs_folder(service), ignored)) {
    if (names.size() >= kMaxRuns) break;
    if (entry.symlink_status(ignored).type() == fs::file_type::directory) names.push_back(entry.path().filename());
  }
  std::sort(names.rbegin(), names.rend());
  return names;
}

std::vector<std::string> report_names(const Service& service, const std::string& run) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runs_folder(service) / run, ignored))
    if (entry.symlink_status(ignored).type() == fs::file_type::regular && names.size() < kMaxListedResources)
      names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Reply read_run(const Service& service, const std::string& uri, std::string_view rest) {
  const std::vector<std::string> runs = run_names(service);
  if (rest.empty()) {
    json list = json::array();
    for (const std::string& run : runs) list.push_back({{"run", run}, {"files", report_names(service, run)}});
    return text_contents(uri, "application/json", json{{"runs", std::move(list)}}.dump());
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return not_found("name a file of the run");
  const std::string_view run = rest.substr(0, slash);
  const auto found = run == "latest" ? runs.begin() : std::find(runs.begin(), runs.end(), run);
  if (found == runs.end()) return not_found("there is no such run");
  return file_contents(runs_folder(service) / *found, rest.substr(slash + 1), uri);
}

Reply list_executions(Service& service, const std::string& uri) {
  const auto stored = service.executions().list(kMaxExecutions, false);
  if (!stored) return refuse(kInternalError, stored.error().message());
  json list = json::array();
  for (const StoredExecution& one : *stored)
    list.push_back({{"execution_id", one.id},
                    {"timestamp", one.timestamp},
                    {"language", one.language},
                    {"status", one.status},
                    {"success", one.success},
                    {"instruction", one.instruction}});
  return text_contents(uri, "application/json", json{{"executions", std::move(list)}}.dump());
}

// Records are files, too: what one says is followed only to where this server keeps what executions leave.
bool is_kept_here(const Service& service, const fs::path& path) {
  const fs::path plain = path.lexically_normal();
  return is_below(plain, service.paths().state) || is_below(plain, service.config().executions_folder) ||
         is_below(plain, service.paths().project / ".runharness");
}

// The record knows where its files lie; a name that it does not list is no artifact of it.
Reply read_artifact(const Service& service, const json& record, std::string_view name, const std::string& uri) {
  const auto artifacts = record.find("artifacts");
  if (artifacts == record.end() || !artifacts->is_array()) return not_found("the execution left no files");
  for (const json& one : *artifacts) {
    if (!one.is_object() || one.value("name", "") != name) continue;
    const fs::path path = one.value("path", "");
    if (!is_kept_here(service, path)) return not_found("the file lies elsewhere");
    fs::path folder = path;
    const fs::path inside(name);
    for (auto part = inside.begin(); part != inside.end(); ++part) folder = folder.parent_path();
    if (folder / name != path) return file_contents(path.parent_path(), path.filename().native(), uri);
    return file_contents(folder, name, uri);
  }
  return not_found("the execution left no such file");
}

Reply read_execution(Service& service, const std::string& uri, std::string_view rest) {
  if (rest.empty()) return list_executions(service, uri);
  const std::size_t slash = rest.find('/');
  const auto text = service.executions().get(rest.substr(0, slash));
  if (!text) return not_found(text.error().message());
  if (slash == std::string_view::npos) return text_contents(uri, "application/json", *text);
  const json record = json::parse(*text, nullptr, false);
  if (!record.is_object()) return refuse(kInternalError, "the record of the execution is no JSON object");
  const std::string_view part = rest.substr(slash + 1);
  constexpr std::string_view kArtifacts = "artifacts/";
  if (part.starts_with(kArtifacts)) return read_artifact(service, record, part.substr(kArtifacts.size()), uri);
  if (part != "notebook") return not_found("an execution has 'notebook' and 'artifacts/NAME'");
  const auto link = record.find("notebook_link");
  if (link == record.end() || !link->is_string() || link->get<std::string>().empty())
    return not_found("the execution has no notebook");
  const fs::path path = link->get<std::string>();
  if (!is_kept_here(service, path)) return not_found("the notebook lies elsewhere");
  return file_contents(path.parent_path(), path.filename().native(), uri);
}

json entry(std::string uri, std::string name, std::string title, std::string_view mime_type) {
  return {{"uri", std::move(uri)}, {"name", std::move(name)}, {"title", std::move(title)}, {"mimeType", mime_type}};
}

}  // namespace

std::string_view mime_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes{{
      {".json", "application/json"},
      {".html", "text/html"},
      {".xml", "application/xml"},
      {".md", "text/markdown"},
      {".txt", "text/plain"},
      {".csv", "text/csv"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".svg", "image/svg+xml"},
      {".pdf", "application/pdf"},
      {".sarif", "application/json"},
      {".ipynb", "application/x-ipynb+json"},
      {".log", "text/plain"},
      {".info", "text/plain"},
  }};
  for (const auto& [suffix, type] : kTypes)
    if (name.ends_with(suffix)) return type;
  return {};
}

Reply file_contents(const fs::path& folder, std::string_view name, const std::string& uri) {
  const auto beneath = Beneath::open(folder);
  if (!beneath) return not_found("there is no such folder");
  const auto bytes = beneath->read(name, kMaxResourceBytes);
  if (!bytes && bytes.error().kind == rh::ErrorKind::limit)
    return refuse(kInvalidParams, fmt::format("the file is larger than {} bytes", kMaxResourceBytes));
  if (!bytes) return not_found("there is no such file");
  const bool is_text = bytes->find('\0') == std::string::npos && to_valid_utf8(*bytes) == *bytes;
  std::string_view type = mime_type_of(name);
  if (type.empty()) type = is_text ? "text/plain" : "application/octet-stream";
  json contents = {{"uri", uri}, {"mimeType", type}};
  if (is_text)
    contents["text"] = *bytes;
  else
    contents["blob"] = base64_of(*bytes);
  return reply_with({{"contents", json::array({std::move(contents)})}});
}

json listed_resources(Service& service) {
  json list = json::array();
  list.push_back(entry("runharness://runs", "runs", "Test runs, newest first", "application/json"));
  list.push_back(entry("runharness://executions", "executions", "Executions, newest first", "application/json"));
  const std::vector<std::string> runs = run_names(service);
  if (!runs.empty())
    for (const std::string& name : report_names(service, runs.front()))
      if (const std::string_view type = mime_type_of(name); !type.empty())
        list.push_back(entry(fmt::format("runharness://runs/{}/{}", runs.front(), percent_encoded(name)), name,
                             fmt::format("{} of the newest test run", name), type));
  if (const auto stored = service.executions().list(kMaxListedResources, false))
    for (const StoredExecution& one : *stored)
      list.push_back(entry("runharness://executions/" + one.id, one.id,
                           fmt::format("{} {}: {}", one.language, one.status,
                                       to_valid_utf8(one.instruction.empty() ? one.code_line : one.instruction)),
                           "application/json"));
  return list;
}

json listed_templates() {
  const auto row = [](const char* uri, const char* name, const char* title) {
    return json{{"uriTemplate", uri}, {"name", name}, {"title", title}};
  };
  return {row("runharness://runs/{run}/{file}", "report", "A file of a test run; {run} may be latest"),
          row("runharness://executions/{id}", "execution", "The record of an execution"),
          row("runharness://executions/{id}/notebook", "notebook", "The notebook of an execution"),
          row("runharness://executions/{id}/artifacts/{+name}", "artifact", "A file that an execution left")};
}

Reply read_product_resource(Service& service, const std::string& uri) {
  if (!uri.starts_with(kScheme)) return not_found("URIs here begin with runharness://");
  const auto decoded = percent_decoded(std::string_view(uri).substr(kScheme.size()));
  if (!decoded) return not_found("the URI is not percent-encoded as it should be");
  for (const std::string_view part : split(*decoded, '/'))
    if (part == ".." || part == "." || part.find('\0') != std::string_view::npos)
      return not_found("the URI has parts that lead elsewhere");
  const std::size_t slash = decoded->find('/');
  const std::string_view kind = std::string_view(*decoded).substr(0, slash);
  const std::string_view rest =
      slash == std::string::npos ? std::string_view() : std::string_view(*decoded).substr(slash + 1);
  if (kind == "runs") return read_run(service, uri, rest);
  if (kind == "executions") return read_execution(service, uri, rest);
  return not_found("there are runs and executions");
}

}  // namespace rh::agent::mcp
