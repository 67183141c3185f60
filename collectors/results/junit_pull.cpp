#include "collectors/results/junit_pull.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "collectors/results/junit_case.h"
#include "collectors/results/xml_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kWindowBytes = 256U << 10;  // fits into the processor's cache; grows for a longer tag
constexpr std::size_t kRawBytes = 64U << 10;
constexpr std::size_t kMaxMessage = 2U << 10;

// Of the attributes that tell a case from its siblings. Those that stand side by side are hashed in one
// go, raw and with what is between them: one writer spells its cases one way.
class IdentityHash {
 public:
  void add(std::string_view name, std::string_view value, bool tells_apart) {
    if (!tells_apart) return flush();
    if (begin_ == nullptr) begin_ = name.data();
    end_ = value.data() + value.size();
  }
  std::uint64_t finish() {
    flush();
    return hash_;
  }

 private:
  void flush() {
    if (begin_ != nullptr) hash_ = XXH3_64bits_withSeed(begin_, static_cast<std::size_t>(end_ - begin_), hash_);
    begin_ = nullptr;
  }
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t hash_ = 0;
};

}  // namespace

JunitPull::JunitPull(ByteSource& source, std::string subject, std::string suite_root)
    : JunitScanner(std::move(subject), std::move(suite_root)), source_(source) {}

Result<void> JunitPull::status() const { return status_; }

// --- the window ----------------------------------------------------------------------------------

std::size_t JunitPull::read_some() {
  const auto read_raw = [this](char* into, std::size_t size) -> std::size_t {
    auto count = source_.read(into, size);
    if (count) return *count;
    status_ = Failure{count.error()};
    return 0;
  };
  if (!utf16_) return read_raw(window_.data() + end_, window_.size() - end_);
  raw_.resize(kRawBytes);
  decoded_.clear();
  while (decoded_.empty()) {
    const std::size_t count = read_raw(raw_.data(), raw_.size());
    if (count == 0) utf16_->finish(decoded_);
    if (count == 0) break;
    utf16_->feed({raw_.data(), count}, decoded_);
  }
  if (window_.size() - end_ < decoded_.size()) window_.resize(end_ + decoded_.size());
  std::memcpy(window_.data() + end_, decoded_.data(), decoded_.size());
  return decoded_.size();
}

// The views of what is open must outlive the window's move.
void JunitPull::refill() {
  if (in_case() || in_suite_problem()) keep_views(case_);
  xml_.release();
  std::memmove(window_.data(), window_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ * 2 > window_.size()) window_.resize(window_.size() * 2);
  const std::size_t count = read_some();
  end_ += count;
  final_ = count == 0;
}

void JunitPull::begin() {
  begun_ = true;
  window_.resize(kWindowBytes);
  while (end_ < kEncodingHead) {
    const std::size_t count = read_some();
    if (count == 0) break;
    end_ += count;
  }
  const std::string_view head(window_.data(), std::min(end_, kEncodingHead));
  const Encoding encoding = detect_encoding(head);
  begin_document(head, encoding);
  begin_ = encoding.mark_bytes;
  if (encoding.charset != Charset::utf16_le && encoding.charset != Charset::utf16_be) return;
  utf16_.emplace(encoding.charset == Charset::utf16_be);
  utf16_->feed({window_.data() + begin_, end_ - begin_}, decoded_);
  window_.resize(std::max(kWindowBytes, decoded_.size()));
  std::memcpy(window_.data(), decoded_.data(), decoded_.size());
  begin_ = 0;
  end_ = decoded_.size();
}

const JunitCaseView* JunitPull::next() {
  if (!begun_) begin();
  for (;;) {
    if (std::exchange(earlier_ready_, false)) return give(earlier_);
    if (std::exchange(ready_, false)) return give(case_);
    if (ended_) return nullptr;
    const std::string_view rest(window_.data() + begin_, end_ - begin_);
    const std::size_t used = xml_.consume(rest, final_);
    begin_ += used;
    if (ready_ || earlier_ready_) continue;
    if (!final_) {
      refill();
    } else {
      xml_.note_end(rest.size() - used);
      ended_ = true;
      (void)end_document();
    }
  }
}

const JunitCaseView* JunitPull::give(Case& test) {
  test.view.message = test.message;
  test.view.suite_path = test.path;
  return &test.view;
}

// --- test cases ----------------------------------------------------------------------------------

