// Takes samples and stacks out of a profile's page again, as its script does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::golden {

struct PackedNode {
  std::int64_t parent = -1;  // -1: it is a root
  std::uint64_t frame = 0;
  std::int64_t line_step = 0;  // the line less the first line of the frame's function
};

struct PackedRun {
  std::uint64_t thread = 0;
  std::int64_t node = -1;  // -1: not known
  std::uint64_t state = 0, samples = 0;
  std::int64_t start = 0, wall = 0, cpu = 0;  // in units
};

[[nodiscard]] std::vector<PackedNode> unpack_nodes(std::string_view bytes, std::size_t count);
// `of_thread`: how many runs each thread has.
[[nodiscard]] std::vector<PackedRun> unpack_runs(std::string_view bytes, const std::vector<std::uint64_t>& of_thread);

}  // namespace rh::golden
