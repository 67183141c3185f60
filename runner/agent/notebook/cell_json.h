// Cells and outputs of nbformat 4.5 as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace rh::agent {

[[nodiscard]] nlohmann::json markdown_cell(std::string id, std::string text);
[[nodiscard]] nlohmann::json code_cell(std::string id, std::string_view code, nlohmann::json count,
                                       nlohmann::json outputs);
// `more`: lines of the traceback above the last one, which is in red.
[[nodiscard]] nlohmann::json cell_error(const std::string& name, const std::string& value,
                                        const std::vector<std::string>& more);

}  // namespace rh::agent
