// An XML coverage report as its readers want it: tag after tag with the line it stands on, text in UTF-8 whatever the
// file was written in, and one account of what was damaged.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/xml_tags.h"
#include "runner/base/result.h"

namespace rh::collectors {

class XmlReport {
 public:
  // `format` begins the codes of diagnostics ("jacoco") and `title` names it in errors ("JaCoCo").
  XmlReport(std::string_view document, std::string_view subject, std::string_view format, std::string_view title);

  // The root when its name is one of these; an error says what was there instead.
  [[nodiscard]] Result<XmlTag> root(std::initializer_list<std::string_view> names);
  // nullopt behind the end of the root. An end that is missing is noted.
  [[nodiscard]] std::optional<XmlTag> next();
  [[nodiscard]] std::size_t line();  // of the tag that was read last, 1-based

  // Code "FORMAT-`what`".
  void warn(std::string_view what, std::string_view message) { note(model::Severity::warning, what, message); }
  void lose(std::string_view what, std::string_view message) { note(model::Severity::error, what, message); }
  void inform(std::string_view what, std::string_view message) { note(model::Severity::info, what, message); }
  void skipped(std::string_view what, const XmlTag& tag);  // "The line was skipped: num="x"."
  // `nothing_kept`: what is skipped was all there is, which is an error.
  [[nodiscard]] std::vector<model::Diagnostic> take(bool nothing_kept) { return damage_.take(nothing_kept); }

 private:
  void note(model::Severity severity, std::string_view what, std::string_view message);

  std::optional<std::string> utf8_;
  std::string_view document_;
  std::string subject_, format_, title_, root_;
  XmlTags tags_;
  DamageLog damage_;
  std::size_t depth_ = 0;  // of elements with the root's name
  std::size_t counted_to_ = 0, line_ = 1;
  bool ended_ = false;
};

// Notes tags that do not fit together, when there are any: lines may be lost.
void note_misnesting(DamageLog& damage, std::string_view format, const XmlTags& tags, std::string_view document);

// The root of a document whose first bytes these are; nullopt when they are not of an XML document.
struct XmlHead {
  explicit XmlHead(std::string_view head);
  XmlHead(const XmlHead&) = delete;
  XmlHead& operator=(const XmlHead&) = delete;
  [[nodiscard]] bool is(std::string_view name) const { return root && root->name == name; }

  std::optional<std::string> utf8;
  std::string_view text;  // in UTF-8
  std::optional<XmlTag> root;
};

// Attributes that are numbers. Absent or no number: nullopt.
[[nodiscard]] std::optional<std::uint64_t> number_of(const XmlTag& tag, std::string_view attribute);
[[nodiscard]] std::optional<std::uint32_t> line_of(const XmlTag& tag, std::string_view attribute);  // 1 and more

}  // namespace rh::collectors
