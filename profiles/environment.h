// The environment of a command about to be started, as "NAME=value".
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::profiles {

[[nodiscard]] inline std::optional<std::string> variable(const std::vector<std::string>& environment,
                                                         std::string_view name) {
  for (const std::string& entry : environment)
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  return std::nullopt;
}

inline void set_variable(std::vector<std::string>& environment, std::string_view name, std::string_view value) {
  const std::string start = std::string(name) + "=";
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(start); });
  environment.push_back(start + std::string(value));
}

}  // namespace rh::profiles
