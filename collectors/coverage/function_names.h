// Functions of JavaScript before they have names that are unique: several of a line may have the same (minified code,
// getters and setters), and each counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {

class FunctionNames {
 public:
  void add(std::string name, std::uint32_t line, std::int64_t column, std::uint64_t hits) {
    functions_.push_back({std::move(name), line, column, hits});
  }
  // The first of a line and name keeps its name, the others get their column behind it.
  void move_to(FileBuilder& file);

 private:
  struct Function {
    std::string name;
    std::uint32_t line;
    std::int64_t column;
    std::uint64_t hits;
  };
  std::vector<Function> functions_;
};

}  // namespace rh::collectors
