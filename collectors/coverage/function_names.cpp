#include "collectors/coverage/function_names.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/core.h>

namespace rh::collectors {

void FunctionNames::move_to(FileBuilder& file) {
  std::stable_sort(functions_.begin(), functions_.end(), [](const Function& a, const Function& b) {
    return std::tie(a.line, a.name, a.column) < std::tie(b.line, b.name, b.column);
  });
  const Function* before = nullptr;
  for (const Function& function : functions_) {
    const bool repeated = before != nullptr && before->line == function.line && before->name == function.name;
    std::string name = repeated ? fmt::format("{} (column {})", function.name, function.column) : function.name;
    file.function({std::move(name), function.line, function.hits});
    before = &function;
  }
  functions_.clear();
}

}  // namespace rh::collectors
