// Where a text stops being a program, in words for people: tree-sitter repairs what it reads and leaves ERROR and
// MISSING nodes, which say little on their own.
#pragma once

#include <tree_sitter/api.h>

#include <optional>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"
#include "runner/agent/validate/validate.h"

namespace rh::agent::syntax {

class Tree;

class ErrorFinder {
 public:
  ErrorFinder(Language language, std::string_view code, bool has_error)
      : language_(language), code_(code), has_error_(has_error) {}

  void see(const TSNode& node);  // every node in the order of the text
  [[nodiscard]] std::optional<SyntaxError> first(const Tree& tree) const;

 private:
  struct Place {
    std::uint32_t begin = 0, end = 0;
    std::string message;
  };
  void see_bracket(const TSNode& node, char bracket);
  void see_error(const TSNode& node);
  void see_indentation(const TSNode& block);
  void see_other_python(const TSNode& node, std::string_view type);
  void take(std::uint32_t begin, std::uint32_t end, std::string message);
  [[nodiscard]] std::string message_of_error(std::uint32_t begin, std::uint32_t end) const;

  Language language_;
  std::string_view code_;
  bool has_error_;
  std::optional<Place> first_;
  struct Bracket {
    std::uint32_t offset;
    char open;
  };
  std::vector<Bracket> brackets_;
  std::optional<Place> unbalanced_;
};

}  // namespace rh::agent::syntax
