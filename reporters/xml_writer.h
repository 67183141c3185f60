// XML 1.0 as text, indented as tinyxml2's printer does it. Our own, because that library has no archive in Debian,
// and a program with one shared C++ library starts three times slower than one without any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::reporters {

// Names and values must be free of characters that XML does not allow (see clean_text); the five special ones are
// escaped here.
class XmlWriter {
 public:
  XmlWriter() : out_("<?xml version=\"1.0\"?>") {}

  void open(std::string_view element);
  void attribute(std::string_view name, std::string_view value);  // of the element that was opened last
  void text(std::string_view value);
  void close();
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void end_of_tag();
  void new_line();

  std::string out_;
  std::vector<std::string> elements_;
  std::optional<std::size_t> text_depth_;  // blanks would change the content of the element at this depth
  bool in_tag_ = false;
};

}  // namespace rh::reporters
