#include "reporters/terminal/test_profiles.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/plain_text.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kTests = 5;      // of each suite
constexpr std::size_t kFunctions = 3;  // of each test
constexpr double kWorthSaying = 0.005;

double part(std::uint64_t of, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(of) / static_cast<double>(all);
}

std::string phases_text(const std::vector<model::PhaseTime>& phases, std::uint64_t cpu_ns) {
  std::string text;
  for (const model::PhaseTime& phase : phases)
    if (part(phase.cpu_ns, cpu_ns) >= kWorthSaying)
      text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", clean_line(phase.phase),
                          100 * part(phase.cpu_ns, cpu_ns));
  return text;
}

std::string suite_text(const model::SuiteProfile& profile) {
  std::uint64_t cpu_ns = 0, own_ns = 0;
  for (const model::StepProfile& step : profile.steps) cpu_ns += step.cpu_ns, own_ns += step.own_cpu_ns;
  if (cpu_ns == 0) return "no CPU time was sampled";
  return fmt::format("{} of {} CPU; the sampling took {}", phases_text(profile.phases, cpu_ns),
                     format_duration(std::chrono::nanoseconds(cpu_ns)),
                     format_duration(std::chrono::nanoseconds(own_ns)));
}

// "burn (src/a.py:3) 81 %"
std::string function_text(const model::HotFunction& function, const model::TestProfile& profile) {
  const bool on_cpu = profile.cpu_ns > 0;
  const double self =
      on_cpu ? part(function.self_cpu_ns, profile.cpu_ns) : part(function.self_wall_ns, profile.wall_ns);
  const bool kernel = function.file == "[kernel]";  // the name says so
  std::string place = kernel ? std::string() : clean_line(function.file);
  if (!place.empty() && function.line > 0) place += fmt::format(":{}", function.line);
  return fmt::format("{}{} {:.0f} %{}", clean_line(function.name), place.empty() ? "" : fmt::format(" ({})", place),
                     100 * self, on_cpu ? "" : " of the waiting");
}

std::string test_text(const model::TestProfile& profile) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kFunctions, profile.functions.size()); ++i) {
    const model::HotFunction& function = profile.functions[i];
    const bool on_cpu = profile.cpu_ns > 0;
    const double self =
        on_cpu ? part(function.self_cpu_ns, profile.cpu_ns) : part(function.self_wall_ns, profile.wall_ns);
    if (i > 0 && self < kWorthSaying) break;
    text += (i == 0 ? "" : ", ") + function_text(function, profile);
  }
  return text.empty() ? clean_line(profile.reason) : text;
}

std::vector<const model::TestRecord*> slowest_of(const model::SuiteReport& suite) {
  std::vector<const model::TestRecord*> tests;
  for (const model::TestRecord& record : suite.tests)
    if (record.profile) tests.push_back(&record);
  const auto duration = [](const model::TestRecord* record) {
    return record->attempts.back().duration.value_or(std::chrono::nanoseconds{});
  };
  const std::size_t most = std::min(kTests, tests.size());
  std::partial_sort(tests.begin(), tests.begin() + static_cast<std::ptrdiff_t>(most), tests.end(),
                    [&](const auto* a, const auto* b) { return duration(a) > duration(b); });
  tests.resize(most);
  return tests;
}

}  // namespace

std::string test_profiles_text(const model::RunReport& report, const Style& style) {
  std::string text;
  for (const model::SuiteReport& suite : report.suites) {
    if (suite.profile.steps.empty()) continue;
    text += fmt::format("{} {}: {}\n", style(Tone::bold, "profile"), clean_line(suite.suite.id.value),
                        suite_text(suite.profile));
    for (const model::StepProfile& step : suite.profile.steps)
      if (!step.reason.empty())
        text += fmt::format("  {} {}: {}\n", style(Tone::doubtful, "incomplete"), clean_line(step.step),
                            clean_line(step.reason));
    for (const model::TestRecord* record : slowest_of(suite)) {
      const auto& duration = record->attempts.back().duration;
      text += fmt::format("  {:>8}  {}: {}\n", duration ? format_duration(*duration) : "-", title_of(record->test),
                          test_text(*record->profile));
    }
  }
  return text;
}

}  // namespace rh::reporters
