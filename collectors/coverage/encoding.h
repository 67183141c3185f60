// From the bytes of a coverage file to text: gzip unpacked, UTF-16 and the single-byte encodings as UTF-8, the byte
// order mark gone. The bytes are trusted first, then the mark, then an XML declaration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runner/base/result.h"

namespace rh::collectors {

constexpr std::uint64_t kMaxUnpackedBytes = 2ULL << 30;  // of one gzip file

class PlainText {
 public:
  explicit PlainText(std::string_view borrowed) : borrowed_(borrowed) {}
  explicit PlainText(std::string owned) : owned_(std::move(owned)) {}

  [[nodiscard]] std::string_view view() const { return owned_ ? std::string_view(*owned_).substr(mark_) : borrowed_; }
  // Why the text is not all that there was: a gzip file that ends early.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  void drop_mark();
  void set_problem(std::string problem) { problem_ = std::move(problem); }

 private:
  std::string_view borrowed_;
  std::optional<std::string> owned_;
  std::size_t mark_ = 0;
  std::string problem_;
};

// `bytes` must outlive the value. Fails for a gzip file that is none or unpacks to more than kMaxUnpackedBytes.
[[nodiscard]] Result<PlainText> plain_text(std::string_view bytes, std::string_view subject);
// Of the first kilobytes of a file, as far as they go.
[[nodiscard]] PlainText plain_head(std::string_view bytes);

// UTF-8 of a document in UTF-16, or in ISO-8859-1 or windows-1252 as its XML declaration says; nullopt: it is UTF-8
// already.
[[nodiscard]] std::optional<std::string> transcoded(std::string_view document);

[[nodiscard]] bool is_utf8(std::string_view bytes);
[[nodiscard]] std::string from_windows_1252(std::string_view bytes);
void append_code_point(std::string& text, std::uint32_t code);  // U+FFFD for what is no character

}  // namespace rh::collectors
