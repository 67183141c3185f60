// The parts of the HTML report's data. Each is one JSON text, packed into an element of its own, so that the
// page reads at once what its first view needs and the rest when it is asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reporters/packing.h"
#include "runner/base/result.h"
#include "runner/model/report.h"

namespace rh::reporters {

// One part while it is written. What is fed is compressed at once; a part that can be cut short asks
// `full()` between its pieces. The last piece may go beyond the budget, so pieces are small.
class PageSection {
 public:
  // The budget counts bytes in the page, that is after compression and base64.
  PageSection(std::string_view name, std::size_t budget_bytes);

  void feed(std::string_view json);
  [[nodiscard]] bool full() const { return packed_base64_bytes() >= budget_bytes_; }
  // The element with everything that was fed.
  [[nodiscard]] Result<std::string> finish();

 private:
  [[nodiscard]] std::size_t packed_base64_bytes() const { return gzip_.size() / 3 * 4; }

  std::string name_;
  std::size_t budget_bytes_;
  GzipStream gzip_;
};

// A table over the tests of all suites, in the order of the report.
struct TestPlace {
  const model::SuiteReport* suite = nullptr;
  const model::TestRecord* record = nullptr;
};
[[nodiscard]] std::vector<TestPlace> test_places(const model::RunReport& report);

// What the first view needs: everything but the tests and the lines of covered files.
[[nodiscard]] std::string page_report(const model::RunReport& report);
// The tests as columns.
[[nodiscard]] std::string page_tests(const model::RunReport& report, const std::vector<TestPlace>& tests);

// The parts that a budget may cut short, each most important things first and with a count of what was left
// out.
void feed_evidence(PageSection& section, const model::RunReport& report, const std::vector<TestPlace>& tests);
void feed_past(PageSection& section, const std::vector<TestPlace>& tests);
void feed_profiles(PageSection& section, const std::vector<TestPlace>& tests);  // slowest first
void feed_coverage(PageSection& section, const model::RunReport& report);
void feed_sources(PageSection& section, const model::RunReport& report);
void feed_test_map(PageSection& section, const model::RunReport& report, const std::vector<TestPlace>& tests);

// Does the page keep more of this test than its row: several attempts, output, a long message?
[[nodiscard]] bool has_evidence(const model::TestRecord& record);
// Covered files in the order in which a person wants to see them: of the patch, then with the most missed lines.
[[nodiscard]] std::vector<std::size_t> files_by_interest(const model::RunReport& report);

// At most `max_bytes` of valid UTF-8, cut between characters.
[[nodiscard]] std::string_view prefix_of(std::string_view text, std::size_t max_bytes);

constexpr std::size_t kMaxRowMessage = 400;  // bytes of a failure's message in the table

}  // namespace rh::reporters
