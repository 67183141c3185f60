#include "collectors/results/xml_tokenizer.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/results/byte_scan.h"
#include "collectors/results/xml_text.h"

namespace rh::collectors {

namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::string_view kCdata = "<![CDATA[";
constexpr std::string_view kComment = "<!--";

// Where a long text can be cut before `limit`: not inside of a character or a reference.
std::size_t cut_before(std::string_view text, std::size_t limit) {
  std::size_t at = limit;
  while (at > 0 && at + 4 > limit && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  const std::size_t near = at - std::min(at, kMaxXmlReference - 1);
  const std::size_t reference = text.substr(near, at - near).rfind('&');
  return reference == kNowhere ? at : near + reference;
}

}  // namespace

void XmlTokenizer::fault(std::uint64_t count, std::uint64_t damage) {
  if (count > 0 && faults_ == 0) first_fault_line_ = line();
  faults_ += count;
  damage_ += damage;
}

// The line is that of the first fault, because where a text begins depends on how the input was split.
void XmlTokenizer::check_text(std::string_view text) {
  const LooseAmpersands loose = find_loose_ampersands(text);
  if (loose.count == 0) return;
  if (faults_ == 0) first_fault_line_ = line() + count_newlines(text.substr(0, loose.first));
  faults_ += loose.count;
}

std::uint64_t XmlTokenizer::line() const {
  if (token_ > counted_) line_ += count_newlines({counted_, static_cast<std::size_t>(token_ - counted_)});
  counted_ = std::max(counted_, token_);
  return line_;
}

void XmlTokenizer::feed(std::string_view bytes) {
  if (pending_.empty()) {
    const std::size_t used = consume(bytes, false);
    release();
    pending_.assign(bytes.substr(used));
  } else {
    pending_ += bytes;
    // Looking again at a long unfinished token for every small piece would be quadratic.
    if (pending_.size() < retry_size_) return;
    const std::size_t used = consume(pending_, false);
    release();
    pending_.erase(0, used);
  }
  retry_size_ = pending_.size() < 4096 ? 0 : pending_.size() + pending_.size() / 4;
}

void XmlTokenizer::finish() {
  const std::size_t used = consume(pending_, true);
  note_end(pending_.size() - used);
  release();
  pending_.clear();
}

std::size_t XmlTokenizer::consume(std::string_view bytes, bool final) {
  final_ = final;
  stop_ = false;
  if (bytes.data() != token_) {
    release();
    begin_ = token_ = counted_ = bytes.data();
  }
  const char* const end = bytes.data() + bytes.size();
  while (token_ < end && !stop_) {
    const std::size_t length = step({token_, static_cast<std::size_t>(end - token_)});
    if (length == 0) break;
    token_ += length;
  }
  return static_cast<std::size_t>(token_ - bytes.data());
}

void XmlTokenizer::release() {
  (void)line();
  offset_ += static_cast<std::uint64_t>(token_ - begin_);
  begin_ = token_ = counted_ = nullptr;
}

std::size_t XmlTokenizer::step(std::string_view rest) {
  switch (state_) {
    case State::content:
      return rest[0] == '<' ? step_markup(rest) : step_content(rest);
    case State::comment:
      return step_comment(rest);
    case State::instruction:
      return step_instruction(rest);
    case State::cdata:
      return step_cdata(rest);
    case State::doctype:
      return step_doctype(rest);
  }
  return 0;
}

std::size_t XmlTokenizer::step_content(std::string_view rest) {
  // Mostly it is the indentation of the next tag, which nobody wants.
  std::size_t blanks = 0;
  while (blanks < rest.size() && is_xml_blank(rest[blanks])) ++blanks;
  if (blanks < rest.size() && rest[blanks] == '<') return blanks;
  const std::size_t end = rest.find('<');
  return emit_text(rest.substr(0, end), end != kNowhere || final_, false);
}

// Chunks begin at fixed distances from the start of the text, whatever the split of the input.
std::size_t XmlTokenizer::emit_text(std::string_view text, bool complete, bool cdata) {
  const bool wanted = handler_.wants_text();
  if (!wanted && !complete) {
    const std::size_t whole = cut_before(text, text.size());
    if (!cdata) check_text(text.substr(0, whole));
    return whole;
  }
  if (wanted && text.size() > kTextChunkBytes + 2)
    text = text.substr(0, std::max<std::size_t>(cut_before(text, kTextChunkBytes), 1));
  else if (!complete)
    return 0;
  if (!cdata) check_text(text);
  if (wanted) handler_.text(text, cdata);
  return text.size();
}

std::size_t XmlTokenizer::step_markup(std::string_view rest) {
  if (rest.size() > 1 && is_xml_name_start(rest[1])) return step_start_tag(rest);
  if (rest.size() > 1 && rest[1] == '/') return step_end_tag(rest);
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
    if (rest.starts_with("<?xml") && rest.size() > 5 && is_xml_blank(rest[5])) handler_.declaration();
    state_ = State::instruction;
    return 2;
  }
  // A '<' that begins nothing is text.
  fault(1, 0);
  if (handler_.wants_text()) handler_.text(rest.substr(0, 1), false);
  return 1;
}

// What is skipped need not be kept, but for a terminator that is cut.
std::size_t XmlTokenizer::step_instruction(std::string_view rest) {
  const std::size_t end = rest.find("?>");
  if (end == kNowhere) return rest.size() - (rest.back() == '?' ? 1 : 0);
  state_ = State::content;
  return end + 2;
}

std::size_t XmlTokenizer::step_comment(std::string_view rest) {
  const std::size_t dashes = rest.find("--");
  if (dashes == kNowhere) return rest.size() - (rest.back() == '-' ? 1 : 0);
  if (dashes > 0) return dashes;
  if (rest.size() < 3) return 0;
  if (rest[2] == '>') {
    state_ = State::content;
    return 3;
  }
  fault(1, 0);
  return 1;
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
      if (c != ']' && !is_xml_blank(c)) subset_ = Subset::inside;
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
  const std::size_t name = xml_name_length(rest.substr(2, kMaxTagBytes));
  std::size_t end = 2 + name;
  while (end < rest.size() && rest[end] != '>' && rest[end] != '<' && end < kMaxTagBytes) ++end;
  if (end == rest.size()) return 0;
  if (rest[end] != '>' || skip_xml_blanks(rest, 2 + name) != end) damaged();
  handler_.end_element(without_xml_prefix(rest.substr(2, name)));
  return rest[end] == '>' ? end + 1 : end;
}

std::size_t XmlTokenizer::step_start_tag(std::string_view rest) {
  read_start_tag(rest, final_, kMaxTagBytes, tag_);
  if (tag_.bytes == 0) return 0;
  fault(tag_.faults, tag_.damage);
  handler_.start_element(tag_.name, tag_.all());
  if (tag_.empty) handler_.end_element(tag_.name);
  return tag_.bytes;
}

std::string fault_sentence(const XmlTokenizer& xml) {
  std::string text =
      fmt::format("the XML is not well-formed in {} {}, first at line {}; it was read as well as it can be",
                  xml.faults(), xml.faults() == 1 ? "place" : "places", xml.first_fault_line());
  if (xml.damage() > 0) text += ", but test cases or their outcomes may be lost";
  return text;
}

}  // namespace rh::collectors
