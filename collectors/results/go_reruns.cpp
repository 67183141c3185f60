#include "collectors/results/go_reruns.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

namespace rh::collectors {

void GoReruns::note(Package& package, const model::TestEnded& ended) {
  Test& test = package.part[ended.test.name];
  test.failed |= model::is_failure(ended.attempt.outcome);
  test.attempts = std::max(test.attempts, ended.attempt.number);
}

void GoReruns::take(std::string_view name, model::ResultEvent event) {
  auto found = packages_.find(name);
  if (found == packages_.end()) found = packages_.emplace(name, Package{}).first;
  Package& package = found->second;
  if (package.parts > 0) return package.held.push_back(std::move(event));
  if (const auto* ended = std::get_if<model::TestEnded>(&event)) note(package, *ended);
  sink_(std::move(event));
}

// A rerun holds nothing but tests that failed before and what is below them.
bool GoReruns::is_rerun(const Package& package) {
  const auto failed_before = [&](std::string_view name) {
    for (;;) {
      const auto known = package.known.find(name);
      if (known != package.known.end() && known->second.failed) return true;
      const std::size_t slash = name.rfind('/');
      if (slash == std::string_view::npos) return false;
      name = name.substr(0, slash);
    }
  };
  return std::all_of(package.held.begin(), package.held.end(), [&](const model::ResultEvent& event) {
    const auto* ended = std::get_if<model::TestEnded>(&event);
    return ended == nullptr || failed_before(ended->test.name);
  });
}

void GoReruns::release(Package& package, bool rerun) {
  std::set<std::string, std::less<>> ended_keys;
  for (const model::ResultEvent& event : package.held)
    if (const auto* ended = std::get_if<model::TestEnded>(&event)) ended_keys.insert(ended->key);
  const std::string suffix = fmt::format(" @{}", package.parts + 1);
  for (model::ResultEvent& event : package.held) {
    if (auto* began = std::get_if<model::TestBegan>(&event)) {
      // A further attempt belongs to the test that began in the first part.
      const auto known = package.known.find(began->test.name);
      if (rerun && known != package.known.end() && ended_keys.contains(began->key)) continue;
      began->key += suffix;
    } else if (auto* ended = std::get_if<model::TestEnded>(&event)) {
      const auto known = package.known.find(ended->test.name);
      ended->key += suffix;
      if (rerun && known != package.known.end()) {
        ended->attempt.number = known->second.attempts + 1;
        // Its identity is that of the begin, which did not know a place; the message has it.
        ended->test.file.clear();
        ended->test.line.reset();
        if (known->second.failed && !model::is_failure(ended->attempt.outcome)) ++recovered_;
      }
      note(package, *ended);
    }
    sink_(std::move(event));
  }
  package.held.clear();
}

void GoReruns::settle(std::string_view name) {
  const auto found = packages_.find(name);
  if (found == packages_.end()) {
    packages_.emplace(name, Package{}).first->second.parts = 1;
    return;
  }
  Package& package = found->second;
  if (package.parts > 0) release(package, !package.known.empty() && is_rerun(package));
  for (auto& [test, seen] : package.part) package.known[test] = seen;
  package.part.clear();
  const auto failed = [](const auto& entry) { return entry.second.failed; };
  if (std::none_of(package.known.begin(), package.known.end(), failed)) package.known.clear();
  ++package.parts;
}

}  // namespace rh::collectors
