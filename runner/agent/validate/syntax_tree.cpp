#include "runner/agent/validate/syntax_tree.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <unordered_map>

#include "runner/agent/validate/syntax_error.h"

extern "C" {
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_java();
}

namespace rh::agent::syntax {
namespace {

// Text that no parser was meant for can make the search for the least bad tree long.
constexpr std::chrono::seconds kMaxParseTime{5};
constexpr std::size_t kMaxNesting = 20'000;

const TSLanguage* grammar_of(Language language) {
  switch (language) {
    case Language::python:
      return tree_sitter_python();
    case Language::javascript:
      return tree_sitter_javascript();
    case Language::bash:
      return tree_sitter_bash();
    case Language::go:
      return tree_sitter_go();
    case Language::rust:
      return tree_sitter_rust();
    case Language::java:
      return tree_sitter_java();
  }
  return nullptr;
}

// Numbers of one grammar -> ours.
struct Numbering {
  std::vector<Kind> kinds;
  std::vector<Field> fields;
};

template <std::size_t Size>
std::size_t place_of(const std::string_view (&names)[Size], const char* name) {
  static const std::unordered_map<std::string_view, std::size_t> places = [&] {
    std::unordered_map<std::string_view, std::size_t> all;
    for (std::size_t i = 1; i < Size; ++i) all.emplace(names[i], i);
    return all;
  }();
  if (name == nullptr) return 0;
  const auto found = places.find(name);
  return found == places.end() ? 0 : found->second;
}

Numbering number(const TSLanguage* grammar) {
  Numbering numbering;
  for (std::uint32_t i = 0; i < ts_language_symbol_count(grammar); ++i) {
    const auto symbol = static_cast<TSSymbol>(i);
    const bool named = ts_language_symbol_type(grammar, symbol) == TSSymbolTypeRegular;
    numbering.kinds.push_back(named ? static_cast<Kind>(place_of(kKinds, ts_language_symbol_name(grammar, symbol)))
                                    : kOtherKind);
  }
  for (std::uint32_t i = 0; i <= ts_language_field_count(grammar); ++i)
    numbering.fields.push_back(
        static_cast<Field>(place_of(kFields, ts_language_field_name_for_id(grammar, static_cast<TSFieldId>(i)))));
  return numbering;
}

const Numbering& numbering_of(Language language) {
  static const std::array<Numbering, 6> all = [] {
    std::array<Numbering, 6> made;
    for (const LanguageRow& row : language_rows())
      made[static_cast<std::size_t>(row.language)] = number(grammar_of(row.language));
    return made;
  }();
  return all[static_cast<std::size_t>(language)];
}

struct Input {
  std::string_view code;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() + kMaxParseTime;
};

const char* read_input(void* payload, std::uint32_t offset, TSPoint, std::uint32_t* size) {
  const Input& input = *static_cast<const Input*>(payload);
  const std::size_t begin = std::min<std::size_t>(offset, input.code.size());
  *size = static_cast<std::uint32_t>(input.code.size() - begin);
  return input.code.data() + begin;
}

bool took_too_long(TSParseState* state) {
  return std::chrono::steady_clock::now() > static_cast<const Input*>(state->payload)->deadline;
}

using OwnedTree = std::unique_ptr<TSTree, decltype(&ts_tree_delete)>;

OwnedTree parse(Language language, std::string_view code) {
  const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(ts_parser_new(), ts_parser_delete);
  ts_parser_set_language(parser.get(), grammar_of(language));
  Input source{code};
  const TSInput input{&source, read_input, TSInputEncodingUTF8, nullptr};
  return {ts_parser_parse_with_options(parser.get(), nullptr, input, {&source, took_too_long}), ts_tree_delete};
}

}  // namespace

Tree::Tree(Language language, std::string_view code) : code_(code) {
  line_starts_.push_back(0);
  for (std::uint32_t i = 0; i < code.size(); ++i)
    if (code[i] == '\n') line_starts_.push_back(i + 1);
  too_large_ = code.size() > kMaxValidatedBytes;
  if (!too_large_) read(language);
}

void Tree::read(Language language) {
  const OwnedTree tree = parse(language, code_);
  if (!tree) {
    too_large_ = true;
    return;
  }
  const Numbering& numbering = numbering_of(language);
  const TSNode root = ts_tree_root_node(tree.get());
  ErrorFinder errors(language, code_, ts_node_has_error(root));
  nodes_.reserve(code_.size() / 4 + 16);
  TSTreeCursor cursor = ts_tree_cursor_new(root);
  // Nodes of the array that are open, and for every level of the tree whether it is one of them.
  std::vector<Node> open;
  std::vector<bool> kept;
  for (bool more = true; more;) {
    const TSNode node = ts_tree_cursor_current_node(&cursor);
    const bool named = ts_node_is_named(node);
    const Field field = numbering.fields[ts_tree_cursor_current_field_id(&cursor)];
    errors.see(node);
    const bool keep = named || field != 0;
    if (keep) {
      const TSSymbol symbol = ts_node_symbol(node);
      const Kind kind = symbol < numbering.kinds.size() ? numbering.kinds[symbol]
                        : ts_node_is_error(node)        ? syntax::kind("ERROR")
                                                        : kOtherKind;
      nodes_.push_back({ts_node_start_byte(node), ts_node_end_byte(node), open.empty() ? kNoNode : open.back(), 0, kind,
                        field, named});
      open.push_back(static_cast<Node>(nodes_.size() - 1));
    }
    kept.push_back(keep);
    const auto close = [&] {
      if (kept.back()) {
        nodes_[open.back()].after = static_cast<Node>(nodes_.size());
        open.pop_back();
      }
      kept.pop_back();
    };
    if (kept.size() > kMaxNesting) too_deep_ = true;
    if (!too_deep_ && ts_tree_cursor_goto_first_child(&cursor)) continue;
    close();
    while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
      if (!ts_tree_cursor_goto_parent(&cursor)) {
        more = false;
        break;
      }
      close();
    }
  }
  ts_tree_cursor_delete(&cursor);
  while (!open.empty()) {
    nodes_[open.back()].after = static_cast<Node>(nodes_.size());
    open.pop_back();
  }
  error_ = errors.first(*this);
}

