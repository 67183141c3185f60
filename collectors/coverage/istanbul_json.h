// Istanbul's coverage JSON, file after file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/coverage/function_names.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/source_map.h"

namespace rh::collectors {

// Lines are 1-based, columns 0-based; the end is exclusive. An end that is not known, or written as null (Infinity), is
// the end of the line.
struct IstanbulSpan {
  std::uint32_t start_line = 0, start_column = 0, end_line = 0, end_column = kNoColumn;
  static constexpr std::uint32_t kNoColumn = UINT32_MAX;
};

struct IstanbulFile {
  struct Statement {
    IstanbulSpan place;
    std::uint64_t hits = 0;
  };
  struct Function {
    std::string name;
    IstanbulSpan place, body;  // its head, and all of it
    std::uint64_t hits = 0;
  };
  struct Branch {
    std::uint32_t line = 0;
    std::optional<IstanbulSpan> place;
    std::vector<std::optional<IstanbulSpan>> arms;  // the `else` that an `if` does not have is without place
    std::vector<std::uint64_t> hits;
  };

  std::string path;
  std::vector<Statement> statements;
  std::vector<Function> functions;
  std::vector<Branch> branches;
  std::optional<SourceMapText> map;  // when the coverage is of code generated from other sources
  std::size_t skipped = 0;           // records without place or count
};

struct IstanbulEnd {
  JsonEnd json;
  bool recognised = false;
};

// The file that a damage cuts off is told as far as it was read.
[[nodiscard]] IstanbulEnd read_istanbul_json(std::string_view text, const std::function<void(IstanbulFile)>& file);

}  // namespace rh::collectors
