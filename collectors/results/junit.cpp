// Reader of JUnit XML in its many dialects. It keeps everything that a damaged file still holds, and
// says what is lost: an empty file, a file that is something else, a file without cases and a file
// that was cut are four different diagnostics, and none of them is "no tests, all passed".
#include <algorithm>

#include <fmt/core.h>

#include "collectors/results/junit_case.h"
#include "collectors/results/junit_elements.h"
#include "collectors/results/junit_neighbours.h"
#include "collectors/results/junit_suite.h"
#include "collectors/results/reader.h"
#include "collectors/results/text_encoding.h"
#include "collectors/results/xml_text.h"
#include "collectors/results/xml_tokenizer.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxDepth = 1000;
constexpr std::size_t kMaxNameBytes = 16U << 10;

using Kind = JunitElement;

struct Element {
  Kind kind = Kind::other;
  std::string name;
};

// A file that was cut inside of its first tag.
bool may_begin_junit(std::string_view head) {
  const std::string name = first_element(head);
  return !name.empty() &&
         (std::string_view("testsuites").starts_with(name) || std::string_view("testcase").starts_with(name));
}

class JunitReader : public ResultReader, private XmlHandler {
 public:
  JunitReader(const ResultReaderOptions& options, ResultSink sink)
      : options_(options), sink_(std::move(sink)), xml_(*this) {}

  void feed(std::string_view bytes) override;
  void finish() override;

 private:
  void start_element(std::string_view name, XmlAttributes attributes) override;
  void end_element(std::string_view name) override;
  void text(std::string_view raw, bool cdata) override;
  void declaration() override;

  void decode(std::string_view bytes);
  void choose_encoding();
  void start_suite(Kind kind, XmlAttributes attributes);
  void start_case(XmlAttributes attributes);
  void start_problem(JunitProblemKind kind, XmlAttributes attributes);
  void close_top();
  void close_case();
  [[nodiscard]] BoundedText* target();
  [[nodiscard]] bool has_open(Kind kind) const;
  [[nodiscard]] std::string name_of(std::string_view raw) const;
  [[nodiscard]] std::optional<Nanoseconds> time_of(std::string_view raw);

  void cut_document();
  void diagnose_file();
  void diagnose(Severity severity, std::string_view code, std::string message) {
    sink_(model::Diagnostic{severity, std::string(code), std::move(message), options_.subject, {}});
  }

  ResultReaderOptions options_;
  ResultSink sink_;
  XmlTokenizer xml_;
  std::string head_;  // the first bytes, until the encoding is known; kept to name what is no XML
  bool encoding_known_ = false;
  Encoding encoding_;
  std::optional<Utf16Decoder> utf16_;

  std::vector<Element> open_;
  std::size_t too_deep_ = 0;  // elements open beyond kMaxDepth
  bool depth_reported_ = false;
  JunitSuites suites_;
  std::optional<JunitCase> case_;
  std::optional<JunitProblem> suite_problem_;  // an error directly below a suite
  std::string root_;                           // name of the first element
  bool pytest_ = false;
  bool truncated_ = false;
  std::uint64_t cases_ = 0, suites_seen_ = 0, keys_ = 0, negative_times_ = 0;
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
  encoding_ = detect_encoding(head_);
  if (encoding_.charset == Charset::utf16_le || encoding_.charset == Charset::utf16_be)
    utf16_.emplace(encoding_.charset == Charset::utf16_be);
  decode(std::string_view(head_).substr(encoding_.mark_bytes));
}

void JunitReader::decode(std::string_view bytes) {
  if (!utf16_) return xml_.feed(bytes);
  std::string decoded;
  utf16_->feed(bytes, decoded);
  xml_.feed(decoded);
}

std::string JunitReader::name_of(std::string_view raw) const {
  return xml_name(raw.substr(0, kMaxNameBytes), encoding_.charset);
}

std::optional<Nanoseconds> JunitReader::time_of(std::string_view raw) {
  const JunitTime time = parse_junit_time(raw);
  if (time.negative) ++negative_times_;
  return time.value;
}

// --- elements ------------------------------------------------------------------------------------

void JunitReader::start_element(std::string_view name, XmlAttributes attributes) {
  if (root_.empty()) root_ = name_of(name);
  const JunitElementName known = known_element(name);
  const bool container = known.element == Kind::test || known.element == Kind::suite || known.element == Kind::suites;
  if (container && case_) {  // its end tag is missing
    xml_.fault();
    while (case_) close_top();
  }
  if (open_.size() >= kMaxDepth) {
    ++too_deep_;
    if (!depth_reported_)
      diagnose(
          Severity::error, "junit-too-deep",
          fmt::format("elements nest deeper than {} at line {}; what is inside is not read", kMaxDepth, xml_.line()));
    depth_reported_ = true;
    return;
  }
  open_.push_back({known.element, std::string(name)});
  if (known.element == Kind::suite || known.element == Kind::suites)
    start_suite(known.element, attributes);
  else if (known.element == Kind::test)
    start_case(attributes);
  else if (known.element == Kind::problem)
    start_problem(known.problem, attributes);
}