std::string_view Tree::text(Node node) const {
  if (node == kNoNode) return {};
  return code_.substr(nodes_[node].begin, nodes_[node].end - nodes_[node].begin);
}

Node Tree::first_child(Node node) const {
  return node == kNoNode || node + 1 >= nodes_[node].after ? kNoNode : node + 1;
}

Node Tree::next_sibling(Node node) const {
  const Node next = nodes_[node].after;
  return nodes_[node].parent != kNoNode && next < nodes_[nodes_[node].parent].after ? next : kNoNode;
}

Node Tree::child(Node node, Field field) const {
  for (const Node child : Children(*this, node))
    if (nodes_[child].field == field) return child;
  return kNoNode;
}

Node Tree::child_of_kind(Node node, Kind kind) const {
  for (const Node child : Children(*this, node))
    if (nodes_[child].kind == kind) return child;
  return kNoNode;
}

std::vector<Node> Tree::children(Node node) const {
  std::vector<Node> all;
  for (const Node child : Children(*this, node)) {
    const Kind kind = nodes_[child].kind;
    if (nodes_[child].named && kind != syntax::kind("comment") && kind != syntax::kind("line_comment") &&
        kind != syntax::kind("block_comment"))
      all.push_back(child);
  }
  return all;
}

Tree::Position Tree::position(std::uint32_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(after - line_starts_.begin());
  unsigned column = 1;
  for (std::size_t at = line_starts_[line - 1]; at < offset && at < code_.size(); ++at) {
    const auto byte = static_cast<unsigned char>(code_[at]);
    column += byte >= 0xf0 ? 2U : (byte & 0xc0U) == 0x80U ? 0U : 1U;
  }
  return {static_cast<unsigned>(line), column};
}

}  // namespace rh::agent::syntax
