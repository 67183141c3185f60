#include "collectors/coverage/xml_tags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::optional<std::uint32_t> read_reference(std::string_view name) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNamed)
    if (name == known) return static_cast<std::uint32_t>(character);
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (name.empty() || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return code;
}

// End of the tag that begins at 0: a '>' outside quotes. Some writers leave '<' in values unescaped.
std::size_t find_tag_end(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '>')
      return i;
  }
  return std::string_view::npos;
}

// End of <!DOCTYPE ... [ internal subset ] >.
std::size_t find_doctype_end(std::string_view text) {
  bool subset = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '[')
      subset = true;
    else if (c == ']')
      subset = false;
    else if (c == '>' && !subset)
      return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::string decode_entities(std::string_view text) {
  constexpr std::size_t kLongestReference = 10;
  std::string decoded;
  while (!text.empty()) {
    const std::size_t amp = std::min(text.find('&'), text.size());
    decoded += text.substr(0, amp);
    text.remove_prefix(amp);
    if (text.empty()) break;
    const std::size_t end = text.substr(0, kLongestReference).find(';');
    const auto code = end == std::string_view::npos ? std::nullopt : read_reference(text.substr(1, end - 1));
    if (code)
      append_code_point(decoded, *code);
    else
      decoded += '&';
    text.remove_prefix(code ? end + 1 : 1);
  }
  return decoded;
}

std::optional<std::string_view> XmlTag::raw_attribute(std::string_view wanted) const {
  std::string_view rest = attributes;
  for (;;) {
    const std::size_t begin = rest.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trim(rest.substr(0, equals));
    const std::size_t quote = rest.find_first_not_of(kBlank, equals + 1);
    if (quote == std::string_view::npos || (rest[quote] != '"' && rest[quote] != '\'')) return std::nullopt;
    const std::size_t end = rest.find(rest[quote], quote + 1);
    if (end == std::string_view::npos) return std::nullopt;
    if (key == wanted) return rest.substr(quote + 1, end - quote - 1);
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::string> XmlTag::attribute(std::string_view wanted) const {
  const auto raw = raw_attribute(wanted);
  return raw ? std::optional(to_valid_utf8(decode_entities(*raw))) : std::nullopt;
}

bool XmlTags::skip_past(std::string_view end) {
  const std::size_t at = rest_.find(end);
  truncated_ = at == std::string_view::npos;
  rest_.remove_prefix(truncated_ ? rest_.size() : at + end.size());
  return !truncated_;
}

// Comments, declarations and character data in sections; false when none begins here.
bool XmlTags::skip_markup() {
  if (rest_.starts_with("<!--")) return skip_past("-->"), true;
  if (rest_.starts_with("<![CDATA[")) return skip_past("]]>"), true;
  if (rest_.starts_with("<?")) return skip_past("?>"), true;
  if (!rest_.starts_with("<!")) return false;
  const std::size_t end = find_doctype_end(rest_);
  truncated_ = end == std::string_view::npos;
  rest_.remove_prefix(truncated_ ? rest_.size() : end + 1);
  return true;
}

// An end tag ends the innermost element of its name; what stood open inside of that is not well-formed.
void XmlTags::nest(const XmlTag& tag) {
  if (tag.kind == XmlTag::Kind::open) open_.push_back(tag.name);
  if (tag.kind != XmlTag::Kind::close) return;
  if (!open_.empty() && open_.back() == tag.name) return open_.pop_back();
  if (misnested_ == 0) first_misnested_ = offset();
  const auto element = std::find(open_.rbegin(), open_.rend(), tag.name);
  if (element == open_.rend()) {
    ++misnested_;
    return;
  }
  const auto unclosed = static_cast<std::size_t>(element - open_.rbegin());
  misnested_ += unclosed;
  open_.resize(open_.size() - unclosed - 1);
}

std::optional<XmlTag> XmlTags::next() {
  XmlTag tag;
  for (;;) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return std::nullopt;
    tag.text_before = rest_.substr(0, begin);
    rest_.remove_prefix(begin);
    if (!skip_markup()) break;
    if (rest_.empty()) return std::nullopt;
  }
  const std::size_t end = find_tag_end(rest_);
  if (end == std::string_view::npos) {
    truncated_ = true;
    return std::nullopt;
  }
  std::string_view body = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  if (body.starts_with('/')) {
    tag.kind = XmlTag::Kind::close;
    body.remove_prefix(1);
  } else if (body.ends_with('/')) {
    tag.kind = XmlTag::Kind::empty;
    body.remove_suffix(1);
  }
  const std::size_t name_end = std::min(body.find_first_of(kBlank), body.size());
  tag.name = body.substr(0, name_end);
  tag.attributes = body.substr(name_end);
  if (const std::size_t prefix = tag.name.find(':'); prefix != std::string_view::npos)
    tag.name.remove_prefix(prefix + 1);
  nest(tag);
  return tag;
}

}  // namespace rh::collectors
