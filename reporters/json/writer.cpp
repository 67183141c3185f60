#include "reporters/json/writer.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "runner/base/text.h"

namespace rh::reporters {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f; }

}  // namespace

void JsonWriter::break_line() {
  if (depth_ == 0 || depth_ > broken_levels_) return;
  text_ += '\n';
  text_.append(depth_, ' ');
}

void JsonWriter::begin_value() {
  if (std::exchange(after_key_, false)) return;
  if (!std::exchange(first_, false)) text_ += ',';
  break_line();
}

void JsonWriter::open(char bracket) {
  begin_value();
  text_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  --depth_;
  if (!first_ && depth_ < broken_levels_) {
    text_ += '\n';
    text_.append(depth_, ' ');
  }
  text_ += bracket;
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  begin_value();
  quote(name);
  text_ += depth_ > broken_levels_ ? ":" : ": ";
  after_key_ = true;
}

void JsonWriter::string(std::string_view bytes) {
  begin_value();
  quote(bytes);
}

void JsonWriter::number(std::int64_t value) { literal(fmt::format_int(value).c_str()); }
void JsonWriter::number(std::uint64_t value) { literal(fmt::format_int(value).c_str()); }
void JsonWriter::boolean(bool value) { literal(value ? "true" : "false"); }
void JsonWriter::null() { literal("null"); }

void JsonWriter::literal(std::string_view text) {
  begin_value();
  text_ += text;
}

void JsonWriter::quote(std::string_view bytes) {
  const bool ascii =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const std::string repaired = ascii ? std::string() : to_valid_utf8(bytes);
  text_ += '"';
  std::string_view rest = ascii ? bytes : std::string_view(repaired);
  for (;;) {
    const auto plain = std::find_if(rest.begin(), rest.end(), needs_escape) - rest.begin();
    text_.append(rest.substr(0, static_cast<std::size_t>(plain)));
    rest.remove_prefix(static_cast<std::size_t>(plain));
    if (rest.empty()) break;
    escape(rest.front());
    rest.remove_prefix(1);
  }
  text_ += '"';
}

void JsonWriter::escape(char c) {
  switch (c) {
    case '"':
      text_ += "\\\"";
      break;
    case '\\':
      text_ += "\\\\";
      break;
    case '\n':
      text_ += "\\n";
      break;
    case '\r':
      text_ += "\\r";
      break;
    case '\t':
      text_ += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

}  // namespace rh::reporters
