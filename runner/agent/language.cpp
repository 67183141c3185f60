#include "runner/agent/language.h"

#include <algorithm>

namespace rh::agent {
namespace {

constexpr std::array<LanguageRow, 6> kRows{{
    {Language::python, "python", {"py", "python3"}, {".py", ".pyw"}, "main.py"},
    {Language::javascript, "javascript", {"node", "js", "nodejs"}, {".js", ".mjs", ".cjs"}, "main.js"},
    {Language::bash, "bash", {"sh", "shell"}, {".sh", ".bash"}, "main.sh"},
    {Language::go, "go", {"golang"}, {".go"}, "main.go"},
    {Language::rust, "rust", {"rs"}, {".rs"}, "main.rs"},
    {Language::java, "java", {}, {".java"}, "Main.java"},
}};

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

template <class Names>
bool has(const Names& names, std::string_view name) {
  return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const std::array<LanguageRow, 6>& language_rows() { return kRows; }

const LanguageRow& row_of(Language language) { return kRows[static_cast<std::size_t>(language)]; }

std::optional<Language> language_named(std::string_view name) {
  const std::string lower = to_lower(name);
  for (const LanguageRow& row : kRows)
    if (row.name == lower || has(row.aliases, lower)) return row.language;
  return std::nullopt;
}

std::optional<Language> language_of_file(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string suffix = to_lower(path.substr(dot));
  for (const LanguageRow& row : kRows)
    if (has(row.suffixes, suffix)) return row.language;
  return std::nullopt;
}

std::string language_list() {
  std::string list;
  for (const LanguageRow& row : kRows) {
    if (!list.empty()) list += ", ";
    list += row.name;
    if (!row.aliases.front().empty()) list += " (" + std::string(row.aliases.front()) + ")";
  }
  return list;
}

}  // namespace rh::agent
