// Flat SVG badges as README files show them. The width of a text is estimated from the advance widths of
// Verdana 11 px, which is what viewers use or come close to; textLength makes the rest fit.
#include <fmt/core.h>

#include "reporters/percent.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::string_view kGreen = "#2da44e", kYellow = "#bf8700", kRed = "#cf222e", kGrey = "#6e7781";

// Tenths of a pixel.
unsigned advance(char c) {
  if (std::string_view("iIl.,:;|!' j").find(c) != std::string_view::npos) return 39;
  if (std::string_view("mwMW%").find(c) != std::string_view::npos) return 105;
  return c >= 'A' && c <= 'Z' ? 78 : 68;
}

unsigned width_in_pixels(std::string_view text) {
  unsigned tenths = 0;
  for (const char c : text) tenths += advance(c);
  return (tenths + 9) / 10;
}

std::string badge(std::string_view label, std::string_view value, std::string_view color) {
  const unsigned label_text = width_in_pixels(label), value_text = width_in_pixels(value);
  const unsigned left = label_text + 10, right = value_text + 10, width = left + right;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\" role=\"img\" "
      "aria-label=\"{label}: {value}\">\n"
      "<title>{label}: {value}</title>\n"
      "<clipPath id=\"r\"><rect width=\"{width}\" height=\"20\" rx=\"3\" fill=\"#fff\"/></clipPath>\n"
      "<g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#444c56\"/>"
      "<rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{color}\"/></g>\n"
      "<g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">"
      "<text x=\"{label_x}\" y=\"14\" textLength=\"{label_text}\">{label}</text>"
      "<text x=\"{value_x}\" y=\"14\" textLength=\"{value_text}\">{value}</text></g>\n"
      "</svg>\n",
      fmt::arg("width", width), fmt::arg("label", label), fmt::arg("value", value), fmt::arg("left", left),
      fmt::arg("right", right), fmt::arg("color", color), fmt::arg("label_x", left / 2),
      fmt::arg("value_x", left + right / 2), fmt::arg("label_text", label_text), fmt::arg("value_text", value_text));
}

std::string_view color_of(std::uint64_t hundredths) {
  return hundredths >= 8000 ? kGreen : hundredths >= 5000 ? kYellow : kRed;
}

std::string coverage_badge(std::string_view label, const std::optional<model::Ratio>& ratio) {
  const Percent percent = percent_of(ratio);
  if (!percent.hundredths) return badge(label, "no data", kGrey);
  // One decimal, rounded down: a part is never shown as the whole.
  const std::string value = fmt::format("{}.{}%", *percent.hundredths / 100, *percent.hundredths % 100 / 10);
  return badge(label, *percent.hundredths == 10000 ? "100%" : value, color_of(*percent.hundredths));
}

}  // namespace

Result<std::string> render_coverage_badge(const model::RunReport& report) {
  return coverage_badge("coverage", ratio_of_basis(report.coverage));
}

Result<std::string> render_patch_badge(const model::RunReport& report) {
  return coverage_badge("patch coverage", report.patch ? std::optional(report.patch->lines) : std::nullopt);
}

Result<std::string> render_tests_badge(const model::RunReport& report) {
  const std::uint64_t failed = report.counts.failed + report.counts.errored;
  if (failed > 0) return badge("tests", fmt::format("{} failed", failed), kRed);
  if (report.exit_code != 0) return badge("tests", report.counts.total == 0 ? "no tests" : "broken", kRed);
  return badge("tests", fmt::format("{} passed", report.counts.passed), kGreen);
}

}  // namespace rh::reporters
