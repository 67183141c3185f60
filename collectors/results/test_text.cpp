#include "collectors/results/test_text.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F; }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// `text` up to `bytes`, not inside of a UTF-8 sequence.
std::string_view head_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::string_view tail_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  text.remove_prefix(text.size() - bytes);
  std::size_t skip = 0;
  while (skip < 3 && skip < text.size() && is_continuation(text[skip])) ++skip;
  return text.substr(skip);
}

std::string bounded(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return to_valid_utf8(text);
  const std::string_view head = head_of(text, max_bytes / 2);
  const std::string_view tail = tail_of(text, max_bytes / 2);
  return to_valid_utf8(head) + fmt::format("\n... ({} bytes cut)\n", text.size() - head.size() - tail.size()) +
         to_valid_utf8(tail);
}

std::string without_controls(std::string_view text) {
  std::string plain = text.find('\x1b') == std::string_view::npos ? std::string(text) : strip_ansi(text);
  std::erase_if(plain, is_control);
  return plain;
}

}  // namespace

std::string one_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string plain = without_controls(text.substr(0, std::min(end, 4 * kMaxMessageBytes)));
    if (const std::string_view line = trim(plain); !line.empty()) {
      if (line.size() <= kMaxMessageBytes) return to_valid_utf8(line);
      return to_valid_utf8(head_of(line, kMaxMessageBytes)) + "...";
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::string clean_details(std::string_view text) { return bounded(without_controls(text), kMaxDetailBytes); }

std::string bounded_output(std::string_view text) { return bounded(text, kMaxDetailBytes); }

std::string test_file(std::string_view path, std::string_view suite_root) {
  if (path.starts_with("file://")) path.remove_prefix(7);
  while (path.starts_with("./")) path.remove_prefix(2);
  while (suite_root.size() > 1 && suite_root.ends_with('/')) suite_root.remove_suffix(1);
  if (!suite_root.empty() && path.starts_with(suite_root) && path.size() > suite_root.size() &&
      path[suite_root.size()] == '/')
    path.remove_prefix(suite_root.size() + 1);
  return to_valid_utf8(path);
}

void BoundedText::append(std::string_view text) {
  length_ += text.size();
  const std::size_t room = half_ - head_.size();
  head_ += text.substr(0, room);
  if (text.size() <= room) return;
  text.remove_prefix(room);
  // Of a long piece only what may stay is copied.
  if (text.size() > half_) {
    tail_.assign(text.substr(text.size() - half_));
    return;
  }
  tail_ += text;
  if (tail_.size() > 2 * half_) tail_.erase(0, tail_.size() - half_);
}

std::string BoundedText::text() const {
  if (length_ <= 2 * half_) return to_valid_utf8(head_ + tail_);
  const std::string_view tail = tail_of(tail_, half_);
  return to_valid_utf8(head_) + fmt::format("\n... ({} bytes cut)\n", length_ - head_.size() - tail.size()) +
         to_valid_utf8(tail);
}

}  // namespace rh::collectors
