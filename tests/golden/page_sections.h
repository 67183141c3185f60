// Takes the data out of an HTML report again, as its page does.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rh::golden {

// Name and JSON text of each element with data, in the order of the page.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> sections_of(std::string_view page);

[[nodiscard]] std::string gunzip(std::string bytes);  // empty when it is not gzip
[[nodiscard]] std::string from_base64(std::string_view text);

}  // namespace rh::golden
