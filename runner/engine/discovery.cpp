#include "runner/engine/discovery.h"

#include <algorithm>
#include <future>
#include <set>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

bool matches_any(const std::vector<std::string>& globs, const Suite& suite) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return glob_match(glob, suite.id.value) || glob_match(glob, suite.root) || glob == suite.runner;
  });
}

Suite added_suite(const SuiteEntry& entry) {
  Suite suite;
  suite.id.value = entry.id;
  suite.ecosystem = suite.runner = "custom";
  suite.root = entry.root;
  suite.reason = "configured in " + entry.origin;
  return suite;
}

void apply_entry(Suite& suite, const SuiteEntry& entry) {
  for (const auto& [name, value] : entry.env) suite.env[name] = value;
  if (entry.args) suite.runner_args = *entry.args;
  if (entry.command.empty()) return;
  suite.ecosystem = suite.runner = "custom";
  suite.runner_args = entry.command;
  suite.tool = {entry.command.front(), {}, {}, {}};
  suite.details["results"] = entry.results;
  suite.details["results_format"] = entry.results_format;
  suite.details["coverage"] = entry.coverage;
}

Result<void> apply_entries(std::vector<Suite>& suites, const std::vector<SuiteEntry>& entries,
                           std::vector<Diagnostic>& diagnostics) {
  for (const SuiteEntry& entry : entries) {
    auto found =
        std::find_if(suites.begin(), suites.end(), [&](const Suite& suite) { return suite.id.value == entry.id; });
    if (found == suites.end() && entry.command.empty()) {
      std::vector<std::string> ids;
      for (const Suite& suite : suites) ids.push_back(suite.id.value);
      const auto near = closest(entry.id, ids);
      diagnostics.push_back(
          {Severity::warning,
           "config-suite-unknown",
           fmt::format("no suite '{}' was discovered and the entry has no command, so it has no effect{}", entry.id,
                       near ? fmt::format("; did you mean '{}'?", *near) : ""),
           entry.origin,
           {}});
      continue;
    }
    if (found == suites.end()) found = suites.insert(suites.end(), added_suite(entry));
    apply_entry(*found, entry);
    if (entry.exclude) suites.erase(found);
  }
  return {};
}

void note_unmatched(const std::vector<std::string>& globs, const std::vector<Suite>& suites, std::string_view flag,
                    std::vector<Diagnostic>& diagnostics) {
  for (const std::string& glob : globs) {
    const bool used =
        std::any_of(suites.begin(), suites.end(), [&](const Suite& suite) { return matches_any({glob}, suite); });
    if (!used)
      diagnostics.push_back(
          {Severity::warning, "filter-matches-nothing", fmt::format("{} {} matches no suite", flag, glob), glob, {}});
  }
}

Result<void> check_ecosystems(const std::vector<std::string>& names, const AdapterSet& adapters) {
  std::vector<std::string> known;
  for (const auto& [name, adapter] : adapters.all()) known.push_back(name);
  for (const std::string& name : names) {
    if (adapters.all().count(name) > 0) continue;
    const auto near = closest(name, known);
    return fail(ErrorKind::usage,
                fmt::format("find the ecosystem '{}': there are {}{}", name, join(known, ", "),
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                "--ecosystem");
  }
  return {};
}

}  // namespace

AdapterSet::AdapterSet(const Registry& registry) {
  for (const AdapterRow& row : registry.adapters) adapters_[std::string(row.ecosystem)] = row.make();
}

const adapters::Adapter& AdapterSet::of(const Suite& suite) const {
  const auto found = adapters_.find(suite.ecosystem);
  RH_ASSERT(found != adapters_.end());
  return *found->second;
}

Result<std::vector<Suite>> discover_suites(const Repository& repository, const AdapterSet& adapters,
                                           const adapters::Host& host, const RunOptions& options,
                                           std::vector<Diagnostic>& diagnostics) {
  RH_CHECK(check_ecosystems(options.ecosystems, adapters));
  // Excluded folders are taken out before the adapters look, so that an outer suite does not claim them.
  Repository visible = repository;
  std::erase_if(visible.folders, [&](const auto& entry) {
    return std::any_of(options.exclude.begin(), options.exclude.end(), [&](const std::string& glob) {
      return glob_match(glob, entry.first) || glob_match(glob + "/**", entry.first);
    });
  });
  std::vector<Suite> suites;
  for (const auto& [name, adapter] : adapters.all()) {
    for (Suite& suite : adapter->discover(visible, host, diagnostics)) suites.push_back(std::move(suite));
  }
  RH_CHECK(apply_entries(suites, options.suite_entries, diagnostics));
  note_unmatched(options.only, suites, "--only", diagnostics);
  std::erase_if(suites, [&](const Suite& suite) {
    if (!options.only.empty() && !matches_any(options.only, suite)) return true;
    if (!options.ecosystems.empty() &&
        std::find(options.ecosystems.begin(), options.ecosystems.end(), suite.ecosystem) == options.ecosystems.end())
      return true;
    return matches_any(options.exclude, suite);
  });
  std::sort(suites.begin(), suites.end(), [](const Suite& a, const Suite& b) { return a.id < b.id; });
  return suites;
}

void probe_tools(std::vector<Suite>& suites, const AdapterSet& adapters, const Repository& repository,
                 const adapters::Host& host) {
  std::vector<std::future<void>> probes;
  for (Suite& suite : suites)
    if (suite.runnable())
      probes.push_back(std::async(std::launch::async, [&] { adapters.of(suite).probe_tool(suite, repository, host); }));
  for (auto& probe : probes) probe.get();
}

}  // namespace rh::engine
