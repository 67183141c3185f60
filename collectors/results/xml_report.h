// Base of the readers of XML reports that are not JUnit's: it takes the bytes in any encoding, knows
// which elements are open, collects the text of the innermost one, and says what is wrong with the file.
// A reader on it says what an element begins and what its end means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/reader.h"
#include "collectors/results/test_text.h"
#include "collectors/results/text_encoding.h"
#include "collectors/results/xml_tokenizer.h"

namespace rh::collectors {

class XmlReport : public ResultReader, private XmlHandler {
 public:
  void feed(std::string_view bytes) final;
  void finish() final;

 protected:
  // `format`: what the codes of its diagnostics begin with ("trx"). `title`: "a TRX report".
  XmlReport(std::string_view format, std::string_view title, const ResultReaderOptions& options, ResultSink sink)
      : options_(options), sink_(std::move(sink)), format_(format), title_(title), xml_(*this) {}

  virtual void begin(std::string_view element, XmlAttributes attributes) = 0;
  // `text`: directly inside of the element, bounded, in UTF-8.
  virtual void end(std::string_view element, const std::string& text) = 0;
  // Whether the text of the innermost element is of use.
  [[nodiscard]] virtual bool wants(std::string_view element) const = 0;
  // Nothing follows; false when the file was cut.
  virtual void conclude(bool whole) = 0;

  [[nodiscard]] std::string value(XmlAttributes attributes, std::string_view name) const;
  // Of `parent`, when the element that begins or ends is its child.
  [[nodiscard]] std::string_view parent() const { return open_.empty() ? std::string_view() : open_.back().name; }
  [[nodiscard]] bool inside(std::string_view element) const;
  [[nodiscard]] std::uint64_t line() const { return xml_.line(); }

  void emit(model::TestEnded ended);
  void diagnose(model::Severity severity, std::string_view code, std::string message);
  [[nodiscard]] std::uint64_t cases() const { return cases_; }

  ResultReaderOptions options_;

 private:
  struct Element {
    std::string name;
    BoundedText text;
  };

  void start_element(std::string_view name, XmlAttributes attributes) override;
  void end_element(std::string_view name) override;
  [[nodiscard]] bool wants_text() override;
  void text(std::string_view raw, bool cdata) override;
  void declaration() override {}
  void begin_document();
  void decode(std::string_view bytes);
  void close_top();

  ResultSink sink_;
  std::string format_, title_;
  XmlTokenizer xml_;
  std::string head_;
  bool begun_ = false;
  Encoding encoding_;
  std::optional<Utf16Decoder> utf16_;
  std::vector<Element> open_;
  std::size_t too_deep_ = 0;
  std::uint64_t cases_ = 0, elements_ = 0;
};

// A result with the parts that every format tells; usage is unknown.
[[nodiscard]] model::TestEnded reported_end(std::uint64_t ordinal, model::Outcome outcome);

}  // namespace rh::collectors
