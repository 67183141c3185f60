// Reader of JUnit XML that makes events with everything that a test case says: output, details, attempts.
// It keeps everything that a damaged file still holds, and says what is lost: an empty file, a file that
// is something else, a file without cases and a file that was cut are four different diagnostics, and
// none of them is "no tests, all passed".
#include <algorithm>

#include <fmt/core.h>

#include "collectors/results/junit_case.h"
#include "collectors/results/junit_neighbours.h"
#include "collectors/results/junit_scanner.h"
#include "collectors/results/reader.h"
#include "collectors/results/xml_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

class JunitReader : public ResultReader, private JunitScanner {
 public:
  JunitReader(const ResultReaderOptions& options, ResultSink sink)
      : JunitScanner(options.subject, options.suite_root), sink_(std::move(sink)) {}

  void feed(std::string_view bytes) override;
  void finish() override;

 private:
  void begin_case(XmlAttributes attributes) override;
  void begin_problem(JunitProblemKind kind, XmlAttributes attributes) override;
  JunitVerdict end_case() override;
  void end_suite_problem(JunitProblemKind kind) override;
  void forget_case() override;
  [[nodiscard]] JunitSigns signs_of_case() const override { return case_.signs; }
  [[nodiscard]] std::string name_of_case() const override { return case_.test.name; }
  void tell(model::Diagnostic diagnostic) override { sink_(std::move(diagnostic)); }
  [[nodiscard]] bool wants_text() override { return target() != nullptr; }
  void text(std::string_view raw, bool cdata) override;

  void decode(std::string_view bytes);
  void choose_encoding();
  [[nodiscard]] BoundedText* target();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> time_of(std::string_view raw);

  ResultSink sink_;
  std::string head_;  // the first bytes, until the encoding is known
  bool encoding_known_ = false;
  std::optional<Utf16Decoder> utf16_;
  JunitCase case_;
  JunitProblem suite_problem_;
  std::uint64_t keys_ = 0;
};

// --- bytes ---------------------------------------------------------------------------------------

void JunitReader::feed(std::string_view bytes) {
  if (encoding_known_) return decode(bytes);
  const std::size_t room = kEncodingHead - head_.size();
  head_ += bytes.substr(0, room);
  if (head_.size() < kEncodingHead) return;
  choose_encoding();
  decode(bytes.substr(std::min(room, bytes.size())));
}

void JunitReader::choose_encoding() {
  encoding_known_ = true;
  const Encoding encoding = detect_encoding(head_);
  if (encoding.charset == Charset::utf16_le || encoding.charset == Charset::utf16_be)
    utf16_.emplace(encoding.charset == Charset::utf16_be);
  begin_document(head_, encoding);
  decode(std::string_view(head_).substr(encoding.mark_bytes));
}

void JunitReader::decode(std::string_view bytes) {
  if (!utf16_) return xml_.feed(bytes);
  std::string decoded;
  utf16_->feed(bytes, decoded);
  xml_.feed(decoded);
}

void JunitReader::finish() {
  if (!encoding_known_) choose_encoding();
  if (utf16_) {
    std::string decoded;
    utf16_->finish(decoded);
    xml_.feed(decoded);
  }
  xml_.finish();
  // A file that was cut has no end of its own to speak of.
  if (end_document()) sink_(suites_.totals());
}

// --- test cases ----------------------------------------------------------------------------------

std::optional<std::chrono::nanoseconds> JunitReader::time_of(std::string_view raw) {
  const ReportedTime time = parse_reported_time(raw);
  if (time.negative) note_negative_time();
  return time.value ? std::optional(time.value->nanoseconds()) : std::nullopt;
}

void JunitReader::begin_case(XmlAttributes attributes) {
  case_ = JunitCase();
  model::TestCase& test = case_.test;
  for (const auto& [name, value] : attributes) {
    if (name == "name")
      test.name = name_of(value);
    else if (name == "classname" || (name == "class" && test.classname.empty()))
      test.classname = name_of(value);
    else if (name == "file" || name == "filepath")
      test.file = file_of(value);
    else if (name == "time")
      case_.time = time_of(value);
    else if (name == "status" || name == "result")
      case_.signs.add_word(value);
    else if (name == "line" || name == "lineno")
      test.line = line_of(value);
  }
  if (test.file.empty()) test.file = suites_.file();
  if (classname_is_missing(test.classname, is_pytest()) && !suites_.path().empty()) test.classname = suites_.path();
}

void JunitReader::begin_problem(JunitProblemKind kind, XmlAttributes attributes) {
  JunitProblem problem;
  problem.kind = kind;
  for (const auto& [name, value] : attributes) {
    if (name == "message")
      problem.message = bounded_output(xml_text(value, encoding_.charset));
    else if (name == "type")
      problem.type = name_of(value);
    else if (name == "file")
      problem.file = file_of(value);
    else if (name == "time")
      problem.time = time_of(value);
    else if (name == "line")
      if (const auto line = parse_u64(trim(value)); line && *line > 0 && *line <= UINT32_MAX)
        problem.line = static_cast<std::uint32_t>(*line);
  }
  if (!in_case()) {
    suite_problem_ = std::move(problem);
    return;
  }
  case_.signs.add_child(kind, problem.type);
  if (case_.problems.size() < kMaxProblems) case_.problems.push_back(std::move(problem));
}

JunitVerdict JunitReader::end_case() {
  const JunitVerdict verdict = case_.signs.verdict();
  for (model::TestEnded& attempt : junit_attempts(std::move(case_), ++keys_)) {
    attempt.key = fmt::format("suite {} {}", suites_.ordinal(), attempt.key);
    sink_(std::move(attempt));
  }
  return verdict;
}

void JunitReader::end_suite_problem(JunitProblemKind kind) {
  JunitCase broken;
  broken.test.name = suites_.name().empty() ? "test suite" : suites_.name();
  broken.test.classname = suites_.path();
  broken.test.file = suites_.file();
  broken.signs.add_child(kind, suite_problem_.type);
  broken.problems.push_back(std::move(suite_problem_));
  for (model::TestEnded& ended : junit_attempts(std::move(broken), ++keys_)) sink_(std::move(ended));
}

void JunitReader::forget_case() {
  case_ = JunitCase();
  suite_problem_ = JunitProblem();
}

// --- text ----------------------------------------------------------------------------------------

// Where text at this place belongs; null for text that nobody wants.
BoundedText* JunitReader::target() {
  const JunitElement kind = place();
  JunitProblem* problem = in_suite_problem() ? &suite_problem_ : nullptr;
  if (in_case() && !case_.problems.empty() && in_problem()) problem = &case_.problems.back();
  if (kind == JunitElement::problem || kind == JunitElement::stack_trace) return problem ? &problem->body : nullptr;
  if (kind != JunitElement::out && kind != JunitElement::err) return nullptr;
  if (problem) return kind == JunitElement::out ? &problem->out : &problem->err;
  if (!in_case()) return nullptr;
  return kind == JunitElement::out ? &case_.out : &case_.err;
}

void JunitReader::text(std::string_view raw, bool cdata) {
  const std::string decoded = cdata ? to_utf8(raw, encoding_.charset) : xml_text(raw, encoding_.charset);
  // Indentation around a CDATA section or a child is no output.
  if (cdata || !trim(decoded).empty()) target()->append(decoded);
}

}  // namespace

std::unique_ptr<ResultReader> make_junit_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<JunitReader>(options, std::move(sink));
}

bool sniff_junit(std::string_view head) {
  const std::string root = first_element(head);
  return root == "testsuites" || root == "testsuite" || root == "testcase";
}

}  // namespace rh::collectors
