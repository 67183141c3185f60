#include "runner/engine/caller_secrets.h"

#include <filesystem>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

// Not every value is one: some name a place, and these would take ordinary words out of every report.
bool may_be_secret(const std::string& value) {
  if (value.size() < kShortestSecret) return false;
  if (is_one_of(value, {"password", "postgres", "changeme", "disabled", "localhost", "anonymous"})) return false;
  std::error_code ignored;
  return value.front() != '/' || !std::filesystem::exists(value, ignored);
}

}  // namespace

std::shared_ptr<const Secrets> caller_secrets(const model::Environment& caller, const RunOptions& options) {
  if (!options.redact) return nullptr;
  std::vector<NamedSecret> values;
  for (const model::Environment* variables : {&caller, &options.env})
    for (const auto& [name, value] : *variables)
      if (names_a_secret(name) && may_be_secret(value)) values.push_back({name, value});
  return std::make_shared<const Secrets>(values);
}

std::optional<model::Diagnostic> secrets_found(const Secrets& secrets) {
  const auto found = secrets.found();
  if (found.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, places] : found)
    names.push_back(fmt::format("{} ({} place{})", name, places, places == 1 ? "" : "s"));
  const bool one = found.size() == 1;
  return model::Diagnostic{model::Severity::info,
                           "secrets-redacted",
                           fmt::format("{} secret{} stood in output or results and {} not kept: {}", found.size(),
                                       one ? "" : "s", one ? "was" : "were", join(names, ", ")),
                           {},
                           {}};
}

}  // namespace rh::engine
