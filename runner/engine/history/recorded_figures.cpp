#include "runner/engine/history/recorded_figures.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

SuiteFigures recorded_figures(const SuiteReport& suite) {
  SuiteFigures sum;
  bool cpu = true, peak = true;
  for (const StepReport& step : suite.steps) {
    if (step.kind != StepKind::test) continue;
    sum.wall_ns = sum.wall_ns.value_or(0) + step.usage.wall.count();
    const auto &user = step.usage.user_cpu.value, &system = step.usage.system_cpu.value;
    cpu = cpu && user && system;
    if (cpu) sum.cpu_ns = sum.cpu_ns.value_or(0) + (*user + *system).count();
    peak = peak && step.usage.peak_memory.value;
    if (peak)
      sum.peak_bytes = std::max(sum.peak_bytes.value_or(0), static_cast<std::int64_t>(*step.usage.peak_memory.value));
  }
  if (!cpu) sum.cpu_ns.reset();
  if (!peak) sum.peak_bytes.reset();
  return sum;
}

TestFigures recorded_figures(const TestRecord& record) {
  const Attempt& last = record.attempts.back();
  TestFigures figures;
  if (last.duration) figures.wall_us = last.duration->count() / 1000;
  if (last.usage.cpu.value) figures.cpu_us = last.usage.cpu.value->count() / 1000;
  if (last.usage.peak_memory.value) figures.peak_kib = static_cast<std::int64_t>(*last.usage.peak_memory.value / 1024);
  return figures;
}

std::string selection_of(const RunReport& report, const SuiteReport& suite) {
  std::vector<std::string> words = suite.suite.runner_args;
  const auto& argv = report.run.argv;
  const auto behind = std::find(argv.begin(), argv.end(), "--");
  if (behind != argv.end()) words.insert(words.end(), behind + 1, argv.end());
  if (!suite.selection.all) words.push_back("--affected " + report.run.id.value);
  return shell_join(words);
}

bool is_partial(const RunReport& report) {
  const auto narrows = [](const std::string& word) {
    return word == "--" || word.substr(0, word.find('=')) == "--only" ||
           word.substr(0, word.find('=')) == "--ecosystem";
  };
  if (std::any_of(report.run.argv.begin(), report.run.argv.end(), narrows)) return true;
  return std::any_of(report.suites.begin(), report.suites.end(), [](const SuiteReport& suite) {
    return !suite.selection.all || suite.status == SuiteStatus::cancelled || suite.status == SuiteStatus::not_started;
  });
}

}  // namespace rh::engine
