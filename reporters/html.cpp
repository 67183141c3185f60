// The self-contained HTML report: the application that reporters/html/ builds, with the document of
// report.json packed into it.
#include "reporters/packing.h"
#include "reporters/reporter.h"
#include "runner/base/embedded.h"

RH_EMBEDDED(rh_report_template)

namespace rh::reporters {
namespace {

constexpr std::string_view kDataMarker = "<!--RUNHARNESS_DATA-->";
constexpr std::string_view kOpen =
    "<script id=\"rh-data\" type=\"application/octet-stream\" data-encoding=\"gzip+base64\">";
constexpr std::string_view kClose = "</script>";

}  // namespace

Result<std::string> render_html(const model::RunReport& report) {
  const std::string_view page = RH_EMBEDDED_TEXT(rh_report_template);
  const std::size_t marker = page.find(kDataMarker);
  if (marker == std::string_view::npos)
    return fail(ErrorKind::internal, "render the HTML report: its template has no place for data");
  RH_TRY(const std::string document, render_json(report));
  RH_TRY(const std::string packed, gzip(document));
  std::string html(page.substr(0, marker));
  html += kOpen;
  html += base64(packed);
  html += kClose;
  html += page.substr(marker + kDataMarker.size());
  return html;
}

}  // namespace rh::reporters
