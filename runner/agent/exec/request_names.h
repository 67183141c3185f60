// The words of requests and records for what is an enumeration inside.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "runner/agent/config.h"

namespace rh::agent {

template <class Enum, std::size_t count>
using Words = std::array<std::pair<std::string_view, Enum>, count>;

inline constexpr Words<model::NetworkPolicy, 2> kNetworkNames{
    {{"none", model::NetworkPolicy::none}, {"host", model::NetworkPolicy::host}}};
inline constexpr Words<SecurityMode, 2> kSecurityNames{
    {{"safe", SecurityMode::safe}, {"permissive", SecurityMode::permissive}}};
inline constexpr Words<ExecutionMode, 2> kModeNames{
    {{"subprocess", ExecutionMode::subprocess}, {"exec", ExecutionMode::exec}}};
inline constexpr Words<ExecutionMethod, 3> kMethodNames{{{"local", ExecutionMethod::local},
                                                         {"container", ExecutionMethod::container},
                                                         {"automatic", ExecutionMethod::automatic}}};

template <class Enum, std::size_t count>
[[nodiscard]] std::string_view word_of(const Words<Enum, count>& words, Enum value) {
  for (const auto& [word, one] : words)
    if (one == value) return word;
  return {};
}

}  // namespace rh::agent
