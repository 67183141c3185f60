// Which files coverage is expected of, and which lines of them hold code: by name and by the look of the line alone,
// because a diff shows neither the rest of the file nor what a compiler makes of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::engine {

struct Language {
  std::string_view name;
  std::vector<std::string_view> extensions;     // with the dot, lower case
  std::vector<std::string_view> comment_marks;  // what a line that is a comment and nothing else starts with
};

[[nodiscard]] const std::vector<Language>& languages();
// By the extension; null: none that coverage data exists for.
[[nodiscard]] const Language* language_of(std::string_view path);

// A test, a test's fixture, vendored or generated code, or configuration written in a language.
[[nodiscard]] bool is_exempt(std::string_view path);

// A file of a known language that is neither exempt nor matched by a glob.
[[nodiscard]] bool is_expected_source(std::string_view path, const std::vector<std::string>& exclude_globs);

// Blank, or a comment and nothing else. Lines inside of a longer comment or text look like code.
[[nodiscard]] bool is_idle_line(std::string_view line, const Language* language);

}  // namespace rh::engine
