// The programming languages that code can be run and checked in, with the names they are asked for by.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rh::agent {

enum class Language { python, javascript, bash, go, rust, java };

struct LanguageRow {
  Language language;
  std::string_view name;                     // in records
  std::array<std::string_view, 4> aliases;   // also accepted
  std::array<std::string_view, 4> suffixes;  // of script files, with the dot
  std::string_view source_name;              // file that inline code is written to
};

[[nodiscard]] const std::array<LanguageRow, 6>& language_rows();
[[nodiscard]] const LanguageRow& row_of(Language language);
[[nodiscard]] inline std::string_view name_of(Language language) { return row_of(language).name; }
[[nodiscard]] std::optional<Language> language_named(std::string_view name);
[[nodiscard]] std::optional<Language> language_of_file(std::string_view path);
// "python, javascript (node), bash, go, rust, java": for messages.
[[nodiscard]] std::string language_list();

}  // namespace rh::agent
