#include "tests/golden/packed_profile.h"

#include <stdexcept>

namespace rh::golden {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.at(at_++));
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::int64_t next_signed() {
    const std::uint64_t value = next();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  void finish() const {
    if (at_ != bytes_.size()) throw std::runtime_error("bytes are left over");
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<PackedNode> unpack_nodes(std::string_view bytes, std::size_t count) {
  Reader reader(bytes);
  std::vector<PackedNode> nodes(count);
  for (std::size_t i = 0; i < count; ++i)
    if (const std::uint64_t step = reader.next(); step > 0)
      nodes[i].parent = static_cast<std::int64_t>(i) - static_cast<std::int64_t>(step);
  for (PackedNode& node : nodes) node.frame = reader.next();
  for (PackedNode& node : nodes) node.line_step = reader.next_signed();
  reader.finish();
  return nodes;
}

std::vector<PackedRun> unpack_runs(std::string_view bytes, const std::vector<std::uint64_t>& of_thread) {
  Reader reader(bytes);
  std::vector<std::int64_t> leaves(reader.next());
  for (std::int64_t& leaf : leaves) leaf = static_cast<std::int64_t>(reader.next()) - 1;
  std::vector<PackedRun> runs;
  for (std::uint64_t thread = 0; thread < of_thread.size(); ++thread)
    for (std::uint64_t i = 0; i < of_thread[thread]; ++i) runs.push_back({thread, -1, 0, 0, 0, 0, 0});
  for (PackedRun& run : runs) run.node = leaves.at(reader.next());
  for (PackedRun& run : runs) run.state = reader.next();
  for (PackedRun& run : runs) run.samples = reader.next();
  for (PackedRun& run : runs) run.start = reader.next_signed();
  for (PackedRun& run : runs) run.wall = static_cast<std::int64_t>(reader.next());
  for (PackedRun& run : runs) run.cpu = reader.next_signed() + ((run.state & 1U) != 0 ? run.wall : 0);
  reader.finish();
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (i > 0 && runs[i].thread == runs[i - 1].thread) runs[i].start += runs[i - 1].start + runs[i - 1].wall;
  return runs;
}

}  // namespace rh::golden
