#include "collectors/results/xml_tokenizer.h"

#include <algorithm>

namespace rh::collectors {

namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kCdata = "<![CDATA[";
constexpr std::string_view kComment = "<!--";
constexpr std::size_t kReferenceBytes = 16;  // longest reference that a chunk is not cut inside of

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_char(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name_char(text[length])) ++length;
  return length;
}

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == kNowhere ? name : name.substr(colon + 1);
}

// find_first_of() calls memchr for every byte; tags are where the time goes.
std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at < text.size() ? at : kNowhere;
}

enum class Close { yes, no, unknown };

// Whether the quote before `rest` ends its value. Writers that do not escape quotes leave some
// inside; writers that forget the blank put the next attribute directly behind.
Close closes_value(std::string_view rest, bool final) {
  if (rest.empty()) return final ? Close::yes : Close::unknown;
  if (is_blank(rest[0]) || rest[0] == '>' || rest[0] == '/' || rest[0] == '?') return Close::yes;
  if (!is_name_start(rest[0])) return Close::no;
  constexpr std::size_t kLongestName = 64;
  std::size_t at = name_length(rest.substr(0, kLongestName));
  while (at < rest.size() && at < kLongestName && is_blank(rest[at])) ++at;
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
    while (before > 0 && is_blank(tag[before - 1])) --before;
    if (before == 0 || tag[before - 1] != '=') {
      ++at;
      continue;
    }
    const Value value = find_value_end(tag, at, final);
    if (value.end == kNowhere) return kNowhere;
    at = value.end;
  }
}

// Where a long text can be cut before `limit`.
std::size_t cut_before(std::string_view text, std::size_t limit) {
  std::size_t at = limit;
  while (at > limit - 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  const std::size_t reference = text.substr(0, at).rfind('&');
  if (reference != kNowhere && reference + kReferenceBytes > at && reference > 0) at = reference;
  return at;
}

}  // namespace

void XmlTokenizer::fault() {
  if (faults_++ == 0) first_fault_line_ = line_;
}

void XmlTokenizer::feed(std::string_view bytes) {
  if (pending_.empty()) {
    const std::size_t used = consume(bytes);
    pending_.assign(bytes.substr(used));
  } else {
    pending_ += bytes;
    // Looking again at a long unfinished token for every small piece would be quadratic.
    if (pending_.size() < retry_size_) return;
    const std::size_t used = consume(pending_);
    pending_.erase(0, used);
  }
  retry_size_ = pending_.size() < 4096 ? 0 : pending_.size() + pending_.size() / 4;
}

void XmlTokenizer::finish() {
  final_ = true;
  const std::size_t used = consume(pending_);
  ended_inside_token_ = used < pending_.size() || state_ != State::content;
  pending_.clear();
}

std::size_t XmlTokenizer::consume(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const std::size_t length = step(bytes.substr(used));
    if (length == 0) break;
    offset_ += length;
    line_ += static_cast<std::uint64_t>(std::count(bytes.begin() + static_cast<std::ptrdiff_t>(used),
                                                   bytes.begin() + static_cast<std::ptrdiff_t>(used + length), '\n'));
    used += length;
  }
  return used;
}

std::size_t XmlTokenizer::step(std::string_view rest) {
  switch (state_) {
    case State::content:
      return rest[0] == '<' ? step_markup(rest) : step_content(rest);
    case State::comment:
      return step_skip(rest, "-->");
    case State::instruction:
      return step_skip(rest, "?>");
    case State::cdata:
      return step_cdata(rest);
    case State::doctype:
      return step_doctype(rest);
  }
  return 0;
}

std::size_t XmlTokenizer::step_content(std::string_view rest) {
  const std::size_t end = rest.find('<');
  return emit_text(rest.substr(0, end), end != kNowhere || final_, false);
}

// Chunks begin at fixed distances from the start of the text, whatever the split of the input.
std::size_t XmlTokenizer::emit_text(std::string_view text, bool complete, bool cdata) {
  if (text.size() > kTextChunkBytes + 2)
    text = text.substr(0, cut_before(text, kTextChunkBytes));
  else if (!complete)
    return 0;
  handler_.text(text, cdata);
  return text.size();
}

std::size_t XmlTokenizer::step_markup(std::string_view rest) {
  // Too short to tell, unless it can no longer become one of the long openings.
  if (!final_ &&
      (rest.size() < 2 || (rest.size() < kCdata.size() && (kCdata.starts_with(rest) || kComment.starts_with(rest) ||
                                                           (rest[1] == '!' && rest.size() < 3)))))
    return 0;
  if (rest.starts_with(kComment)) {
    state_ = State::comment;
    return kComment.size();
  }
  if (rest.starts_with(kCdata)) {
    state_ = State::cdata;
    return kCdata.size();
  }
  if (rest.starts_with("<!")) {
    state_ = State::doctype;
    subset_ = Subset::none;
    doctype_quote_ = '\0';
    return 2;
  }
  if (rest.starts_with("<?")) {
    if (!final_ && rest.size() < 6) return 0;
    if (rest.starts_with("<?xml") && rest.size() > 5 && is_blank(rest[5])) handler_.declaration();
    state_ = State::instruction;
    return 2;
  }
  if (rest.size() > 1 && rest[1] == '/') return step_end_tag(rest);
  if (rest.size() > 1 && is_name_start(rest[1])) return step_start_tag(rest);
  // A '<' that begins nothing is text.
  fault();
  handler_.text(rest.substr(0, 1), false);
  return 1;
}

