// The JSON files in which V8's block coverage is kept: NODE_V8_COVERAGE and c8's temporary files ({"result": [...],
// "source-map-cache": {...}}), lists of puppeteer and playwright, monocart's ({"data": [...]}), a script alone (Deno),
// and the answer of the DevTools protocol.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/source_map.h"
#include "collectors/coverage/v8_ranges.h"

namespace rh::collectors {

// One process's or page's runs of one script.
struct V8Script {
  std::vector<std::vector<V8Function>> runs;
  std::optional<std::string> source;  // when the file has it
};

// Node keeps the maps of the code that it ran, and the lengths of its lines where that is on no disk.
struct V8CachedMap {
  SourceMapText map;
  bool has_map = false;
  std::vector<std::uint32_t> line_lengths;
};

struct V8Document {
  std::map<std::string, V8Script> scripts;  // by path
  std::map<std::string, V8CachedMap> maps;
  std::size_t dependencies = 0, without_file = 0;  // scripts that were left out
  std::size_t damaged = 0;                         // ranges that are none
  bool recognised = false;                         // a list of scripts was there
};

// Adds to `into`, which may hold other documents.
[[nodiscard]] JsonEnd read_v8_json(std::string_view text, V8Document& into);

}  // namespace rh::collectors
