// The little JSON that exports are made of: columns of numbers and of texts, appended to one string. Documents of
// a million samples are too large to be built as values first.
#pragma once

#include <concepts>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace rh::profiles {

// Quoted; invalid UTF-8 becomes U+FFFD.
void append_text(std::string& json, std::string_view text);
[[nodiscard]] std::string json_text(std::string_view text);

// "[a,b,c]", each element appended by `append(json, element)`.
template <class Row, class Append>
void append_list(std::string& json, const std::vector<Row>& rows, Append append) {
  json += '[';
  bool first = true;
  for (const Row& row : rows) {
    if (!first) json += ',';
    first = false;
    append(json, row);
  }
  json += ']';
}

template <std::integral Number>
void append_numbers(std::string& json, const std::vector<Number>& numbers) {
  append_list(json, numbers,
              [](std::string& to, Number number) { fmt::format_to(std::back_inserter(to), "{}", number); });
}

inline void append_texts(std::string& json, const std::vector<std::string>& texts) {
  append_list(json, texts, [](std::string& to, const std::string& text) { append_text(to, text); });
}

// A time in ns as a decimal number of units of 10^`digits` ns: 1234567 with 6 digits is "1.234567".
void append_decimal(std::string& json, std::int64_t ns, unsigned digits);

}  // namespace rh::profiles
