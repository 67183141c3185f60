// Notebooks as others wrote them: nbformat 3 and 4, as strict as their readers are and no stricter. Also the outputs
// that the drivers of support/ tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

constexpr std::uint64_t kMaxNotebookBytes = 64ULL << 20;
constexpr std::size_t kMaxNotebookCells = 10'000;

struct NotebookCell {
  enum class Type { code, markdown, raw };
  Type type = Type::code;
  std::string id;         // 1 to 64 of [A-Za-z0-9_-]; made where the file has none
  std::string source;     // lines joined
  bool may_fail = false;  // tagged raises-exception
};

struct Notebook {
  std::string document;  // as nbformat 4.5, JSON
  std::vector<NotebookCell> cells;
  std::string language, kernel;   // lower case; empty: not said
  unsigned major = 4, minor = 5;  // as it was written
};

[[nodiscard]] Result<Notebook> read_notebook(std::string_view text, const std::string& subject);
// Code cells one after the other, each below a comment with its number: what is checked and approved.
[[nodiscard]] std::string code_of(const Notebook& notebook);

}  // namespace rh::agent