void JunitReader::start_suite(Kind kind, XmlAttributes attributes) {
  JunitSuite suite;
  suite.is_root = kind == Kind::suites;
  suite.header = JunitHeader::read(attributes);
  for (const auto& [name, value] : attributes) {
    if (name == "name")
      suite.name = name_of(value);
    else if (name == "file" || name == "filepath")
      suite.file = test_file(name_of(value), options_.suite_root);
  }
  if (suite.name == (suite.is_root ? "pytest tests" : "pytest")) pytest_ = true;
  ++suites_seen_;
  suites_.open.push_back(std::move(suite));
}

void JunitReader::start_case(XmlAttributes attributes) {
  case_.emplace();
  model::TestCase& test = case_->test;
  for (const auto& [name, value] : attributes) {
    if (name == "name")
      test.name = name_of(value);
    else if (name == "classname" || (name == "class" && test.classname.empty()))
      test.classname = name_of(value);
    else if (name == "file" || name == "filepath")
      test.file = test_file(name_of(value), options_.suite_root);
    else if (name == "time")
      case_->time = time_of(value);
    else if (name == "status")
      case_->status = name_of(value);
    else if (name == "result")
      case_->result = name_of(value);
    else if (name == "line" || name == "lineno")
      // pytest counts lines from 0 (family xunit1).
      if (const auto line = parse_u64(trim(value)); line && *line + (pytest_ ? 1 : 0) - 1 < UINT32_MAX)
        test.line = static_cast<std::uint32_t>(*line + (pytest_ ? 1 : 0));
  }
  for (auto suite = suites_.open.rbegin(); test.file.empty() && suite != suites_.open.rend(); ++suite)
    test.file = suite->file;
  // node:test writes the word "test" there; pytest leaves it empty for a module it could not collect.
  if ((test.classname.empty() && !pytest_) || test.classname == "test")
    if (std::string path = suites_.path(); !path.empty()) test.classname = std::move(path);
}

void JunitReader::start_problem(JunitProblemKind kind, XmlAttributes attributes) {
  if (case_ && case_->problems.size() >= kMaxProblems) return;
  // A skipped suite has skipped cases; only trouble is a result of its own.
  if (!case_ && (suites_.open.empty() || kind == JunitProblemKind::skipped)) return;
  JunitProblem problem;
  problem.kind = kind;
  for (const auto& [name, value] : attributes) {
    if (name == "message")
      problem.message = bounded_output(xml_text(value, encoding_.charset));
    else if (name == "type")
      problem.type = name_of(value);
    else if (name == "file")
      problem.file = test_file(name_of(value), options_.suite_root);
    else if (name == "time")
      problem.time = time_of(value);
    else if (name == "line")
      if (const auto line = parse_u64(trim(value)); line && *line > 0 && *line <= UINT32_MAX)
        problem.line = static_cast<std::uint32_t>(*line);
  }
  if (case_)
    case_->problems.push_back(std::move(problem));
  else
    suite_problem_ = std::move(problem);
}

void JunitReader::end_element(std::string_view name) {
  if (too_deep_ > 0) {
    --too_deep_;
    return;
  }
  std::size_t depth = open_.size();
  while (depth > 0 && open_[depth - 1].name != name) --depth;
  if (depth == 0) return xml_.fault();  // ends nothing that is open
  if (depth != open_.size()) xml_.fault();
  while (open_.size() >= depth) close_top();
}

void JunitReader::close_top() {
  const Kind kind = open_.back().kind;
  open_.pop_back();
  if (kind == Kind::test)
    close_case();
  else if (kind == Kind::suite || kind == Kind::suites)
    suites_.close(xml_.line());
  else if (kind == Kind::problem && suite_problem_ && !case_) {
    const JunitSuite& suite = suites_.open.back();
    JunitCase broken;
    broken.test.name = suite.name.empty() ? "test suite" : suite.name;
    broken.test.classname = suites_.path();
    broken.test.file = suite.file;
    const JunitProblemKind problem = suite_problem_->kind;
    broken.problems.push_back(std::move(*suite_problem_));
    // Headers count it as an error, but not as a test.
    ++(problem == JunitProblemKind::error ? suites_.counts().errored : suites_.counts().failed);
    suite_problem_.reset();
    for (model::TestEnded& ended : junit_attempts(std::move(broken), ++keys_)) sink_(std::move(ended));
  }
}

