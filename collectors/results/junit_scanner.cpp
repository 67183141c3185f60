#include "collectors/results/junit_scanner.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/results/junit_neighbours.h"
#include "collectors/results/test_text.h"
#include "collectors/results/xml_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Severity;

constexpr std::size_t kMaxSearchDepth = 100;

// A file that was cut inside of its first tag.
bool may_begin_junit(std::string_view head) {
  const std::string name = first_element(head);
  return !name.empty() &&
         (std::string_view("testsuites").starts_with(name) || std::string_view("testcase").starts_with(name));
}

}  // namespace

void JunitScanner::begin_document(std::string_view head, Encoding encoding) {
  head_ = head;
  encoding_ = std::move(encoding);
}

std::string JunitScanner::name_of(std::string_view raw) const {
  return xml_name(raw.substr(0, kMaxJunitNameBytes), encoding_.charset);
}

std::string JunitScanner::file_of(std::string_view raw) const { return test_file(name_of(raw), suite_root_); }

// pytest counts lines from 0 (family xunit1).
std::optional<std::uint32_t> JunitScanner::line_of(std::string_view raw) const {
  const auto line = parse_u64(trim(raw));
  const std::uint64_t first = pytest_ ? 1 : 0;
  if (!line || *line + first == 0 || *line >= UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*line + first);
}

JunitElement JunitScanner::place() const {
  return open_.empty() || too_deep_ > 0 ? JunitElement::other : kJunitElements[open_.back().known].element;
}

std::string_view JunitScanner::name_of(const Element& element) const {
  return element.known == kOtherElement ? std::string_view(names_.c_str() + element.name)
                                        : kJunitElements[element.known].name;
}

bool JunitScanner::is_open(const Element& element, std::uint8_t known, std::string_view name) const {
  if (element.known != known) return false;
  return known != kOtherElement ||
         (names_.compare(element.name, name.size(), name) == 0 && names_[element.name + name.size()] == '\0');
}

// --- elements ------------------------------------------------------------------------------------

void JunitScanner::start_element(std::string_view name, XmlAttributes attributes) {
  if (root_.empty()) root_ = name_of(name);
  const std::uint8_t known = known_element(name);
  const JunitElement kind = kJunitElements[known].element;
  const bool container = kind == JunitElement::test || kind == JunitElement::suite || kind == JunitElement::suites;
  if (container && in_case_) {  // its end tag is missing
    xml_.damaged();
    while (in_case_) close_top();
  }
  if (container && in_suite_problem_) {
    xml_.damaged();
    while (in_suite_problem_) close_top();
  }
  if (open_.size() >= kMaxJunitDepth) {
    ++too_deep_;
    if (!depth_reported_)
      diagnose(Severity::error, "junit-too-deep",
               fmt::format("elements nest deeper than {} at {}; what is inside is not read", kMaxJunitDepth, here()));
    depth_reported_ = true;
    return;
  }
  open_.push_back({known, names_.size()});
  ++open_of_[known];
  if (known == kOtherElement) names_.append(name.substr(0, kMaxJunitNameBytes)) += '\0';
  if (kind == JunitElement::test) {
    in_case_ = true;
    begin_case(attributes);
  } else if (container) {
    start_suite(kind == JunitElement::suites, attributes);
  } else if (kind == JunitElement::problem) {
    start_problem(kJunitElements[known].problem, attributes);
  }
}

void JunitScanner::start_suite(bool is_root, XmlAttributes attributes) {
  std::string name, file;
  std::optional<ExactSeconds> time;
  for (const auto& [key, value] : attributes) {
    if (key == "name")
      name = name_of(value);
    else if (key == "file" || key == "filepath")
      file = file_of(value);
    else if (key == "time")
      time = parse_reported_time(value).value;
    else if (key == "timestamp" && timestamp_.empty())
      timestamp_ = name_of(value);
  }
  if (name == (is_root ? "pytest tests" : "pytest")) pytest_ = true;
  ++suites_seen_;
  suites_.open(is_root, name, file, JunitHeader::read(attributes), time);
}

void JunitScanner::start_problem(JunitProblemKind kind, XmlAttributes attributes) {
  ++problems_open_;
  if (!in_case_) {
    // A skipped suite has skipped cases; only trouble is a result of its own.
    if (suites_.depth() == 0 || in_suite_problem_ || kind == JunitProblemKind::skipped) return;
    in_suite_problem_ = true;
    suite_problem_ = kind;
  }
  begin_problem(kind, attributes);
}

void JunitScanner::end_element(std::string_view name) {
  if (too_deep_ > 0) {
    --too_deep_;
    return;
  }
  name = name.substr(0, kMaxJunitNameBytes);
  const std::uint8_t known = known_element(name);
  // A search that finds nothing must be short: there may be as many of them as there are bytes.
  const std::size_t lowest =
      known == kOtherElement && open_.size() > kMaxSearchDepth ? open_.size() - kMaxSearchDepth : 0;
  std::size_t depth = open_of_[known] == 0 ? 0 : open_.size();
  while (depth > lowest && !is_open(open_[depth - 1], known, name)) --depth;
  if (depth <= lowest) return xml_.damaged();  // ends nothing that is open
  if (depth != open_.size()) xml_.damaged();
  while (open_.size() >= depth) close_top();
}

