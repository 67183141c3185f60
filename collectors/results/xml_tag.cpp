#include "collectors/results/xml_tag.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "collectors/results/byte_scan.h"
#include "collectors/results/xml_text.h"

namespace rh::collectors {

namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\r\n";

enum : std::uint8_t { kBlank = 1, kNameStart = 2, kName = 4, kPrefix = 8 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : kBlanks) classes[static_cast<unsigned char>(c)] = kBlank;
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    if (letter) classes[c] = kNameStart | kName;
    if ((c >= '0' && c <= '9') || c == '-' || c == '.') classes[c] = kName;
    if (c == ':') classes[c] = kPrefix;
  }
  return classes;
}();

bool is(char c, unsigned classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

// --- the short way -------------------------------------------------------------------------------

bool seen_before(const XmlTag& tag, std::string_view name) {
  for (const XmlAttribute& each : tag.all())
    if (each.name == name) return true;
  return false;
}

void damaged(XmlTag& tag) {
  ++tag.faults;
  ++tag.damage;
}

// What is wrong with a value that holds '<' or '&'.
unsigned faults_of(std::string_view value) {
  return static_cast<unsigned>(std::count(value.begin(), value.end(), '<')) + find_loose_ampersands(value).count;
}

// Where the next test case begins or this one ends inside of a tag, whose closing quote is missing.
std::size_t find_swallowed_tag(std::string_view text) {
  return std::min({text.find("<testcase "), text.find("</testcase>"), text.find("</testsuite>")});
}

// Finds the quotes that end values. Looks at sixty-four bytes at once where that many are left.
class ValueEnds {
 public:
  ValueEnds(const char* begin, const char* end) : end_(end) {
#ifdef __SSE2__
    load(begin);
#else
    (void)begin;
#endif
  }

  // The closing quote of the value at `at`, or `end`; `special` when there is a '<' or '&' before it.
  const char* find(const char* at, char quote, bool& special) {
#ifdef __SSE2__
    while (quote == '"' && base_ != nullptr) {
      if (at - base_ >= kBlock) {
        load(at);
        continue;
      }
      const auto offset = static_cast<unsigned>(at - base_);
      const std::uint64_t quotes = bits_.quotes >> offset, specials = bits_.specials >> offset;
      if (quotes != 0) {
        const int length = std::countr_zero(quotes);
        special |= (specials & ((std::uint64_t{1} << length) - 1)) != 0;
        return at + length;
      }
      special |= specials != 0;
      at = base_ + kBlock;
    }
#endif
    for (at = find_value_stop(at, end_, quote); at < end_ && *at != quote; at = find_value_stop(at + 1, end_, quote))
      special = true;
    return at;
  }

 private:
#ifdef __SSE2__
  static constexpr std::ptrdiff_t kBlock = 64;
  void load(const char* at) {
    base_ = end_ - at >= kBlock ? at : nullptr;
    if (base_ != nullptr) bits_ = QuoteBits(at);
  }
  const char* base_ = nullptr;  // of the block; null where fewer bytes are left
  QuoteBits bits_;
#endif
  const char* end_;
};

// The attribute at `at`, with its value; the end of it, or null when it is not plain.
const char* read_plain_attribute(const char* at, const char* end, XmlTag& tag, ValueEnds& ends, std::uint64_t& names) {
  const char* const name = at;
  if (tag.attribute_count == kMaxAttributes || !is(*at, kNameStart)) return nullptr;
  at += std::max<std::size_t>(count_letters(at, end), 1);
  while (at < end && is(*at, kName)) ++at;
  if (end - at < 3 || at[0] != '=' || (at[1] != '"' && at[1] != '\'')) return nullptr;
  const std::string_view spelled(name, static_cast<std::size_t>(at - name));
  const std::uint64_t bit = std::uint64_t{1} << ((spelled.size() * 7 + static_cast<unsigned char>(spelled[0]) +
                                                  static_cast<unsigned char>(spelled.back()) * 5U) &
                                                 63);
  if ((names & bit) != 0 && seen_before(tag, spelled)) damaged(tag);
  names |= bit;
  const char* const value = at + 2;
  bool special = false;
  at = ends.find(value, at[1], special);
  if (end - at < 2) return nullptr;  // what is behind the quote must be seen
  const std::string_view text(value, static_cast<std::size_t>(at - value));
  tag.attributes.data()[tag.attribute_count++] = {spelled, text};  // checked above
  if (special) {
    if (find_swallowed_tag(text) != kNowhere) return nullptr;
    tag.faults += faults_of(text);
  }
  return at + 1;
}

// False when the tag is not whole or not written as XML demands.
bool read_plain_tag(std::string_view text, XmlTag& tag) {
  const char* at = text.data() + 1;
  const char* const end = text.data() + text.size();
  const char* const name = at;
  at += count_letters(at, end);
  while (at < end && is(*at, kName)) ++at;
  tag.name = {name, static_cast<std::size_t>(at - name)};
  ValueEnds ends(at, end);
  std::uint64_t names = 0;  // a bit for each attribute name so far
  for (;;) {
    const char* const before = at;
    while (at < end && is(*at, kBlank)) ++at;
    if (at == end) return false;
    tag.empty = *at == '/' && end - at > 1 && at[1] == '>';
    if (*at == '>' || tag.empty) {
      tag.bytes = static_cast<std::size_t>(at - text.data()) + (tag.empty ? 2 : 1);
      return true;
    }
    if (at == before) return false;
    at = read_plain_attribute(at, end, tag, ends, names);
    if (at == nullptr) return false;
  }
}

// --- the careful way -----------------------------------------------------------------------------

enum class Close { yes, no, unknown };

// Whether the quote before `rest` ends its value. Writers that do not escape quotes leave some
// inside; writers that forget the blank put the next attribute directly behind.
Close closes_value(std::string_view rest, bool final) {
  if (rest.empty()) return final ? Close::yes : Close::unknown;
  if (is_xml_blank(rest[0]) || rest[0] == '>' || rest[0] == '/' || rest[0] == '?') return Close::yes;
  if (!is_xml_name_start(rest[0])) return Close::no;
  constexpr std::size_t kLongestName = 64;
  std::size_t at = xml_name_length(rest.substr(0, kLongestName));
  while (at < rest.size() && at < kLongestName && is_xml_blank(rest[at])) ++at;
  if (at >= rest.size()) return final ? Close::no : Close::unknown;
  if (rest[at] != '=') return Close::no;
  if (++at >= rest.size()) return final ? Close::no : Close::unknown;
  return rest[at] == '"' || rest[at] == '\'' ? Close::yes : Close::no;
}

struct Value {
  std::size_t end = 0;  // behind the closing quote; npos: more input is needed
  bool stray_quotes = false;
};

// The value that begins behind the quote at `open`.
Value find_value_end(std::string_view text, std::size_t open, bool final) {
  Value value;
  for (std::size_t at = open + 1;; ++at) {
    at = text.find(text[open], at);
    if (at == kNowhere) return {kNowhere, value.stray_quotes};
    const Close close = closes_value(text.substr(at + 1), final);
    if (close == Close::unknown) return {kNowhere, value.stray_quotes};
    if (close == Close::yes) return {at + 1, value.stray_quotes};
    value.stray_quotes = true;
  }
}

// Index of the '>' that ends the tag at the head of `tag`.
std::size_t find_tag_end(std::string_view tag, bool final) {
  std::size_t at = 1;
  for (;;) {
    while (at < tag.size() && tag[at] != '"' && tag[at] != '\'' && tag[at] != '>') ++at;
    if (at >= tag.size()) return kNowhere;
    if (tag[at] == '>') return at;
    // A quote counts only behind '=': others are stray.
    std::size_t before = at;
    while (before > 0 && is_xml_blank(tag[before - 1])) --before;
    if (before == 0 || tag[before - 1] != '=') {
      ++at;
      continue;
    }
    const Value value = find_value_end(tag, at, final);
    if (value.end == kNowhere) return kNowhere;
    at = value.end;
  }
}

void add_attribute(XmlTag& tag, std::string_view name, std::string_view value) {
  if (seen_before(tag, name)) damaged(tag);
  tag.attributes[tag.attribute_count++] = {name, value};
  tag.faults += faults_of(value);
}

void read_attributes(std::string_view text, XmlTag& tag) {
  std::size_t at = 0;
  while (tag.attribute_count < kMaxAttributes) {
    at = skip_xml_blanks(text, at);
    if (at == kNowhere) return;
    const std::size_t begin = at;
    at += xml_name_length(text.substr(at));
    if (at == begin) {  // not a name: a stray byte
      damaged(tag);
      ++at;
      continue;
    }
    const std::string_view name = without_xml_prefix(text.substr(begin, at - begin));
    const std::size_t equals = skip_xml_blanks(text, at);
    if (equals == kNowhere || text[equals] != '=') {  // an attribute without a value
      damaged(tag);
      continue;
    }
    at = skip_xml_blanks(text, equals + 1);
    if (at == kNowhere) {
      damaged(tag);
      return;
    }
    if (text[at] == '"' || text[at] == '\'') {
      const std::size_t open = at;
      const Value value = find_value_end(text, open, true);
      if (value.stray_quotes || value.end == kNowhere) damaged(tag);
      at = std::min(value.end, text.size());
      add_attribute(tag, name, text.substr(open + 1, value.end == kNowhere ? kNowhere : at - open - 2));
    } else {  // an unquoted value
      damaged(tag);
      const std::size_t stop = std::min(text.find_first_of(kBlanks, at), text.size());
      add_attribute(tag, name, text.substr(at, stop - at));
      at = stop;
    }
  }
}

// The tag without its closing quote: it ends where the next one begins.
void cut_tag(std::string_view text, std::size_t next, XmlTag& tag) {
  std::string_view inside = text.substr(1, next - 1);
  while (!inside.empty() && (is_xml_blank(inside.back()) || inside.back() == '>')) inside.remove_suffix(1);
  tag.empty = inside.ends_with('/');
  if (tag.empty) inside.remove_suffix(1);
  const std::size_t name = xml_name_length(inside);
  tag.name = without_xml_prefix(inside.substr(0, name));
  damaged(tag);
  read_attributes(inside.substr(name), tag);
  tag.bytes = next;
}

void read_damaged_tag(std::string_view text, bool final, std::size_t max_bytes, XmlTag& tag) {
  text = text.substr(0, max_bytes);
  std::size_t end = find_tag_end(text, final);
  if (const std::size_t next = find_swallowed_tag(text.substr(1, end - 1)); next != kNowhere)
    return cut_tag(text, 1 + next, tag);
  if (end == kNowhere) {
    // A quote that is never closed must not swallow the rest of the file.
    if (final)
      end = text.find('>');
    else if (text.size() == max_bytes)
      end = max_bytes - 1;
    if (end == kNowhere) return;
    damaged(tag);
  } else {
    tag.empty = text[end - 1] == '/';
  }
  const std::string_view name = text.substr(1, xml_name_length(text.substr(1, end - 1)));
  tag.name = without_xml_prefix(name);
  read_attributes(text.substr(1 + name.size(), end - 1 - name.size() - (tag.empty ? 1 : 0)), tag);
  tag.bytes = end + 1;
}

void clear(XmlTag& tag) {
  tag.bytes = 0;
  tag.empty = false;
  tag.faults = 0;
  tag.damage = 0;
  tag.attribute_count = 0;
}

}  // namespace

bool is_xml_name_start(char c) { return is(c, kNameStart | kPrefix); }

std::size_t xml_name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is(text[length], kName | kPrefix)) ++length;
  return length;
}

std::string_view without_xml_prefix(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == kNowhere ? name : name.substr(colon + 1);
}

// find_first_of() calls memchr for every byte; tags are where the time goes.
std::size_t skip_xml_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_xml_blank(text[at])) ++at;
  return at < text.size() ? at : kNowhere;
}

void read_start_tag(std::string_view text, bool final, std::size_t max_bytes, XmlTag& tag) {
  clear(tag);
  if (read_plain_tag(text.substr(0, max_bytes), tag)) return;
  clear(tag);
  read_damaged_tag(text, final, max_bytes, tag);
}

}  // namespace rh::collectors