void JunitReader::close_case() {
  if (!case_) return;
  JunitCase done = std::move(*case_);
  case_.reset();
  ++cases_;
  std::vector<model::TestEnded> attempts = junit_attempts(std::move(done), ++keys_);
  suites_.counts().add(attempts.back().attempt.outcome);
  for (model::TestEnded& attempt : attempts) sink_(std::move(attempt));
}

// --- text ----------------------------------------------------------------------------------------

bool JunitReader::has_open(Kind kind) const {
  return std::any_of(open_.begin(), open_.end(), [&](const Element& element) { return element.kind == kind; });
}

// Where text at this place belongs; nullptr for text that nobody wants.
BoundedText* JunitReader::target() {
  if (open_.empty() || too_deep_ > 0) return nullptr;
  const Kind kind = open_.back().kind;
  JunitProblem* problem = suite_problem_ ? &*suite_problem_ : nullptr;
  if (case_ && !case_->problems.empty() && has_open(Kind::problem)) problem = &case_->problems.back();
  if (kind == Kind::problem || kind == Kind::stack_trace) return problem ? &problem->body : nullptr;
  if (kind != Kind::out && kind != Kind::err) return nullptr;
  if (problem) return kind == Kind::out ? &problem->out : &problem->err;
  if (!case_) return nullptr;
  return kind == Kind::out ? &case_->out : &case_->err;
}

void JunitReader::text(std::string_view raw, bool cdata) {
  if (BoundedText* into = target()) {
    const std::string decoded = cdata ? to_utf8(raw, encoding_.charset) : xml_text(raw, encoding_.charset);
    // Indentation around a CDATA section or a child is no output.
    if (cdata || !trim(decoded).empty()) into->append(decoded);
  }
}

// --- the end -------------------------------------------------------------------------------------

// A second document in one file: the first one must be complete by now.
void JunitReader::declaration() {
  if (!open_.empty()) cut_document();
}

void JunitReader::cut_document() {
  std::string lost;
  if (case_) {
    // What failed has failed; whether another would have passed is not known.
    const bool failed = std::any_of(case_->problems.begin(), case_->problems.end(), [](const JunitProblem& each) {
      return each.kind == JunitProblemKind::failure || each.kind == JunitProblemKind::error;
    });
    if (failed)
      close_case();
    else
      lost = fmt::format("; test case \"{}\" is incomplete and not counted", one_line(case_->test.name));
    case_.reset();
  }
  suite_problem_.reset();
  truncated_ = true;
  diagnose(
      Severity::error, "junit-truncated",
      fmt::format("the file ends inside of <{}> at byte {}, line {}, after {} test cases{}",
                  open_.empty() ? "a tag" : one_line(open_.back().name), xml_.offset(), xml_.line(), cases_, lost));
  suites_.abandon();
  open_.clear();
  too_deep_ = 0;
}

void JunitReader::finish() {
  if (!encoding_known_) choose_encoding();
  if (utf16_) {
    std::string decoded;
    utf16_->finish(decoded);
    xml_.feed(decoded);
  }
  xml_.finish();
  if (!open_.empty() || (xml_.ended_inside_token() && root_.empty() && may_begin_junit(head_))) cut_document();
  diagnose_file();
  // A file that was cut has no end of its own to speak of.
  if (!truncated_ && suites_seen_ > 0) sink_(suites_.totals());
}

void JunitReader::diagnose_file() {
  if (trim(head_).empty() && root_.empty()) {
    diagnose(Severity::error, "junit-empty", "the file is empty: its writer died before it wrote, or never ran");
  } else if (suites_seen_ == 0 && keys_ == 0 && !truncated_) {
    const std::string_view neighbour = name_of_neighbour(root_, head_);
    const std::string found = root_.empty() ? "no element" : fmt::format("the first element is <{}>", one_line(root_));
    diagnose(Severity::error, "not-junit",
             neighbour.empty() ? fmt::format("this is not a JUnit report: {}", found)
                               : fmt::format("this is {}, not a JUnit report", neighbour));
  } else if (keys_ == 0 && !truncated_) {
    diagnose(Severity::warning, "junit-no-cases", "the report holds no test case");
  }
  if (xml_.faults() > 0 && !root_.empty())
    diagnose(Severity::warning, "junit-malformed",
             fmt::format("the XML is not well-formed in {} places, first at line {}; it was read as well as it can be",
                         xml_.faults(), xml_.first_fault_line()));
  if (negative_times_ > 0)
    diagnose(Severity::warning, "junit-negative-time",
             fmt::format("{} times are negative and were read as 0", negative_times_));
  if (suites_.mismatches() > 0 && !truncated_)
    diagnose(Severity::warning, "junit-count-mismatch",
             fmt::format("the counts of {} elements disagree with what they hold; {}", suites_.mismatches(),
                         suites_.first_mismatch()));
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
