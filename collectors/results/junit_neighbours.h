// Other formats that arrive where a JUnit report is expected. They are named, not read.
#pragma once

#include <string>
#include <string_view>

namespace rh::collectors {

// "an NUnit 3 report", from the name of the first element or, when there is none, from the first
// bytes; empty when unknown.
[[nodiscard]] std::string_view name_of_neighbour(std::string_view root, std::string_view head);

// Name of the first element in the head of an XML file, without prefix; empty when there is none.
[[nodiscard]] std::string first_element(std::string_view head);

}  // namespace rh::collectors