// What is skipped need not be kept, but for a terminator that is cut.
std::size_t XmlTokenizer::step_skip(std::string_view rest, std::string_view terminator) {
  const std::size_t end = rest.find(terminator);
  if (end != kNowhere) {
    state_ = State::content;
    return end + terminator.size();
  }
  return rest.size() < terminator.size() ? 0 : rest.size() - (terminator.size() - 1);
}

std::size_t XmlTokenizer::step_cdata(std::string_view rest) {
  constexpr std::string_view kEnd = "]]>";
  const std::size_t end = rest.find(kEnd);
  if (end == 0) {
    state_ = State::content;
    return kEnd.size();
  }
  if (end != kNowhere) return emit_text(rest.substr(0, end), true, true);
  // At the end of a cut file what is there is all there is.
  if (final_) return emit_text(rest, true, true);
  return emit_text(rest.substr(0, rest.size() - std::min<std::size_t>(rest.size(), 2)), false, true);
}

// "<!DOCTYPE x [ ... ]>" and other declarations. Quotes count outside of the brackets only: the
// subset may hold comments with an apostrophe. It ends at a ']' with nothing but '>' behind.
std::size_t XmlTokenizer::step_doctype(std::string_view rest) {
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (subset_ == Subset::inside) {
      if (c == ']') subset_ = Subset::closing;
    } else if (subset_ == Subset::closing && c != '>') {
      if (c != ']' && !is_blank(c)) subset_ = Subset::inside;
    } else if (doctype_quote_ != '\0') {
      if (c == doctype_quote_) doctype_quote_ = '\0';
    } else if (c == '"' || c == '\'') {
      doctype_quote_ = c;
    } else if (c == '[') {
      subset_ = Subset::inside;
    } else if (c == '>') {
      state_ = State::content;
      return at + 1;
    }
  }
  return rest.size();
}

std::size_t XmlTokenizer::step_end_tag(std::string_view rest) {
  const std::size_t end = rest.substr(0, kMaxTagBytes).find_first_of(">", 2);
  if (end == kNowhere) {
    if (rest.size() < kMaxTagBytes) return 0;
    fault();
    return kMaxTagBytes;
  }
  const std::string_view name = rest.substr(2, name_length(rest.substr(2)));
  if (rest.find_first_not_of(kBlank, 2 + name.size()) != end) fault();
  handler_.end_element(without_prefix(name));
  return end + 1;
}

std::size_t XmlTokenizer::step_start_tag(std::string_view rest) {
  std::size_t end = find_tag_end(rest.substr(0, kMaxTagBytes), final_);
  bool empty = false;
  if (end == kNowhere) {
    // A quote that is never closed must not swallow the rest of the file.
    if (final_)
      end = rest.find('>');
    else if (rest.size() >= kMaxTagBytes)
      end = kMaxTagBytes - 1;
    if (end == kNowhere) return 0;
    fault();
  } else {
    empty = rest[end - 1] == '/';
  }
  const std::string_view name = rest.substr(1, name_length(rest.substr(1, end - 1)));
  parse_attributes(rest.substr(1 + name.size(), end - 1 - name.size() - (empty ? 1 : 0)));
  handler_.start_element(without_prefix(name), attributes_);
  if (empty) handler_.end_element(without_prefix(name));
  return end + 1;
}

void XmlTokenizer::parse_attributes(std::string_view text) {
  attributes_.clear();
  std::size_t at = 0;
  while (attributes_.size() < kMaxAttributes) {
    at = skip_blanks(text, at);
    if (at == kNowhere) return;
    const std::size_t begin = at;
    at += name_length(text.substr(at));
    if (at == begin) {  // not a name: a stray byte
      fault();
      ++at;
      continue;
    }
    const std::string_view name = without_prefix(text.substr(begin, at - begin));
    const std::size_t equals = skip_blanks(text, at);
    if (equals == kNowhere || text[equals] != '=') {  // an attribute without a value
      fault();
      continue;
    }
    at = skip_blanks(text, equals + 1);
    if (at == kNowhere) return fault();
    if (text[at] == '"' || text[at] == '\'') {
      const std::size_t open = at;
      const Value value = find_value_end(text, open, true);
      if (value.stray_quotes || value.end == kNowhere) fault();
      at = std::min(value.end, text.size());
      attributes_.push_back({name, text.substr(open + 1, value.end == kNowhere ? kNowhere : at - open - 2)});
    } else {  // an unquoted value
      fault();
      const std::size_t stop = std::min(text.find_first_of(kBlank, at), text.size());
      attributes_.push_back({name, text.substr(at, stop - at)});
      at = stop;
    }
  }
}

}  // namespace rh::collectors
