#include "runner/agent/history/package_use.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "runner/agent/config.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/language.h"
#include "runner/agent/service.h"
#include "runner/agent/validate/validate.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

// "numpy==1.26.4" and "lodash@4" without their versions; "@scope/name@1" keeps its first '@'.
std::string package_name(std::string_view package) {
  const std::size_t end = package.find_first_of("=<>!~[; @", 1);
  return std::string(package.substr(0, end));
}

std::vector<std::string> imports_of(Service& service, const StoredExecution& one) {
  const auto language = language_named(one.language);
  const auto text = service.executions().get(one.id);
  if (!language || !text) return {};
  const json record = json::parse(*text, nullptr, false);
  if (!record.is_object() || !record.contains("code") || !record["code"].is_string()) return {};
  Rules rules;
  rules.mode = SecurityMode::permissive;
  rules.hints = false;
  return assess(*language, record["code"].get_ref<const std::string&>(), rules).imports;
}

}  // namespace

Result<std::vector<PackageUse>> package_use(Service& service, std::size_t limit) {
  RH_TRY(const auto executions, service.executions().list(limit, false));
  std::map<std::pair<std::string, std::string>, PackageUse> uses;
  for (const StoredExecution& one : executions) {
    std::set<std::string> requested, names;
    for (const std::string_view line : split_lines(one.packages))
      if (!line.empty()) requested.insert(package_name(line));
    names = requested;
    for (std::string& name : imports_of(service, one)) names.insert(std::move(name));
    for (const std::string& name : names) {
      PackageUse& use = uses[{one.language, name}];
      use.name = name;
      use.language = one.language;
      ++use.executions;
      if (!one.success) ++use.failed;
      if (requested.count(name) > 0) ++use.requested;
      if (use.last_used.empty()) use.last_used = one.timestamp;  // the newest come first
    }
  }
  std::vector<PackageUse> found;
  for (auto& [key, use] : uses) found.push_back(std::move(use));
  std::stable_sort(found.begin(), found.end(),
                   [](const PackageUse& a, const PackageUse& b) { return a.executions > b.executions; });
  return found;
}

}  // namespace rh::agent
