// The tags of an XML document, one after the other, straight from its bytes: no tree, no depth limit,
// and whatever stands before a damage is still read. Enough for coverage files, which keep
// everything in attributes; namespace prefixes are dropped, entities decoded, DTDs skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/coverage/encoding.h"

namespace rh::collectors {

struct XmlTag {
  enum class Kind { open, close, empty };  // <a>, </a>, <a/>
  Kind kind = Kind::open;
  std::string_view name;
  std::string_view attributes;   // raw; see attribute()
  std::string_view text_before;  // raw character data since the tag before

  // As written, for values that are numbers; nullopt when the tag does not have it.
  [[nodiscard]] std::optional<std::string_view> raw_attribute(std::string_view wanted) const;
  // Decoded, valid UTF-8.
  [[nodiscard]] std::optional<std::string> attribute(std::string_view wanted) const;
};

class XmlTags {
 public:
  explicit XmlTags(std::string_view document) : rest_(document), size_(document.size()) {}

  // nullopt at the end; `truncated()` tells whether the document stopped inside a tag.
  [[nodiscard]] std::optional<XmlTag> next();
  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] std::size_t offset() const { return size_ - rest_.size(); }
  // Elements without their end tag and end tags without an element, so far; and where the first one was found.
  [[nodiscard]] std::size_t misnested() const { return misnested_; }
  [[nodiscard]] std::size_t first_misnested() const { return first_misnested_; }

 private:
  bool skip_markup();
  bool skip_past(std::string_view end);
  void nest(const XmlTag& tag);

  std::string_view rest_;
  std::size_t size_;
  bool truncated_ = false;
  std::vector<std::string_view> open_;  // names, outermost first
  std::size_t misnested_ = 0, first_misnested_ = 0;
};

// &amp; &lt; &gt; &quot; &apos; and character references; anything else stays as it is written.
[[nodiscard]] std::string decode_entities(std::string_view text);

}  // namespace rh::collectors
