#include "collectors/coverage/python/python_tree.h"

#include <algorithm>
#include <span>

#include "collectors/coverage/python/python_condition.h"
#include "collectors/coverage/python/python_tokens.h"

namespace rh::collectors {
namespace {

using Tokens = std::span<const PyToken>;

struct Keyword {
  std::string_view word;
  PyKind kind;
};

constexpr Keyword kCompound[] = {{"if", PyKind::if_},      {"while", PyKind::while_}, {"for", PyKind::for_},
                                 {"try", PyKind::try_},    {"with", PyKind::with},    {"def", PyKind::def},
                                 {"class", PyKind::class_}};
constexpr Keyword kSimple[] = {{"raise", PyKind::raise},    {"return", PyKind::return_},
                               {"break", PyKind::break_},   {"continue", PyKind::continue_},
                               {"global", PyKind::no_code}, {"nonlocal", PyKind::no_code}};

std::optional<PyKind> find_kind(std::span<const Keyword> keywords, const PyToken& token) {
  for (const Keyword& keyword : keywords)
    if (token.is(keyword.word)) return keyword.kind;
  return std::nullopt;
}

// The ':' that ends a header or a target: outside of brackets and not that of a lambda. tokens.size(): none.
std::size_t find_colon(Tokens tokens, std::size_t from = 0) {
  std::size_t lambdas = 0;
  for (std::size_t i = from; i < tokens.size(); ++i) {
    if (tokens[i].nesting > 0) continue;
    if (tokens[i].is("lambda")) ++lambdas;
    if (!tokens[i].is(":")) continue;
    if (lambdas == 0) return i;
    --lambdas;
  }
  return tokens.size();
}

bool is_text_alone(Tokens tokens) {
  if (tokens.empty()) return false;
  return std::all_of(tokens.begin(), tokens.end(), [](const PyToken& token) {
    if (token.kind == PyToken::Kind::op) return token.is("(") || token.is(")");
    return token.kind == PyToken::Kind::string &&
           token.text.substr(0, token.text.find_first_of("'\"")).find_first_of("fFtTbB") == std::string_view::npos;
  });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(text) {}

  PyTree parse() {
    tree_.nodes.emplace_back().kind = PyKind::class_;
    advance();
    const PyIndex body = block(0);
    tree_.nodes[0].body = body;
    if (tree_.problem.empty() && has_line_) fail("unexpected indent");
    if (tree_.problem.empty() && !lines_.error().empty()) {
      tree_.problem = lines_.error();
      tree_.problem_line = lines_.line();
    }
    return std::move(tree_);
  }

 private:
  void advance() {
    has_line_ = lines_.next(line_);
    if (!has_line_) return;
    PyLineShape shape{line_.first_line, line_.last_line, line_.depth, line_.first_line, {}};
    if (!line_.tokens.empty()) shape.first_token_end = line_.tokens.front().end_line;
    for (const PyToken& token : line_.tokens)
      if (token.nesting == 0 && token.is(":")) shape.colons.push_back(token.line);
    tree_.lines.push_back(std::move(shape));
  }

  void fail(std::string what) {
    if (tree_.problem.empty()) {
      tree_.problem = std::move(what);
      tree_.problem_line = line_.first_line;
    }
    has_line_ = false;
  }

  PyIndex add(PyKind kind) {
    if (tree_.nodes.size() >= kMaxPythonNodes) fail("too many statements");
    PyNode node;
    node.kind = kind;
    node.line = node.main_line = line_.first_line;
    node.end_line = line_.last_line;
    tree_.nodes.push_back(node);
    return static_cast<PyIndex>(tree_.nodes.size() - 1);
  }

  // Statements that hang together by `next`.
  struct List {
    PyIndex first = kNoNode, last = kNoNode;
  };

  void append(List& list, PyIndex node) {
    if (list.first == kNoNode)
      list.first = node;
    else
      tree_.nodes[list.last].next = node;
    list.last = node;
  }

  PyIndex block(std::uint32_t depth) {
    List list;
    while (has_line_ && line_.depth >= depth) {
      if (line_.depth > depth) {
        fail("unexpected indent");
        break;
      }
      statement(list);
    }
    return list.first;
  }

  [[nodiscard]] const PyToken& token(std::size_t i) const {
    static const PyToken kNone;
    return i < line_.tokens.size() ? line_.tokens[i] : kNone;
  }

  void statement(List& list) {
    List decorators;
    while (has_line_ && token(0).is("@")) {
      append(decorators, add(PyKind::decorator));
      advance();
    }
    if (!has_line_) return decorators.first != kNoNode ? fail("a decorator of nothing") : void();
    const std::size_t first = token(0).is("async") ? 1 : 0;
    auto kind = find_kind(kCompound, token(first));
    if (!kind && first == 0 && starts_match()) kind = PyKind::match;
    if (!kind) {
      simple_statements(list, line_.tokens);
      advance();
      return;
    }
    const PyIndex node = compound(*kind, first);
    if (decorators.first == kNoNode) return append(list, node);
    tree_.nodes[node].parts = decorators.first;
    tree_.nodes[node].line = tree_.nodes[decorators.first].line;
    append(list, node);
  }

  // `match` is a name unless a header follows: `match x:`.
  [[nodiscard]] bool starts_match() const {
    if (!token(0).is("match") || line_.tokens.size() < 3 || !line_.tokens.back().is(":")) return false;
    const PyToken& second = token(1);
    const bool is_name = second.kind == PyToken::Kind::op && !second.is("(") && !second.is("[") && !second.is("{") &&
                         !second.is("-") && !second.is("*") && !second.is("~") && !second.is("+") && !second.is("...");
    return !is_name && !second.is(":") && find_colon(line_.tokens) == line_.tokens.size() - 1;
  }

  PyIndex compound(PyKind kind, std::size_t keyword) {
    const PyIndex node = add(kind);
    const std::uint32_t depth = line_.depth;
    if (kind == PyKind::def || kind == PyKind::class_) tree_.nodes[node].name = token(keyword + 1).text;
    if (kind == PyKind::if_ || kind == PyKind::while_) set_test(node, keyword + 1);
    if (kind == PyKind::match) {
      cases(node);
    } else {
      const PyIndex body = suite(find_colon(line_.tokens, keyword));
      tree_.nodes[node].body = body;
      clauses(node, kind, depth);
    }
    tree_.nodes[node].end_line = end_line_;
    return node;
  }

  void set_test(PyIndex node, std::size_t begin) {
    const Tokens tokens = line_.tokens;
    const std::size_t colon = find_colon(tokens, begin);
    const PyCondition test = evaluate_condition(tokens.subspan(begin, colon - begin));
    tree_.nodes[node].test = test.compiled;
    tree_.nodes[node].test_is_constant = test.is_constant;
    tree_.nodes[node].test_value = test.value;
  }

  // What follows the ':' of a header: statements on its line, or a block.
  PyIndex suite(std::size_t colon) {
    const Tokens tokens = line_.tokens;
    const std::uint32_t depth = line_.depth;
    if (colon == tokens.size()) return fail("a ':' is missing"), kNoNode;
    end_line_ = line_.last_line;
    if (colon + 1 < tokens.size()) {
      List list;
      simple_statements(list, tokens.subspan(colon + 1));
      advance();
      return list.first;
    }
    advance();
    if (!has_line_ || line_.depth <= depth) return fail("expected an indented block"), kNoNode;
    const PyIndex body = block(line_.depth);
    return body;
  }

  // else, elif, except, finally behind the block of `node`, at its depth.
  void clauses(PyIndex node, PyKind kind, std::uint32_t depth) {
    List handlers;
    while (has_line_ && line_.depth == depth) {
      if (kind == PyKind::if_ && token(0).is("elif")) {
        elif (node);
        break;
      }
      const bool is_else = token(0).is("else") && kind != PyKind::with && kind != PyKind::def && kind != PyKind::class_;
      const bool is_handler = kind == PyKind::try_ && token(0).is("except");
      const bool is_final = kind == PyKind::try_ && token(0).is("finally");
      if (!is_else && !is_handler && !is_final) break;
      const PyIndex handler = is_handler ? add(PyKind::except) : kNoNode;
      const PyIndex body = suite(find_colon(line_.tokens));
      if (is_handler) {
        tree_.nodes[handler].body = body;
        tree_.nodes[handler].end_line = end_line_;
        append(handlers, handler);
      }
      if (is_else) tree_.nodes[node].other = body;
      if (is_final) tree_.nodes[node].final = body;
      if (is_final || (is_else && kind != PyKind::try_)) break;
    }
    tree_.nodes[node].parts = handlers.first;
    if (kind == PyKind::try_ && handlers.first == kNoNode && tree_.nodes[node].final == kNoNode)
      fail("expected 'except' or 'finally' block");
  }

  void elif (PyIndex node) {
    if (++elifs_ > kMaxPythonElifs) return fail("too many elif");
    const PyIndex inner = add(PyKind::if_);
    set_test(inner, 1);
    const std::uint32_t depth = line_.depth;
    const PyIndex body = suite(find_colon(line_.tokens, 1));
    tree_.nodes[inner].body = body;
    clauses(inner, PyKind::if_, depth);
    tree_.nodes[inner].end_line = end_line_;
    tree_.nodes[node].other = inner;
    --elifs_;
  }

  void cases(PyIndex node) {
    const std::uint32_t depth = line_.depth;
    end_line_ = line_.last_line;
    advance();
    List list;
    const std::uint32_t inner = line_.depth;
    if (!has_line_ || inner <= depth) return fail("expected an indented block");
    while (has_line_ && line_.depth == inner && token(0).is("case")) {
      const Tokens tokens = line_.tokens;
      const std::size_t colon = find_colon(tokens, 1);
      const Tokens header = tokens.subspan(1, std::max<std::size_t>(colon, 1) - 1);
      const auto guard =
          std::find_if(header.begin(), header.end(), [](const PyToken& t) { return t.nesting == 0 && t.is("if"); });
      const bool guarded = guard != header.end();
      const bool irrefutable = !guarded && is_irrefutable(header);
      const PyTruth test = guarded ? evaluate_condition({guard + 1, header.end()}).compiled : PyTruth::unknown;
      const PyIndex part = add(PyKind::case_);
      tree_.nodes[part].irrefutable = irrefutable;
      tree_.nodes[part].test = test;
      const std::uint32_t last = line_.last_line;
      const PyIndex body = suite(colon);
      tree_.nodes[part].body = body;
      tree_.nodes[part].main_line = last;  // where its pattern ends at the latest
      tree_.nodes[part].end_line = end_line_;
      append(list, part);
    }
    tree_.nodes[node].parts = list.first;
    if (list.first == kNoNode) fail("expected 'case'");
  }

  void simple_statements(List& list, Tokens tokens) {
    end_line_ = line_.last_line;
    while (!tokens.empty()) {
      std::size_t size = 0;
      while (size < tokens.size() && !(tokens[size].nesting == 0 && tokens[size].is(";"))) ++size;
      if (size > 0) append(list, simple(tokens.first(size)));
      tokens = tokens.subspan(std::min(size + 1, tokens.size()));
    }
  }

  PyIndex simple(Tokens tokens) {
    const PyIndex index = add(find_kind(kSimple, tokens[0]).value_or(PyKind::simple));
    PyNode& node = tree_.nodes[index];
    if (node.kind != PyKind::simple) return index;
    node.is_text = is_text_alone(tokens);
    if (node.is_text) read_text(node, tokens);
    if (tokens[0].is("assert")) {
      std::size_t comma = 1;
      while (comma < tokens.size() && !(tokens[comma].nesting == 0 && tokens[comma].is(","))) ++comma;
      node.ends = evaluate_condition(tokens.subspan(1, comma - 1)).compiled == PyTruth::no;
    }
    const std::size_t colon = find_colon(tokens);
    if (colon == 0 || colon == tokens.size()) return index;
    node.is_bare_annotation = std::none_of(tokens.begin() + static_cast<std::ptrdiff_t>(colon), tokens.end(),
                                           [](const PyToken& t) { return t.nesting == 0 && t.is("="); });
    const Tokens target = tokens.first(colon);
    node.names_only = std::all_of(target.begin(), target.end(), [](const PyToken& t) {
      return t.kind == PyToken::Kind::name || t.is("(") || t.is(")");
    });
    return index;
  }

  static void read_text(PyNode& node, Tokens tokens) {
    const auto is_string = [](const PyToken& t) { return t.kind == PyToken::Kind::string; };
    const auto first = std::find_if(tokens.begin(), tokens.end(), is_string);
    const auto last = std::find_if(tokens.rbegin(), tokens.rend(), is_string);
    node.is_text = first != tokens.end();
    if (!node.is_text) return;
    node.text_line = first->line;
    node.main_line = last->end_line;
  }

  PyLines lines_;
  PyLogicalLine line_;
  bool has_line_ = false;
  std::uint32_t end_line_ = 0;  // of the statement that was read last
  std::size_t elifs_ = 0;
  PyTree tree_;
};

}  // namespace

PyTree parse_python(std::string_view text) { return Parser(text).parse(); }

}  // namespace rh::collectors
