#include "collectors/coverage/xml_report.h"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "collectors/coverage/file_builder.h"
#include "runner/base/text.h"

namespace rh::collectors {

XmlReport::XmlReport(std::string_view document, std::string_view subject, std::string_view format,
                     std::string_view title)
    : utf8_(transcoded(document)),
      document_(utf8_ ? std::string_view(*utf8_) : document),
      subject_(subject),
      format_(format),
      title_(title),
      tags_(document_),
      damage_(subject) {}

Result<XmlTag> XmlReport::root(std::initializer_list<std::string_view> names) {
  auto root = tags_.next();
  if (!root) return fail(ErrorKind::parse, fmt::format("read {}: it holds no XML element", title_), subject_);
  if (std::find(names.begin(), names.end(), root->name) == names.end())
    return fail(
        ErrorKind::parse,
        fmt::format("read {}: its root is <{}>, not <{}>", title_, excerpt(root->name), fmt::join(names, "> or <")),
        subject_);
  root_ = std::string(root->name);
  depth_ = 1;
  ended_ = root->kind == XmlTag::Kind::empty;
  return *std::move(root);
}

std::optional<XmlTag> XmlReport::next() {
  if (ended_) return std::nullopt;
  auto tag = tags_.next();
  if (!tag) {
    ended_ = true;
    damage_.add(model::Severity::error, format_ + "-truncated",
                fmt::format("The file ends inside its data, at byte {}.", tags_.offset()));
    return std::nullopt;
  }
  if (tag->name == root_ && tag->kind == XmlTag::Kind::open) ++depth_;
  if (tag->name == root_ && tag->kind == XmlTag::Kind::close && --depth_ == 0) {
    ended_ = true;
    note_misnesting(damage_, format_, tags_, document_);
  }
  return tag;
}

std::size_t XmlReport::line() {
  const std::size_t to = std::min(tags_.offset(), document_.size());
  line_ += static_cast<std::size_t>(std::count(document_.begin() + static_cast<std::ptrdiff_t>(counted_to_),
                                               document_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
  counted_to_ = to;
  return line_;
}

void XmlReport::note(model::Severity severity, std::string_view what, std::string_view message) {
  damage_.add(severity, fmt::format("{}-{}", format_, what), message, line());
}

void XmlReport::skipped(std::string_view what, const XmlTag& tag) {
  warn(what, fmt::format("This {} was skipped: {}.", what, excerpt(trim(tag.attributes))));
}

void note_misnesting(DamageLog& damage, std::string_view format, const XmlTags& tags, std::string_view document) {
  if (tags.misnested() == 0) return;
  const std::string_view before = document.substr(0, tags.first_misnested());
  damage.add(
      model::Severity::error, fmt::format("{}-malformed", format),
      fmt::format("{} tags do not fit together, the first at this line: the report was read as well as it can be, "
                  "but lines may be lost.",
                  tags.misnested()),
      1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')));
}

XmlHead::XmlHead(std::string_view head) : utf8(transcoded(head)), text(utf8 ? std::string_view(*utf8) : head) {
  const std::size_t begin = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '<') return;
  XmlTags tags(text);
  root = tags.next();
}

std::optional<std::uint64_t> number_of(const XmlTag& tag, std::string_view attribute) {
  const auto count = read_count(trim(tag.raw_attribute(attribute).value_or("")));
  return count ? std::optional(count->value) : std::nullopt;
}

std::optional<std::uint32_t> line_of(const XmlTag& tag, std::string_view attribute) {
  return read_line_number(trim(tag.raw_attribute(attribute).value_or("")));
}

}  // namespace rh::collectors
