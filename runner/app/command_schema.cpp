// `runharness schema`: the JSON schemas of what this executable writes, from the files of docs/formats that the
// build put into it.
#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include "runner/agent/exec/tools.h"
#include "runner/agent/tool.h"
#include "runner/app/commands.h"
#include "runner/app/workspace.h"
#include "runner/base/embedded.h"
#include "runner/base/exit_code.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_schema_report)
RH_EMBEDDED(rh_schema_execution)
RH_EMBEDDED(rh_schema_gate)
RH_EMBEDDED(rh_schema_profile)
RH_EMBEDDED(rh_schema_profile_diff)

namespace rh::app {
namespace {

std::string report_schema() { return std::string(RH_EMBEDDED_TEXT(rh_schema_report)); }
std::string execution_schema() { return std::string(RH_EMBEDDED_TEXT(rh_schema_execution)); }
std::string gate_schema() { return std::string(RH_EMBEDDED_TEXT(rh_schema_gate)); }
std::string profile_schema() { return std::string(RH_EMBEDDED_TEXT(rh_schema_profile)); }
std::string profile_diff_schema() { return std::string(RH_EMBEDDED_TEXT(rh_schema_profile_diff)); }
std::string execution_record_schema() { return std::string(agent::record_schema()); }

// coverage.json is the member `coverage` of report.json as a document of its own.
std::string coverage_schema() {
  using Json = nlohmann::ordered_json;
  const Json report = Json::parse(report_schema());
  Json schema = report.at("$defs").at("coverage");
  schema["properties"]["schema"] = {{"const", "runharness.coverage"}};
  schema["properties"]["schema_version"] = {{"const", 1}};
  schema["required"].push_back("schema");
  schema["required"].push_back("schema_version");
  Json document = {{"$schema", report.at("$schema")}, {"title", "runharness coverage"}};
  document.update(schema);
  document["$defs"] = report.at("$defs");
  return document.dump(2) + "\n";
}

struct SchemaRow {
  std::string_view name, help;
  std::string (*text)();
};
constexpr SchemaRow kSchemas[] = {
    {"report", "report.json, which `report --json` and `test --json` print", report_schema},
    {"coverage", "the report coverage-json", coverage_schema},
    {"execution", "the record of `run --json`", execution_schema},
    {"execution-record", "the record of `exec --json` and of other ways of running code", execution_record_schema},
    {"gate", "the document of `gate --json` and `merge --json`", gate_schema},
    {"tools", "no schema: the tools for agents with theirs, their commands and flags", agent::tools_document},
    {"profile", "profile.json, which `profile --json` writes", profile_schema},
    {"profile-diff", "the document of `profile diff --json`", profile_diff_schema},
};

}  // namespace

Result<int> run_schema(const CommandLine& line) {
  if (line.paths.empty()) {
    for (const SchemaRow& row : kSchemas) print(fmt::format("{:<17} {}\n", row.name, row.help));
    return static_cast<int>(ExitCode::passed);
  }
  std::vector<std::string> names;
  for (const SchemaRow& row : kSchemas) {
    names.emplace_back(row.name);
    if (row.name != line.paths.front() || line.paths.size() > 1) continue;
    print(row.text());
    return static_cast<int>(ExitCode::passed);
  }
  if (line.paths.size() > 1) return fail(ErrorKind::usage, "print several schemas: name one", "schema");
  const auto near = closest(line.paths.front(), names);
  return fail(ErrorKind::usage,
              fmt::format("find the schema '{}': there are {}{}", line.paths.front(), join(names, ", "),
                          near ? fmt::format("; did you mean '{}'?", *near) : ""),
              "schema");
}

}  // namespace rh::app
