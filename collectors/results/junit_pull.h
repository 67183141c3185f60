// Test cases of a JUnit report one by one, as views into a window that slides over the file: no
// allocation for a case, memory for the largest tag of the file and for what is open, whatever the size
// of the file. Built for verdicts over large files; JunitReader is for everything that a case says.
//
//   JunitPull pull(source, "junit.xml");
//   while (const JunitCaseView* test = pull.next()) ...
//   RH_CHECK(pull.status());            // the source could not be read
//   pull.diagnostics()                  // what is wrong with the file; complete at the end
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/byte_source.h"
#include "collectors/results/exact_seconds.h"
#include "collectors/results/junit_scanner.h"

namespace rh::collectors {

// Valid until the next call of next(). Raw texts are as the file has them: JunitPull::text() makes
// UTF-8 of them.
struct JunitCaseView {
  std::string_view name, classname, file;  // raw
  std::string_view suite_path;             // UTF-8
  std::uint64_t suite = 0;                 // tells the suite elements of the file apart
  std::uint64_t identity = 0;              // a hash of all that tells the case from others, its suite included
  std::string_view line;                   // raw
  std::optional<ExactSeconds> time;
  JunitSigns signs;
  JunitVerdict verdict;
  std::string_view message;  // UTF-8, one line; of failures only
  // It stands for an error directly below a suite: it has the name of the suite, and no siblings.
  bool of_suite = false;
  bool of_pytest = false;
  bool siblings_are_new = false;  // none of the cases before it will have a sibling any more
};

class JunitPull : private JunitScanner {
 public:
  JunitPull(ByteSource& source, std::string subject, std::string suite_root = {});

  // Null at the end.
  [[nodiscard]] const JunitCaseView* next();
  [[nodiscard]] Result<void> status() const;
  [[nodiscard]] const std::vector<model::Diagnostic>& diagnostics() const { return diagnostics_; }
  [[nodiscard]] std::uint64_t cases() const { return cases_; }
  // The file has neither a test case nor an element of a JUnit report.
  [[nodiscard]] bool foreign() const { return !recognised(); }
  [[nodiscard]] bool empty() const { return blank(); }

  [[nodiscard]] const std::optional<ExactSeconds>& suite_time() const { return suites_.time(); }
  [[nodiscard]] const std::string& first_timestamp() const { return timestamp(); }

  // A raw text of a view in UTF-8, control bytes replaced; of a file the path from the suite's root.
  [[nodiscard]] std::string text(std::string_view raw) const { return name_of(raw); }
  // The class of the case; of writers that leave it out the path of its suite.
  [[nodiscard]] std::string classname(const JunitCaseView& test) const {
    std::string name = name_of(test.classname);
    return classname_is_missing(name, test.of_pytest) && !test.suite_path.empty() ? std::string(test.suite_path) : name;
  }
  [[nodiscard]] std::string path(std::string_view raw) const { return file_of(raw); }
  [[nodiscard]] std::optional<std::uint32_t> line(std::string_view raw) const { return line_of(raw); }

 private:
  struct Case {
    JunitCaseView view;
    std::string kept;     // what the views show once the window has moved on
    std::string message;  // what view.message shows
    std::string type;     // of the first problem, when that has no message
    std::string path;     // what view.suite_path shows
  };

  void begin_case(XmlAttributes attributes) override;
  void begin_problem(JunitProblemKind kind, XmlAttributes attributes) override;
  JunitVerdict end_case() override;
  void end_suite_problem(JunitProblemKind kind) override;
  void forget_case() override {}
  [[nodiscard]] JunitSigns signs_of_case() const override { return case_.view.signs; }
  [[nodiscard]] std::string name_of_case() const override { return name_of(case_.view.name); }
  void tell(model::Diagnostic diagnostic) override { diagnostics_.push_back(std::move(diagnostic)); }
  [[nodiscard]] bool wants_text() override;
  void text(std::string_view raw, bool cdata) override;

  void begin();
  void refill();
  std::size_t read_some();
  void keep_views(Case& test);
  void make_room_for_another();
  static void clear(Case& test);
  void keep_suite();
  void complete();
  static const JunitCaseView* give(Case& test);

  ByteSource& source_;
  Result<void> status_;
  std::string window_;
  std::size_t begin_ = 0, end_ = 0;  // of what is in the window and not read yet
  bool begun_ = false, final_ = false, ended_ = false;
  std::optional<Utf16Decoder> utf16_;
  std::string raw_, decoded_;  // of UTF-16

  Case case_, earlier_;  // `earlier_` is complete too, when one tag ended two
  bool ready_ = false, earlier_ready_ = false;
  std::vector<model::Diagnostic> diagnostics_;
};

}  // namespace rh::collectors