// Copies what the views show.
void JunitPull::keep_views(Case& test) {
  std::string_view* const views[] = {&test.view.name, &test.view.classname, &test.view.file, &test.view.line};
  std::size_t bytes = 0;
  for (const std::string_view* view : views) bytes += view->size();
  std::string kept;
  kept.reserve(std::max<std::size_t>(bytes, 64));  // a shorter one would move its bytes along with itself
  for (std::string_view* view : views) {
    const std::size_t at = kept.size();
    kept += *view;
    *view = std::string_view(kept.data() + at, view->size());
  }
  test.kept = std::move(kept);
}

// One tag may end a test case whose end tag is missing and begin another.
void JunitPull::make_room_for_another() {
  if (!std::exchange(ready_, false)) return;
  std::swap(case_, earlier_);
  earlier_ready_ = true;
}

// The suite stays: `path` belongs to it. One by one, because compilers clear a large structure slowly.
void JunitPull::clear(Case& test) {
  JunitCaseView& view = test.view;
  view.name = {};
  view.classname = {};
  view.file = {};
  view.identity = 0;
  view.line = {};
  view.time.reset();
  view.signs = {};
  view.of_suite = false;
  test.message.clear();
  test.type.clear();
}

void JunitPull::begin_case(XmlAttributes attributes) {
  make_room_for_another();
  clear(case_);
  keep_suite();
  JunitCaseView& test = case_.view;
  test.of_pytest = is_pytest();
  IdentityHash identity;
  for (const auto& [name, value] : attributes) {
    bool tells_apart = true;
    if (name == "name") {
      test.name = value;
    } else if (name == "classname" || (name == "class" && test.classname.empty())) {
      test.classname = value;
    } else if (name == "file" || name == "filepath") {
      test.file = value;
    } else if (name == "line" || name == "lineno") {
      test.line = value;
    } else if (name == "time") {
      const ReportedTime time = parse_reported_time(value);
      test.time = time.value;
      if (time.negative) note_negative_time();
      tells_apart = false;
    } else {
      if (name == "status" || name == "result") test.signs.add_word(value);
      tells_apart = name == "value_param" || name == "type_param" || name == "id" || name == "parameters";
    }
    identity.add(name, value, tells_apart);
  }
  test.identity = identity.finish();
}

void JunitPull::begin_problem(JunitProblemKind kind, XmlAttributes attributes) {
  if (!in_case()) {
    make_room_for_another();
    clear(case_);
  }
  std::string_view message, type;
  for (const auto& [name, value] : attributes) {
    if (name == "message")
      message = value;
    else if (name == "type")
      type = value;
    else if (name == "time" && parse_reported_time(value).negative)
      note_negative_time();  // the time of an attempt
  }
  case_.view.signs.add_child(kind, type);
  if (!case_.message.empty() || kind == JunitProblemKind::skipped) return;
  case_.message = junit_message(xml_text(message.substr(0, kMaxMessage), encoding_.charset));
  if (case_.message.empty() && case_.type.empty()) case_.type = name_of(type);
}

// The suite may be closed by the very tag that closes the case, so its path is copied; once for a suite.
void JunitPull::keep_suite() {
  if (case_.view.suite != suites_.ordinal() || case_.path.empty()) case_.path = suites_.path();
  case_.view.suite = suites_.ordinal();
}

void JunitPull::complete() {
  constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15U;  // neighbouring suites lie far apart
  case_.view.identity += case_.view.suite * kSpread;
  case_.view.verdict = case_.view.signs.verdict();
  if (case_.message.empty()) case_.message.swap(case_.type);
  ready_ = true;
  xml_.stop();
}

JunitVerdict JunitPull::end_case() {
  complete();
  case_.view.siblings_are_new = siblings_are_new();
  return case_.view.verdict;
}

void JunitPull::end_suite_problem(JunitProblemKind) {
  case_.view.of_suite = true;
  case_.view.siblings_are_new = false;
  case_.kept = suites_.name();
  case_.kept.reserve(64);
  case_.view.name = case_.kept;
  keep_suite();
  complete();
}

bool JunitPull::wants_text() {
  const JunitElement kind = place();
  return case_.message.empty() && (kind == JunitElement::problem || kind == JunitElement::stack_trace) &&
         (in_case() || in_suite_problem());
}

void JunitPull::text(std::string_view raw, bool cdata) {
  raw = raw.substr(0, kMaxMessage);
  case_.message = junit_message(cdata ? to_utf8(raw, encoding_.charset) : xml_text(raw, encoding_.charset));
}

}  // namespace rh::collectors
