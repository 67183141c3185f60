// report.json: the whole RunReport as one document, described in docs/formats/report.md.
#include "reporters/json/decoder.h"
#include "reporters/json/encoder.h"
#include "reporters/reporter.h"

#include <fmt/core.h>

namespace rh::reporters {
namespace {

constexpr std::string_view kSchema = "runharness.report";
// A test, a step and a covered file's list of lines each have their own line of text.
constexpr unsigned kBrokenLevels = 4;

Failure damaged(std::string_view problem) {
  return fail(ErrorKind::parse, fmt::format("read the JSON report: {}", problem));
}

// Offsets become instants again, so their zero has to be known before anything else is read.
Result<std::chrono::nanoseconds> read_zero(const nlohmann::json& document) {
  if (!document.is_object() || document.value("schema", nlohmann::json()) != kSchema)
    return damaged(fmt::format("its member \"schema\" is not \"{}\"", kSchema));
  const nlohmann::json version = document.value("schema_version", nlohmann::json());
  if (!version.is_number_unsigned() || version.get<unsigned>() > model::kReportSchemaVersion)
    return fail(ErrorKind::unsupported,
                fmt::format("read the JSON report: schema version {}, and this program knows {}", version.dump(),
                            model::kReportSchemaVersion));
  if (!document.contains("run")) return damaged("its member \"run\" is missing");
  model::RunInfo run;
  Decoder decoder(std::chrono::nanoseconds{});
  decoder.value(document["run"], run);
  if (decoder.problem()) return damaged("run." + *decoder.problem());
  return run.started;
}

}  // namespace

Result<std::string> render_json(const model::RunReport& report) {
  JsonWriter writer(kBrokenLevels);
  writer.open('{');
  writer.key("schema");
  writer.string(kSchema);
  Encoder(writer, Density::full, report.run.started).members(report);
  writer.close('}');
  return writer.take() + '\n';
}

Result<model::RunReport> parse_json_report(std::string_view text) {
  const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return damaged("it is not JSON or was cut short");
  RH_TRY(const auto zero, read_zero(document));
  model::RunReport report;
  Decoder decoder(zero);
  decoder.value(document, report);
  if (decoder.problem()) return damaged(*decoder.problem());
  return report;
}

}  // namespace rh::reporters
