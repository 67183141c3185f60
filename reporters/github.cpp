// Workflow commands of GitHub Actions (https://docs.github.com/actions: workflow commands): annotations
// beside the code, worst first. A step shows 10 of each level and drops the rest in silence, so the last one
// of a level that has more says how many there are.
#include <array>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/problems.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxOfALevel = 10;

std::string escape(std::string_view text, std::string_view also) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || also.find(c) != std::string_view::npos)
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      escaped += c;
  }
  return escaped;
}

std::string command(const Problem& problem, std::string_view name) {
  std::string properties;
  const auto property = [&](std::string_view key, std::string_view value) {
    properties += fmt::format("{}{}={}", properties.empty() ? " " : ",", key, escape(value, ":,"));
  };
  if (!problem.path.empty()) property("file", problem.path);
  if (problem.line > 0) property("line", fmt::format("{}", problem.line));
  if (problem.end_line > problem.line) property("endLine", fmt::format("{}", problem.end_line));
  property("title", problem.title);
  return fmt::format("::{}{}::{}\n", name, properties, escape(problem.message, ""));
}

}  // namespace

Result<std::string> render_github(const model::RunReport& report) {
  constexpr std::array<std::string_view, 3> kNames = {"error", "warning", "notice"};
  std::array<std::size_t, 3> counts{}, written{};
  const std::vector<Problem> problems = problems_of(report);
  for (const Problem& problem : problems) ++counts[static_cast<std::size_t>(problem.level)];
  std::string text;
  for (const Problem& problem : problems) {
    const auto level = static_cast<std::size_t>(problem.level);
    if (++written[level] > kMaxOfALevel) continue;
    const bool last = written[level] == kMaxOfALevel && counts[level] > kMaxOfALevel;
    if (!last) {
      text += command(problem, kNames[level]);
      continue;
    }
    text += fmt::format("::{} title=runharness::and {} more like these: see the report of the run\n", kNames[level],
                        counts[level] - kMaxOfALevel + 1);
  }
  return text;
}

}  // namespace rh::reporters
