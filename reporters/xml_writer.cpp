#include "reporters/xml_writer.h"

#include "runner/base/assert.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kIndent = 4;

std::string_view entity_of(char c, bool in_attribute) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return in_attribute ? "&quot;" : std::string_view();
    case '\'':
      return in_attribute ? "&apos;" : std::string_view();
    default:
      return {};
  }
}

void append_escaped(std::string& out, std::string_view value, bool in_attribute) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string_view entity = entity_of(value[i], in_attribute);
    if (entity.empty()) continue;
    out.append(value, start, i - start).append(entity);
    start = i + 1;
  }
  out.append(value, start);
}

}  // namespace

void XmlWriter::end_of_tag() {
  if (in_tag_) out_ += '>';
  in_tag_ = false;
}

void XmlWriter::new_line() {
  out_ += '\n';
  out_.append(elements_.size() * kIndent, ' ');
}

void XmlWriter::open(std::string_view element) {
  end_of_tag();
  if (!text_depth_) new_line();
  out_.append("<").append(element);
  elements_.emplace_back(element);
  in_tag_ = true;
}

void XmlWriter::attribute(std::string_view name, std::string_view value) {
  RH_ASSERT(in_tag_);
  out_.append(" ").append(name).append("=\"");
  append_escaped(out_, value, true);
  out_ += '"';
}

void XmlWriter::text(std::string_view value) {
  end_of_tag();
  text_depth_ = elements_.size();
  append_escaped(out_, value, false);
}

void XmlWriter::close() {
  RH_ASSERT(!elements_.empty());
  const std::string element = std::move(elements_.back());
  elements_.pop_back();
  if (in_tag_) {
    out_ += "/>";
  } else {
    if (!text_depth_) new_line();
    out_.append("</").append(element).append(">");
  }
  in_tag_ = false;
  if (text_depth_ == elements_.size() + 1) text_depth_.reset();
  if (elements_.empty()) out_ += '\n';
}

}  // namespace rh::reporters
