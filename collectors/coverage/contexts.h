// Gathers which test reached which lines, file by file, and makes the map of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runner/model/test_map.h"

namespace rh::collectors {

class ContextBuilder {
 public:
  // The number of a test, for reach().
  [[nodiscard]] std::uint32_t test(std::string_view name);
  void reach(std::uint32_t test, std::uint32_t line) { reached_.emplace_back(test, line); }
  void end_file(const std::string& path);
  // nullopt when no test was named.
  [[nodiscard]] std::optional<model::TestMap> take(std::string_view granularity);

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> reached_;  // test, line; of the open file
  std::vector<model::ReachedFile> files_;
};

}  // namespace rh::collectors