void JunitScanner::close_top() {
  const Element top = open_.back();
  open_.pop_back();
  --open_of_[top.known];
  names_.resize(top.name);
  switch (kJunitElements[top.known].element) {
    case JunitElement::test:
      close_case();
      break;
    case JunitElement::suite:
    case JunitElement::suites:
      suites_.close(xml_.line());
      break;
    case JunitElement::problem:
      --problems_open_;
      if (!in_suite_problem_ || problems_open_ > 0) break;
      in_suite_problem_ = false;
      ++suite_problems_;
      // Headers count it as an error, but not as a test.
      ++(suite_problem_ == JunitProblemKind::error ? suites_.counts().errored : suites_.counts().failed);
      end_suite_problem(suite_problem_);
      break;
    default:
      break;
  }
}

void JunitScanner::close_case() {
  if (!in_case_) return;
  in_case_ = false;
  problems_open_ = 0;
  ++cases_;
  siblings_are_new_ = suites_.note_case();
  suites_.counts().add(end_case());
}

// --- the end -------------------------------------------------------------------------------------

std::string JunitScanner::here() const {
  const bool wide = encoding_.charset == Charset::utf16_le || encoding_.charset == Charset::utf16_be;
  return fmt::format("byte {}{}, line {}", xml_.offset() + (wide ? 0 : encoding_.mark_bytes),
                     wide ? " of its text in UTF-8" : "", xml_.line());
}

void JunitScanner::diagnose(Severity severity, std::string_view code, std::string message) {
  tell(model::Diagnostic{severity, std::string(code), std::move(message), subject_, {}});
}

// A second document in one file: the first one must be complete by now.
void JunitScanner::declaration() {
  if (!open_.empty()) cut_document();
}

void JunitScanner::cut_document() {
  std::string lost;
  const std::string inside = open_.empty() ? "a tag" : one_line(name_of(open_.back()));
  if (in_case_) {
    // What failed has failed; whether another would have passed is not known.
    if (signs_of_case().failed_for_certain()) {
      close_case();
    } else {
      lost = fmt::format("; test case \"{}\" is incomplete and not counted", one_line(name_of_case()));
      in_case_ = false;
    }
  }
  forget_case();
  in_suite_problem_ = false;
  problems_open_ = 0;
  truncated_ = true;
  diagnose(Severity::error, "junit-truncated",
           fmt::format("the file ends inside of <{}> at {}, after {} test cases{}", inside, here(), cases_, lost));
  suites_.abandon();
  open_.clear();
  open_of_ = {};
  names_.clear();
  too_deep_ = 0;
}

bool JunitScanner::end_document() {
  // Of what is no JUnit report it is enough to say so: a '<' in JSON opens nothing.
  if ((!open_.empty() && (recognised() || may_begin_junit(head_))) ||
      (xml_.ended_inside_token() && root_.empty() && may_begin_junit(head_)))
    cut_document();
  diagnose_content();
  if (xml_.faults() > 0 && recognised())
    diagnose(xml_.damage() > 0 ? Severity::error : Severity::warning, "junit-malformed", fault_sentence(xml_));
  if (encoding_.charset == Charset::other && recognised())
    diagnose(Severity::info, "junit-encoding",
             fmt::format("the encoding \"{}\" is not known here: what is not UTF-8 is shown as U+FFFD",
                         one_line(encoding_.declared)));
  if (negative_times_ > 0)
    diagnose(Severity::warning, "junit-negative-time",
             fmt::format("{} times are negative and were read as 0", negative_times_));
  if (suites_.lost_failures() > 0)
    diagnose(
        Severity::error, "junit-lost-failures",
        fmt::format("results are lost: {}; look at the tool that wrote or merged this report", suites_.first_lost()));
  if (suites_.mismatches() > 0 && !truncated_)
    diagnose(Severity::warning, "junit-count-mismatch",
             fmt::format("the counts of {} elements disagree with what they hold; {}", suites_.mismatches(),
                         suites_.first_mismatch()));
  return !truncated_ && suites_seen_ > 0;
}

bool JunitScanner::blank() const {
  return root_.empty() && trim(std::string_view(head_).substr(std::min(encoding_.mark_bytes, head_.size()))).empty();
}

void JunitScanner::diagnose_content() {
  if (blank()) {
    diagnose(Severity::error, "junit-empty", "the file is empty: its writer died before it wrote, or never ran");
  } else if (!recognised()) {
    const std::string_view neighbour = name_of_neighbour(root_, head_);
    const std::string found = root_.empty() ? "no element" : fmt::format("the first element is <{}>", one_line(root_));
    diagnose(Severity::error, "not-junit",
             neighbour.empty() ? fmt::format("this is not a JUnit report: {}", found)
                               : fmt::format("this is {}, not a JUnit report", neighbour));
  } else if (cases_ + suite_problems_ == 0 && !truncated_) {
    diagnose(Severity::warning, "junit-no-cases", "the report holds no test case");
  }
}

}  // namespace rh::collectors
