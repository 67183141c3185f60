// What `discover` prints (each suite and why it is one) and `test --plan` (also how it would run).
#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "reporters/terminal/style.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

std::string limits_text(const model::Limits& limits) {
  std::vector<std::string> parts;
  const auto duration = [&](std::string_view name, const std::optional<std::chrono::milliseconds>& limit) {
    parts.push_back(fmt::format("{} {}", name, limit ? format_duration(*limit) : "unlimited"));
  };
  const auto size = [&](std::string_view name, const std::optional<std::uint64_t>& limit) {
    parts.push_back(fmt::format("{} {}", name, limit ? format_size(*limit) : "unlimited"));
  };
  const auto count = [&](std::string_view name, const std::optional<std::uint64_t>& limit) {
    parts.push_back(fmt::format("{} {}", name, limit ? std::to_string(*limit) : "unlimited"));
  };
  duration("wall", limits.wall);
  duration("CPU", limits.cpu);
  if (limits.cpus) parts.push_back(fmt::format("cores {}", *limits.cpus));
  size("memory", limits.memory_bytes);
  count("pids", limits.pids);
  count("open files", limits.open_files);
  size("file", limits.file_bytes);
  size("tmp", limits.tmp_bytes);
  size("output", limits.output_bytes);
  parts.push_back(fmt::format("network {}", model::name_of(limits.network)));
  return join(parts, ", ");
}

std::string details_of(const model::Suite& suite, bool plan, const Style& style) {
  std::string text;
  if (!suite.runnable())
    text += fmt::format("  {}: {}\n", style(Tone::bad, "cannot run"), clean_line(suite.tool.problem));
  if (!plan) return text;
  const std::string version = clean_line(suite.tool.version);
  text += fmt::format("  tool: {}{}\n",
                      suite.tool.path.empty() ? clean_line(suite.tool.name) : clean_line(suite.tool.path.native()),
                      version.empty() ? "" : fmt::format(" ({})", version));
  if (!suite.runner_args.empty()) text += fmt::format("  arguments: {}\n", clean_line(shell_join(suite.runner_args)));
  for (const auto& [name, value] : suite.env)
    text += fmt::format("  environment: {}\n", clean_line(name + "=" + value));
  for (const auto& [name, value] : suite.details)
    text += fmt::format("  {}: {}\n", clean_line(name), clean_line(value));
  return text + fmt::format("  limits: {}\n", limits_text(suite.limits));
}

}  // namespace

std::string suites_to_text(const std::vector<model::Suite>& suites, bool plan, const TerminalOptions& options) {
  if (suites.empty()) return "no test suites found\n";
  const Style style(options.color);
  std::size_t widest = 0, unusable = 0;
  for (const model::Suite& suite : suites) {
    widest = std::max(widest, width_of(clean_line(suite.id.value)));
    unusable += suite.runnable() ? 0U : 1U;
  }
  std::string text;
  for (const model::Suite& suite : suites) {
    const std::string id = clean_line(suite.id.value);
    const std::string padding(widest - width_of(id), ' ');
    text += fmt::format("{}{}  {}\n", style(Tone::bold, id), padding, clean_line(suite.reason));
    text += details_of(suite, plan, style);
  }
  text += fmt::format("{} suite{}", suites.size(), suites.size() == 1 ? "" : "s");
  if (unusable > 0) text += fmt::format(", {} cannot run", unusable);
  return text + '\n';
}

}  // namespace rh::reporters
