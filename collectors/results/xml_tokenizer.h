// A push tokenizer for XML as test tools write it. It never fails: what is not well-formed is read
// as well as it can be and counted. One pass, no recursion, and no copy of what lies whole inside of
// one piece of input. Tokens do not depend on how the input was split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

constexpr std::size_t kMaxTagBytes = 96U << 20;  // one start tag; the rest of a longer one is dropped
constexpr std::size_t kTextChunkBytes = 1U << 20;
constexpr std::size_t kMaxAttributes = 256;

struct XmlAttribute {
  std::string_view name;   // without namespace prefix
  std::string_view value;  // raw: entities are not resolved
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start_element(std::string_view name, const std::vector<XmlAttribute>& attributes) = 0;
  virtual void end_element(std::string_view name) = 0;  // also for <empty/>
  // A long text comes in several chunks, cut at neither a reference nor a UTF-8 sequence.
  virtual void text(std::string_view raw, bool cdata) = 0;
  virtual void declaration() = 0;  // <?xml ...?>: another document begins
};

class XmlTokenizer {
 public:
  explicit XmlTokenizer(XmlHandler& handler) : handler_(handler) {}

  void feed(std::string_view bytes);
  void finish();

  // Where the next token begins.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] bool ended_inside_token() const { return ended_inside_token_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t first_fault_line() const { return first_fault_line_; }
  void fault();  // counts something that is not well-formed at the current place

 private:
  enum class State { content, comment, cdata, instruction, doctype };
  enum class Subset { none, inside, closing };  // of a document type declaration

  // Each reads one token at the head of `rest` and returns its length; 0 = more input is needed.
  std::size_t step(std::string_view rest);
  std::size_t step_content(std::string_view rest);
  std::size_t step_markup(std::string_view rest);
  std::size_t step_start_tag(std::string_view rest);
  std::size_t step_end_tag(std::string_view rest);
  std::size_t step_skip(std::string_view rest, std::string_view terminator);
  std::size_t step_cdata(std::string_view rest);
  std::size_t step_doctype(std::string_view rest);
  std::size_t emit_text(std::string_view text, bool complete, bool cdata);

  std::size_t consume(std::string_view bytes);
  void parse_attributes(std::string_view text);

  XmlHandler& handler_;
  State state_ = State::content;
  std::string pending_;         // the unfinished token
  std::size_t retry_size_ = 0;  // of pending_, before it is worth looking at again
  std::vector<XmlAttribute> attributes_;
  Subset subset_ = Subset::none;
  char doctype_quote_ = '\0';
  bool final_ = false;
  std::uint64_t offset_ = 0, line_ = 1;
  std::uint64_t faults_ = 0, first_fault_line_ = 0;
  bool ended_inside_token_ = false;
};

}  // namespace rh::collectors
