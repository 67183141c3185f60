// A program as one array of nodes in the order of the text: what is needed of tree-sitter's tree, without a call into
// the library for each step and without recursion, so that no nesting can overflow the stack.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"
#include "runner/agent/validate/validate.h"

namespace rh::agent::syntax {

// Node kinds and fields have one numbering for all languages: the names of the grammars. Kind 0 is any other.
using Kind = std::uint16_t;
using Field = std::uint8_t;
inline constexpr Kind kOtherKind = 0;

// The number of a grammar's node name ("call_expression"); names must be listed in syntax_names.cpp.
consteval Kind kind(std::string_view name);
consteval Field field(std::string_view name);

using Node = std::uint32_t;  // index; kNoNode: none
inline constexpr Node kNoNode = 0xffffffff;

struct NodeData {
  std::uint32_t begin = 0, end = 0;  // bytes
  Node parent = kNoNode;
  Node after = 0;  // the first node that does not lie inside of this one
  Kind kind = kOtherKind;
  Field field = 0;     // what it is of its parent
  bool named = false;  // false: a token such as an operator, kept only where the grammar gives it a field
};

class Tree {
 public:
  Tree(Language language, std::string_view code);

  [[nodiscard]] std::string_view code() const { return code_; }
  [[nodiscard]] Node size() const { return static_cast<Node>(nodes_.size()); }
  [[nodiscard]] const NodeData& operator[](Node node) const { return nodes_[node]; }
  [[nodiscard]] Kind kind(Node node) const { return node == kNoNode ? kOtherKind : nodes_[node].kind; }
  [[nodiscard]] Field field(Node node) const { return nodes_[node].field; }
  [[nodiscard]] Node parent(Node node) const { return nodes_[node].parent; }
  [[nodiscard]] std::string_view text(Node node) const;

  // Children in order; kNoNode at the end.
  [[nodiscard]] Node first_child(Node node) const;
  [[nodiscard]] Node next_sibling(Node node) const;
  [[nodiscard]] Node child(Node node, Field field) const;        // the first with this field
  [[nodiscard]] Node child_of_kind(Node node, Kind kind) const;  // the first of this kind
  [[nodiscard]] std::vector<Node> children(Node node) const;     // named ones without comments

  [[nodiscard]] const std::optional<SyntaxError>& syntax_error() const { return error_; }
  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] bool too_large() const { return too_large_; }
  // From 1; columns in units of UTF-16, as SARIF and editors count.
  struct Position {
    unsigned line, column;
  };
  [[nodiscard]] Position position(std::uint32_t offset) const;

 private:
  void read(Language language);

  std::string_view code_;
  std::vector<NodeData> nodes_;
  std::vector<std::uint32_t> line_starts_;
  std::optional<SyntaxError> error_;
  bool too_deep_ = false, too_large_ = false;
};

// For loops: for (Node child : Children(tree, node)).
class Children {
 public:
  Children(const Tree& tree, Node node) : tree_(tree), first_(tree.first_child(node)) {}
  struct Iterator {
    const Tree* tree;
    Node node;
    Node operator*() const { return node; }
    Iterator& operator++() {
      node = tree->next_sibling(node);
      return *this;
    }
    bool operator!=(const Iterator& other) const { return node != other.node; }
  };
  [[nodiscard]] Iterator begin() const { return {&tree_, first_}; }
  [[nodiscard]] Iterator end() const { return {&tree_, kNoNode}; }

 private:
  const Tree& tree_;
  Node first_;
};

// All names that are told apart, in one place, so that a misspelt one does not compile.
inline constexpr std::string_view kKinds[] = {
    "",
    "ERROR",
#include "runner/agent/validate/kinds.inc"
};
inline constexpr std::string_view kFields[] = {
    "",
#include "runner/agent/validate/fields.inc"
};

consteval Kind kind(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kKinds); ++i)
    if (kKinds[i] == name) return static_cast<Kind>(i);
  throw "no such kind";
}
consteval Field field(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kFields); ++i)
    if (kFields[i] == name) return static_cast<Field>(i);
  throw "no such field";
}

}  // namespace rh::agent::syntax
