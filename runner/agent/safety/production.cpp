#include "runner/agent/safety/production.h"

#include "runner/base/text.h"

namespace rh::agent {
namespace {

// Variables by which frameworks and platforms name the kind of system they run on.
constexpr const char* kVariables[] = {
    "APP_ENV",
    "APPLICATION_ENV",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "MIX_ENV",
    "ENVIRONMENT",
    "ENV",
    "FLASK_ENV",
    "DJANGO_ENV",
    "PYTHON_ENV",
    "GO_ENV",
    "RUST_ENV",
    "SPRING_PROFILES_ACTIVE",
    "ASPNETCORE_ENVIRONMENT",
    "DEPLOY_ENV",
    "DEPLOYMENT_ENVIRONMENT",
    "VERCEL_ENV",
    "RUNHARNESS_ENVIRONMENT",
};

}  // namespace

std::string production_sign(const model::Environment& environment) {
  for (const char* name : kVariables) {
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    for (const std::string_view part : split(found->second, ',')) {
      std::string word;
      for (const char c : trim(part)) word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      if (is_one_of(word, {"production", "prod", "live"})) return std::string(name) + "=" + found->second;
    }
  }
  return {};
}

}  // namespace rh::agent
