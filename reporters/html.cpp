// The self-contained HTML report: the application that reporters/html/ builds, with the report packed into it.
// The page stays small whatever the run was: after what the first view needs, each further part gets a share of
// what is left, and says what it had to leave out.
#include <algorithm>

#include "reporters/page/section.h"
#include "reporters/reporter.h"
#include "runner/base/embedded.h"

RH_EMBEDDED(rh_report_template)

namespace rh::reporters {
namespace {

constexpr std::string_view kDataMarker = "<!--RUNHARNESS_DATA-->";
constexpr std::size_t kPageBytes = 3'000'000;
constexpr std::size_t kFloorBytes = 24'000;      // of a part, however large the parts before it were
constexpr std::size_t kOvershootBytes = 60'000;  // what the last pieces may take beyond their budgets

class PageData {
 public:
  explicit PageData(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // A part of which nothing can be left out.
  Result<void> add(std::string_view name, std::string_view json) {
    PageSection section(name, 0);
    section.feed(json);
    return take(section);
  }

  // A part that gets this share, in percent, of what is left.
  template <class Feed>
  Result<void> add_some(std::string_view name, std::size_t share_percent, Feed feed) {
    const std::size_t left = budget_bytes_ > elements_.size() ? budget_bytes_ - elements_.size() : 0;
    PageSection section(name, std::max(kFloorBytes, left / 100 * share_percent));
    feed(section);
    return take(section);
  }

  [[nodiscard]] std::string take_elements() { return std::move(elements_); }

 private:
  Result<void> take(PageSection& section) {
    RH_TRY(const std::string element, section.finish());
    elements_ += element;
    return {};
  }

  std::size_t budget_bytes_;
  std::string elements_;
};

}  // namespace

Result<std::string> render_html(const model::RunReport& report) {
  const std::string_view page = RH_EMBEDDED_TEXT(rh_report_template);
  const std::size_t marker = page.find(kDataMarker);
  if (marker == std::string_view::npos)
    return fail(ErrorKind::internal, "render the HTML report: its template has no place for data");
  const std::vector<TestPlace> tests = test_places(report);
  PageData data(kPageBytes - page.size() - kOvershootBytes);
  RH_CHECK(data.add("rh-report", page_report(report)));
  RH_CHECK(data.add("rh-tests", page_tests(report, tests)));
  RH_CHECK(data.add_some("rh-evidence", 45, [&](PageSection& part) { feed_evidence(part, report, tests); }));
  RH_CHECK(data.add_some("rh-coverage", 45, [&](PageSection& part) { feed_coverage(part, report); }));
  RH_CHECK(data.add_some("rh-sources", 50, [&](PageSection& part) { feed_sources(part, report); }));
  RH_CHECK(data.add_some("rh-map", 50, [&](PageSection& part) { feed_test_map(part, report, tests); }));
  RH_CHECK(data.add_some("rh-profiles", 50, [&](PageSection& part) { feed_profiles(part, tests); }));
  RH_CHECK(data.add_some("rh-past", 100, [&](PageSection& part) { feed_past(part, tests); }));
  std::string html(page.substr(0, marker));
  html += data.take_elements();
  html += page.substr(marker + kDataMarker.size());
  return html;
}

}  // namespace rh::reporters
