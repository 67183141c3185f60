// The structure of a JUnit report, dialects and damage included: which suites are open, where a test
// case begins and ends, what their headers claim against what they hold, and in words whatever is wrong
// with the file. What becomes of a test case is the business of the two readers built on it: JunitReader
// makes events with all output of it, JunitPull views of what a verdict needs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/junit_elements.h"
#include "collectors/results/junit_signs.h"
#include "collectors/results/junit_suite.h"
#include "collectors/results/text_encoding.h"
#include "collectors/results/xml_tokenizer.h"
#include "runner/model/diagnostic.h"

namespace rh::collectors {

// Elements may nest this deep; each open one costs a few bytes, no stack.
constexpr std::size_t kMaxJunitDepth = 50'000;
constexpr std::size_t kMaxJunitNameBytes = 16U << 10;

class JunitScanner : protected XmlHandler {
 protected:
  JunitScanner(std::string subject, std::string suite_root)
      : subject_(std::move(subject)), suite_root_(std::move(suite_root)), xml_(*this) {}

  virtual void begin_case(XmlAttributes attributes) = 0;
  virtual void begin_problem(JunitProblemKind kind, XmlAttributes attributes) = 0;  // of the case or of the suite
  virtual JunitVerdict end_case() = 0;
  // A failure or an error directly below the innermost suite has ended.
  virtual void end_suite_problem(JunitProblemKind kind) = 0;
  // The file stops inside of the case or the problem: end_case() will not come.
  virtual void forget_case() = 0;
  [[nodiscard]] virtual JunitSigns signs_of_case() const = 0;
  [[nodiscard]] virtual std::string name_of_case() const = 0;
  virtual void tell(model::Diagnostic diagnostic) = 0;

  // The first bytes of the file as they are; everything else goes to xml_ in UTF-8 or in `encoding_`.
  void begin_document(std::string_view head, Encoding encoding);
  // After the last byte: everything that is wrong with the file. False when it was cut.
  bool end_document();

  [[nodiscard]] bool in_case() const { return in_case_; }
  [[nodiscard]] bool in_problem() const { return problems_open_ > 0; }
  [[nodiscard]] bool in_suite_problem() const { return in_suite_problem_; }
  // The innermost open element.
  [[nodiscard]] JunitElement place() const;
  [[nodiscard]] std::string name_of(std::string_view raw) const;
  [[nodiscard]] std::string file_of(std::string_view raw) const;
  [[nodiscard]] std::optional<std::uint32_t> line_of(std::string_view raw) const;
  // Some dialects say where the case belongs in the suite only.
  [[nodiscard]] bool is_pytest() const { return pytest_; }
  [[nodiscard]] static bool classname_is_missing(std::string_view classname, bool of_pytest) {
    return (classname.empty() && !of_pytest) || classname == "test";
  }
  void note_negative_time() { ++negative_times_; }
  // The file holds something of a JUnit report, or was cut where one begins.
  [[nodiscard]] bool recognised() const { return suites_seen_ + cases_ + suite_problems_ > 0 || truncated_; }
  [[nodiscard]] bool blank() const;
  // In end_case(): the case has no sibling among those before it, and none of those will get one.
  [[nodiscard]] bool siblings_are_new() const { return siblings_are_new_; }
  // The text of the first time stamp of a suite.
  [[nodiscard]] const std::string& timestamp() const { return timestamp_; }

  std::string subject_, suite_root_;
  XmlTokenizer xml_;
  Encoding encoding_;
  JunitSuites suites_;
  std::uint64_t cases_ = 0;

 private:
  struct Element {
    std::uint8_t known = 0;  // index into kJunitElements
    std::size_t name = 0;    // of another one: where it begins in `names_`
  };

  void start_element(std::string_view name, XmlAttributes attributes) final;
  void end_element(std::string_view name) final;
  void declaration() final;
  void start_suite(bool is_root, XmlAttributes attributes);
  void start_problem(JunitProblemKind kind, XmlAttributes attributes);
  void close_top();
  void close_case();
  void cut_document();
  void diagnose_content();
  void diagnose(model::Severity severity, std::string_view code, std::string message);
  [[nodiscard]] std::string here() const;  // "byte 812, line 9"
  [[nodiscard]] bool is_open(const Element& element, std::uint8_t known, std::string_view name) const;
  [[nodiscard]] std::string_view name_of(const Element& element) const;

  std::vector<Element> open_;
  std::array<std::size_t, kOtherElement + 1> open_of_{};  // how many are open, by known element
  std::string names_;                                     // of the open elements that mean nothing here
  std::size_t too_deep_ = 0;                              // elements open beyond the limit
  bool depth_reported_ = false;
  bool in_case_ = false, in_suite_problem_ = false;
  JunitProblemKind suite_problem_ = JunitProblemKind::error;
  std::size_t problems_open_ = 0;
  std::string head_;  // of the file, to name what is no report
  std::string root_;  // name of the first element
  std::string timestamp_;
  bool pytest_ = false, truncated_ = false, siblings_are_new_ = false;
  std::uint64_t suites_seen_ = 0, suite_problems_ = 0, negative_times_ = 0;
};

}  // namespace rh::collectors
