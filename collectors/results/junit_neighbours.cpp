#include "collectors/results/junit_neighbours.h"

#include <array>
#include <utility>

#include "collectors/results/flat_json.h"
#include "collectors/results/text_encoding.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kRoots = {{
    {"test-results", "an NUnit 2 report"},
    {"test-run", "an NUnit 3 report"},
    {"assemblies", "an xUnit.net report"},
    {"assembly", "an xUnit.net report"},
    {"TestRun", "a TRX report of Visual Studio"},
    {"TestLog", "a Boost.Test log"},
    {"TestResult", "a Boost.Test report"},
    {"Site", "a CTest dashboard file"},
    {"TestCase", "a QtTest report"},
    {"CUNIT_TEST_RUN_REPORT", "a CUnit report"},
    {"testng-results", "a TestNG report"},
    {"robot", "a Robot Framework report"},
    {"coverage", "a coverage report of a kind that is not read"},
    {"CoverageSession", "an OpenCover report of which nothing can be read"},
    {"unitTest", "a Sonar test execution report"},
    {"testExecutions", "a Sonar test execution report"},
    {"report", "a JaCoCo coverage report"},
    {"Catch2TestRun", "a Catch2 XML report"},
    {"html", "an HTML page"},
}};

std::string_view name_of_json(std::string_view head) {
  FlatObject object;
  const std::string_view line = head.substr(0, head.find('\n'));
  if (head.find("\"numTotalTestSuites\"") != std::string_view::npos) return "the JSON of jest or vitest";
  if (head.find("\"passPercent\"") != std::string_view::npos) return "a mochawesome report";
  if (head.find("\"gcovr/summary_format_version\"") != std::string_view::npos) return "a gcovr summary";
  if (object.parse(line) == FlatObject::Parse::invalid) return "JSON";
  if (!object.text("Action").empty()) return "the output of go test -json";
  if (!object.text("type").empty() && !object.text("event").empty()) return "libtest JSON";
  if (object.has("protocolVersion")) return "Dart JSON";
  return "JSON";
}

}  // namespace

std::string_view name_of_neighbour(std::string_view root, std::string_view head) {
  head = trim(head);
  // Before the root: a '<' in a string of JSON is no element.
  if (head.starts_with('{') || head.starts_with('[')) return name_of_json(head);
  if (head.starts_with("SQLite format 3")) return "an SQLite database";
  if (head.starts_with("\x1F\x8B")) return "a compressed file";
  if (head.starts_with("PK\x03\x04")) return "a ZIP archive";
  for (const auto& [name, description] : kRoots)
    if (root == name) return description;
  if (!root.empty()) return {};
  if (head.starts_with("TAP version") || head.starts_with("1..") || head.starts_with("ok 1") ||
      head.starts_with("not ok 1"))
    return "TAP";
  if (head.starts_with("TN:") || head.starts_with("SF:")) return "an LCOV coverage file";
  if (head.starts_with("mode: ")) return "a Go coverage profile";
  return {};
}

std::string first_element(std::string_view head) {
  const Encoding encoding = detect_encoding(head);
  std::string decoded;
  if (encoding.charset == Charset::utf16_le || encoding.charset == Charset::utf16_be) {
    Utf16Decoder(encoding.charset == Charset::utf16_be).feed(head.substr(encoding.mark_bytes), decoded);
    head = decoded;
  }
  for (std::size_t at = head.find('<'); at != std::string_view::npos; at = head.find('<', at + 1)) {
    std::string_view name = head.substr(at + 1);
    if (name.starts_with("!--")) {
      at = head.find("-->", at);
      if (at == std::string_view::npos) return {};
      continue;
    }
    name = name.substr(0, name.find_first_of(" \t\r\n/>"));
    if (name.empty() || name[0] == '?' || name[0] == '!') continue;
    if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
    return std::string(name);
  }
  return {};
}

}  // namespace rh::collectors
