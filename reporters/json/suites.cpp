// The document of `discover --json` and `test --plan --json`: the suites as a report has them.
#include "reporters/json/encoder.h"
#include "reporters/reporter.h"

namespace rh::reporters {

std::string suites_to_json(const std::vector<model::Suite>& suites) {
  JsonWriter writer(3);
  writer.open('{');
  writer.key("schema");
  writer.string("runharness.suites");
  writer.key("schema_version");
  writer.number(std::uint64_t{model::kReportSchemaVersion});
  writer.key("suites");
  Encoder(writer, Density::full, {}).value(suites);
  writer.close('}');
  return writer.take() + '\n';
}

}  // namespace rh::reporters
