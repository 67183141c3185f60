#include "runner/engine/registry.h"

namespace rh::engine {
namespace {

template <class Row>
const Row* find_row(const std::vector<Row>& rows, std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

const collectors::ResultFormat* Registry::result_format(std::string_view name) const {
  return find_row(result_formats, name);
}

const reporters::Reporter* Registry::reporter(std::string_view name) const { return find_row(reporters, name); }

}  // namespace rh::engine
