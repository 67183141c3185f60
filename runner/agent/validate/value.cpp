#include "runner/agent/validate/value.h"

#include <algorithm>
#include <array>

namespace rh::agent {

void Values::add(Value value) {
  if (value.text.size() > (value.kind == Value::Kind::name ? kMaxNameLength : kMaxText) ||
      (items.size() >= kMaxValues && std::find(items.begin(), items.end(), value) == items.end())) {
    other = true;
    return;
  }
  if (std::find(items.begin(), items.end(), value) == items.end()) items.push_back(std::move(value));
}

void Values::add(const Values& more) {
  other = other || more.other || more.items.empty();
  for (const Value& value : more.items) add(value);
}

const std::string* Values::only_text() const {
  const Value* value = only();
  return value != nullptr && value->kind == Value::Kind::text ? &value->text : nullptr;
}

bool Values::has_name(std::string_view name) const {
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& value) { return value.kind == Value::Kind::name && value.text == name; });
}

Values unknown_value() {
  Values values;
  values.other = true;
  return values;
}

namespace {

Values one(Value value) {
  Values values;
  values.add(std::move(value));
  return values;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Digits of `base` from `at` on, at most `most` of them; moves `at`.
std::int64_t digits(std::string_view text, std::size_t& at, int base, std::size_t most) {
  std::int64_t number = 0;
  for (std::size_t count = 0; count < most && at < text.size(); ++count, ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || digit >= base) break;
    number = number * base + digit;
  }
  return number;
}

}  // namespace

Values name_value(std::string name) { return one({Value::Kind::name, false, std::move(name), 0, syntax::kNoNode, {}}); }
Values text_value(std::string text) { return one({Value::Kind::text, false, std::move(text), 0, syntax::kNoNode, {}}); }
Values number_value(std::int64_t number) { return one({Value::Kind::number, false, {}, number, syntax::kNoNode, {}}); }
Values function_value(syntax::Node node) { return one({Value::Kind::function, false, {}, 0, node, {}}); }

Values list_value(Elements elements) {
  if (elements.size() > kMaxElements) return unknown_value();
  return one({Value::Kind::list, false, {}, 0, syntax::kNoNode, std::make_shared<const Elements>(std::move(elements))});
}

Values concatenated(const Values& left, const Values& right) {
  Values result;
  result.other = left.other || right.other;
  for (const Value& a : left.items) {
    for (const Value& b : right.items) {
      if (a.kind == Value::Kind::text && b.kind == Value::Kind::text && a.text.size() + b.text.size() <= kMaxText)
        result.add(text_value(a.text + b.text));
      else if (a.kind == Value::Kind::number && b.kind == Value::Kind::number)
        result.add(number_value(
            static_cast<std::int64_t>(static_cast<std::uint64_t>(a.number) + static_cast<std::uint64_t>(b.number))));
      else
        result.other = true;
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values joined(const Values& separator, const Values& list) {
  const std::string* between = separator.only_text();
  const Value* value = list.only();
  if (between == nullptr || value == nullptr) return unknown_value();
  std::string text;
  if (value->kind == Value::Kind::text) return between->empty() ? list : unknown_value();
  if (value->kind != Value::Kind::list) return unknown_value();
  for (std::size_t i = 0; i < value->elements->size(); ++i) {
    const std::string* part = (*value->elements)[i].second.only_text();
    if (part == nullptr || text.size() + part->size() + between->size() > kMaxText) return unknown_value();
    if (i > 0) text += *between;
    text += *part;
  }
  return text_value(std::move(text));
}

std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

std::string rot13(std::string_view text) {
  std::string turned(text);
  for (char& c : turned) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + 13) % 26);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + 13) % 26);
  }
  return turned;
}

bool decode_hex(std::string_view text, std::string& bytes) {
  bytes.clear();
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\t') continue;
    const int digit = hex_digit(c);
    if (digit < 0) return false;
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return high < 0;
}

bool decode_base64(std::string_view text, std::string& bytes) {
  bytes.clear();
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    if (c >= '0' && c <= '9') digit = c - '0' + 52;
    if (c == '+' || c == '-') digit = 62;
    if (c == '/' || c == '_') digit = 63;
    if (c == '=' || c == '\n') continue;
    if (digit < 0) return false;
    buffer = (buffer << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 0xffU);
  }
  return true;
}

std::string utf8_of(std::int64_t code_point) {
  const auto point = static_cast<std::uint32_t>(code_point);
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (code_point < 0 || code_point > 0x10ffff) return {};
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | (point >> 6U)), byte(0x80 | (point & 0x3fU))};
  if (point < 0x10000)
    return {byte(0xe0 | (point >> 12U)), byte(0x80 | ((point >> 6U) & 0x3fU)), byte(0x80 | (point & 0x3fU))};
  return {byte(0xf0 | (point >> 18U)), byte(0x80 | ((point >> 12U) & 0x3fU)), byte(0x80 | ((point >> 6U) & 0x3fU)),
          byte(0x80 | (point & 0x3fU))};
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  if (from.empty()) return std::string(text);
  std::string result;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t found = text.find(from, at);
    result += text.substr(at, found == std::string_view::npos ? found : found - at);
    if (found == std::string_view::npos || result.size() > kMaxText) break;
    result += to;
    at = found + from.size();
  }
  return result;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

std::string unescaped(std::string_view text) {
  constexpr std::string_view kLetters = "abefnrtv0", kBytes{"\a\b\x1b\f\n\r\t\v\0", 9};
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      plain += text[at++];
      continue;
    }
    const char c = text[at + 1];
    at += 2;
    if (c == 'x' || c == 'u' || c == 'U') {
      const bool braces = at < text.size() && text[at] == '{';
      if (braces) ++at;
      plain += utf8_of(digits(text, at, 16, braces ? 6 : c == 'x' ? 2 : c == 'u' ? 4 : 8));
      if (braces && at < text.size() && text[at] == '}') ++at;
    } else if (c >= '0' && c <= '7') {
      --at;
      plain += utf8_of(digits(text, at, 8, 3));
    } else if (c == '\n') {
      continue;
    } else if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
      plain += kBytes[letter];
    } else {
      plain += c;
    }
  }
  return plain;
}

bool read_number(std::string_view text, std::int64_t& number) {
  int base = 10;
  std::size_t at = 0;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    at = mark >= '0' && mark <= '9' ? 1 : 2;
  }
  std::uint64_t sum = 0;
  bool any = text == "0";
  for (; at < text.size(); ++at) {
    if (text[at] == '_') continue;
    const int digit = hex_digit(text[at]);
    if (digit < 0 || digit >= base) {
      if (text.substr(at) == "n" || text.substr(at) == "L" || text.substr(at) == "l") break;
      return false;
    }
    any = true;
    sum = sum * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
  }
  number = static_cast<std::int64_t>(sum);
  return any;
}

}  // namespace rh::agent
