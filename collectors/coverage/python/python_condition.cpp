#include "collectors/coverage/python/python_condition.h"

#include <algorithm>

namespace rh::collectors {
namespace {

using Tokens = std::span<const PyToken>;

constexpr std::size_t kMaxDepth = 100;

PyTruth opposite(PyTruth truth) {
  return truth == PyTruth::yes ? PyTruth::no : truth == PyTruth::no ? PyTruth::yes : PyTruth::unknown;
}

PyCondition known(bool value) { return {value ? PyTruth::yes : PyTruth::no, true, value}; }

bool is_zero(std::string_view number) {
  if (number.starts_with("0x") || number.starts_with("0X")) return number.find_first_not_of("0xX_") == number.npos;
  const std::string_view digits = number.substr(0, number.find_first_of("eEjJ"));
  return digits.find_first_of("123456789") == std::string_view::npos;
}

bool is_empty_string(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_of("'\""), text.size()));
  return text == "''" || text == "\"\"" || text == "\'\'\'\'\'\'" || text == "\"\"\"\"\"\"";
}

bool is_plain_string(const PyToken& token) {
  if (token.kind != PyToken::Kind::string) return false;
  const std::string_view prefix = token.text.substr(0, token.text.find_first_of("'\""));
  return prefix.find_first_of("fFtT") == std::string_view::npos;
}

PyCondition evaluate(Tokens tokens, std::size_t depth);

PyCondition evaluate_atom(Tokens tokens, std::size_t depth) {
  if (tokens.empty() || depth > kMaxDepth) return {};
  if (std::all_of(tokens.begin(), tokens.end(), is_plain_string))
    return known(!std::all_of(tokens.begin(), tokens.end(), [](const PyToken& t) { return is_empty_string(t.text); }));
  const bool in_brackets = tokens.size() > 2 && tokens.front().is("(") && tokens.back().is(")") &&
                           std::all_of(tokens.begin() + 1, tokens.end() - 1,
                                       [&](const PyToken& t) { return t.nesting > tokens.front().nesting; });
  if (in_brackets) return evaluate(tokens.subspan(1, tokens.size() - 2), depth + 1);
  if (tokens.size() == 2 && tokens[0].is("-") && tokens[1].kind == PyToken::Kind::number)
    return {is_zero(tokens[1].text) ? PyTruth::no : PyTruth::yes, false, false};
  if (tokens.size() != 1) return {};
  const PyToken& token = tokens[0];
  if (token.kind == PyToken::Kind::number) return known(!is_zero(token.text));
  if (token.is("True") || token.is("__debug__") || token.is("...")) return known(true);
  if (token.is("False") || token.is("None")) return known(false);
  return {};
}

PyCondition evaluate_not(Tokens tokens, std::size_t depth) {
  bool negated = false;
  while (!tokens.empty() && tokens.front().is("not")) negated = !negated, tokens = tokens.subspan(1);
  const PyCondition inner = evaluate_atom(tokens, depth);
  return negated ? PyCondition{opposite(inner.compiled), inner.is_constant, !inner.value} : inner;
}

// a or b or c, a and b and c: `decisive` is the value that decides alone.
template <class Operand>
PyCondition evaluate_chain(Tokens tokens, std::string_view word, PyTruth decisive, Operand operand) {
  const std::uint32_t level = tokens.empty() ? 0 : tokens.front().nesting;
  PyCondition all = known(decisive == PyTruth::no);
  std::size_t begin = 0;
  bool decided = false, unknown = false;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    if (i < tokens.size() && !(tokens[i].nesting == level && tokens[i].is(word))) continue;
    if (begin == 0 && i == tokens.size()) return operand(tokens);
    const PyCondition part = operand(tokens.subspan(begin, i - begin));
    begin = i + 1;
    decided = decided || part.compiled == decisive;
    unknown = unknown || part.compiled == PyTruth::unknown;
    all.is_constant = all.is_constant && part.is_constant;
    all.value = decisive == PyTruth::no ? all.value && part.value : all.value || part.value;
  }
  all.compiled = decided ? decisive : unknown ? PyTruth::unknown : opposite(decisive);
  if (!all.is_constant) all.value = false;
  return all;
}

PyCondition evaluate(Tokens tokens, std::size_t depth) {
  if (tokens.empty() || depth > kMaxDepth) return {};
  const std::uint32_t level = tokens.front().nesting;
  const bool binds_weaker = std::any_of(tokens.begin(), tokens.end(), [&](const PyToken& t) {
    return t.nesting == level && (t.is("if") || t.is("lambda") || t.is(":=") || t.is(","));
  });
  if (binds_weaker) return {};
  return evaluate_chain(tokens, "or", PyTruth::yes, [&](Tokens part) {
    return evaluate_chain(part, "and", PyTruth::no, [&](Tokens factor) { return evaluate_not(factor, depth); });
  });
}

}  // namespace

PyCondition evaluate_condition(Tokens tokens) { return evaluate(tokens, 0); }

bool is_irrefutable(Tokens pattern) {
  // The last alternative decides, then what stands before `as`.
  for (std::size_t depth = 0; !pattern.empty() && depth < kMaxDepth; ++depth) {
    const std::uint32_t level = pattern.front().nesting;
    const auto at_level = [&](std::string_view word) {
      return std::find_if(pattern.rbegin(), pattern.rend(),
                          [&](const PyToken& t) { return t.nesting == level && t.is(word); });
    };
    if (at_level(",") != pattern.rend()) return false;  // a sequence
    const auto as = at_level("as");
    const auto bar = at_level("|");
    if (as != pattern.rend()) {
      pattern = pattern.first(static_cast<std::size_t>(pattern.rend() - as - 1));
    } else if (bar != pattern.rend()) {
      pattern = pattern.subspan(static_cast<std::size_t>(pattern.rend() - bar));
    } else if (pattern.size() > 2 && pattern.front().is("(") && pattern.back().is(")")) {
      pattern = pattern.subspan(1, pattern.size() - 2);
    } else {
      return pattern.size() == 1 && pattern[0].kind == PyToken::Kind::name && !pattern[0].is("None") &&
             !pattern[0].is("True") && !pattern[0].is("False");
    }
  }
  return false;
}

}  // namespace rh::collectors
