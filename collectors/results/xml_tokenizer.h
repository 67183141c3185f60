// A tokenizer for XML as test tools write it. It never fails: what is not well-formed is read as well
// as it can be and counted. One pass, no recursion, and no copy of what lies whole inside of one piece
// of input. Tokens do not depend on how the input was split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/results/xml_tag.h"

namespace rh::collectors {

constexpr std::size_t kMaxTagBytes = 24U << 20;  // one start tag; the rest of a longer one is dropped
constexpr std::size_t kTextChunkBytes = 1U << 20;

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start_element(std::string_view name, XmlAttributes attributes) = 0;
  virtual void end_element(std::string_view name) = 0;  // also for <empty/>
  // Whether text at this place is of use; what is not is neither collected nor told.
  [[nodiscard]] virtual bool wants_text() { return true; }
  // A long text comes in several chunks, cut at neither a reference nor a UTF-8 sequence. Blanks alone
  // are not told.
  virtual void text(std::string_view raw, bool cdata) = 0;
  virtual void declaration() = 0;  // <?xml ...?>: another document begins
};

class XmlTokenizer {
 public:
  explicit XmlTokenizer(XmlHandler& handler) : handler_(handler) {}

  // For input that comes in pieces: the unfinished token is kept here.
  void feed(std::string_view bytes);
  void finish();

  // For a caller that keeps the input: reads whole tokens at the head of `bytes` and returns how many
  // bytes they take; the next call begins with what is left. `final`: nothing comes behind `bytes`.
  // release() goes before what was read is moved or overwritten: its lines may not be counted yet.
  std::size_t consume(std::string_view bytes, bool final);
  void release();
  void stop() { stop_ = true; }  // from a handler: consume() returns behind the present token
  void note_end(std::size_t left) { ended_inside_token_ = left > 0 || state_ != State::content; }

  // Where the present token begins, or the next one between calls.
  [[nodiscard]] std::uint64_t offset() const { return offset_ + static_cast<std::uint64_t>(token_ - begin_); }
  [[nodiscard]] std::uint64_t line() const;
  [[nodiscard]] bool ended_inside_token() const { return ended_inside_token_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t first_fault_line() const { return first_fault_line_; }
  // Those of the faults that hide where something ends, or which of two values counts. The others are
  // signs that stand for nothing else: '&' and '<' in a value, "--" in a comment.
  [[nodiscard]] std::uint64_t damage() const { return damage_; }
  // Counts something that is not well-formed at the present place.
  void fault(std::uint64_t count, std::uint64_t damage);
  void damaged() { fault(1, 1); }

 private:
  enum class State { content, comment, cdata, instruction, doctype };
  enum class Subset { none, inside, closing };  // of a document type declaration

  // Each reads one token at the head of `rest` and returns its length; 0 = more input is needed.
  std::size_t step(std::string_view rest);
  std::size_t step_content(std::string_view rest);
  std::size_t step_markup(std::string_view rest);
  std::size_t step_start_tag(std::string_view rest);
  std::size_t step_end_tag(std::string_view rest);
  std::size_t step_comment(std::string_view rest);
  std::size_t step_instruction(std::string_view rest);
  std::size_t step_cdata(std::string_view rest);
  std::size_t step_doctype(std::string_view rest);
  void check_text(std::string_view text);
  std::size_t emit_text(std::string_view text, bool complete, bool cdata);

  XmlHandler& handler_;
  State state_ = State::content;
  XmlTag tag_;
  Subset subset_ = Subset::none;
  char doctype_quote_ = '\0';
  bool final_ = false, stop_ = false;

  std::string pending_;         // the unfinished token of feed()
  std::size_t retry_size_ = 0;  // of pending_, before it is worth looking at again

  const char* begin_ = nullptr;  // of the bytes that were not released yet
  const char* token_ = nullptr;  // the present one, in them
  std::uint64_t offset_ = 0;     // of `begin_` in the file
  // Lines are counted when somebody asks, up to there.
  mutable const char* counted_ = nullptr;
  mutable std::uint64_t line_ = 1;

  std::uint64_t faults_ = 0, damage_ = 0, first_fault_line_ = 0;
  bool ended_inside_token_ = false;
};

// What a diagnostic says of a file with faults.
[[nodiscard]] std::string fault_sentence(const XmlTokenizer& xml);

}  // namespace rh::collectors
