// What has to be known of a source text before its tools see it, by reading words: comments and texts are passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::agent {

// JavaScript with `import` or `export` statements or top-level `await`.
[[nodiscard]] bool is_es_module(std::string_view code);

// Python that an interpreter without site-packages runs the same as with them: it imports the standard library only, in
// plain statements, and sets no `result` to be kept. What is not sure of that is not plain.
[[nodiscard]] bool is_plain_python(std::string_view code);

// Paths of the import statements of a Go file.
[[nodiscard]] std::vector<std::string> go_imports(std::string_view code);

// The text with comments and the inside of string literals as blanks, so that words can be looked for.
[[nodiscard]] std::string without_comments_and_texts(std::string_view code, bool keep_texts = false);

}  // namespace rh::agent
