// What an expression may stand for, as far as the text shows it: things of the outside by their full name
// ("subprocess.run", "pathlib.Path()" for what a call gave), texts and numbers that do not depend on input, lists of
// them, and functions of the program itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/agent/validate/syntax_tree.h"

namespace rh::agent {

constexpr std::size_t kMaxValues = 8;               // alternatives of one expression; more are "something else"
constexpr std::size_t kMaxText = 64 << 10;          // of a text that is put together
constexpr std::size_t kMaxNameLength = 300;         // of a full name
constexpr std::size_t kMaxElements = 4096;          // of a list
constexpr std::size_t kMaxEvaluations = 4'000'000;  // expressions that are looked at for one program
constexpr int kMaxEvaluation = 150;                 // expressions inside of one another

struct Values;
struct Elements;

struct Value {
  enum class Kind : std::uint8_t { name, text, number, list, function };
  Kind kind = Kind::name;
  bool annotated = false;   // name: known only from a declaration, so that nobody has seen it being made
  std::string text;         // name or text
  std::int64_t number = 0;  // number
  syntax::Node function = syntax::kNoNode;
  // list: elements in order, of a map with their keys.
  std::shared_ptr<const Elements> elements;

  bool operator==(const Value& other) const {
    return kind == other.kind && text == other.text && number == other.number && function == other.function &&
           elements == other.elements;
  }
};

struct Values {
  std::vector<Value> items;
  bool other = false;  // it may be something that is not known

  void add(Value value);
  void add(const Values& more);
  [[nodiscard]] bool known() const { return !other && !items.empty(); }
  [[nodiscard]] const std::string* only_text() const;  // exactly one, a text
  [[nodiscard]] const Value* only() const { return items.size() == 1 && !other ? items.data() : nullptr; }
  [[nodiscard]] bool has_name(std::string_view name) const;
};

// Of a list: in order; of a map: with their keys.
struct Elements : std::vector<std::pair<std::string, Values>> {};

[[nodiscard]] Values unknown_value();
[[nodiscard]] Values name_value(std::string name);
[[nodiscard]] Values text_value(std::string text);
[[nodiscard]] Values number_value(std::int64_t number);
[[nodiscard]] Values list_value(Elements elements);
[[nodiscard]] Values function_value(syntax::Node node);

// All combinations of two texts, bounded.
[[nodiscard]] Values concatenated(const Values& left, const Values& right);
// "a", "b" and "-" -> "a-b"; unknown when a part is.
[[nodiscard]] Values joined(const Values& separator, const Values& list);

// Texts: what programs hide names with. Absent: not of that form.
[[nodiscard]] std::string reversed(std::string_view text);
[[nodiscard]] std::string rot13(std::string_view text);
[[nodiscard]] bool decode_hex(std::string_view text, std::string& bytes);
[[nodiscard]] bool decode_base64(std::string_view text, std::string& bytes);
[[nodiscard]] std::string utf8_of(std::int64_t code_point);
[[nodiscard]] std::string replaced(std::string_view text, std::string_view from, std::string_view to);
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);
// Escapes that the languages share: \n, \x41, \u0041, \u{41}, \101, \\ ...; unknown ones stay as they are.
[[nodiscard]] std::string unescaped(std::string_view text);
// "0x1f", "0b1", "0o7", "017", "1_000": nullptr-like result through `known`.
[[nodiscard]] bool read_number(std::string_view text, std::int64_t& number);

}  // namespace rh::agent
