// The <testsuite> elements around a test case: their names, and their headers against what is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/exact_seconds.h"
#include "collectors/results/junit_signs.h"
#include "collectors/results/xml_tag.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

struct JunitCounts {
  std::uint64_t tests = 0, failed = 0, errored = 0, skipped = 0;
  std::uint64_t marked = 0;  // cases that hold something a writer may have counted as a failure
  void add(const JunitVerdict& verdict);
  void add(const JunitCounts& other);
};

// The counts that an element claims. Any may be missing; writers are often wrong.
struct JunitHeader {
  std::optional<std::uint64_t> tests, failed, errored, skipped, disabled;
  [[nodiscard]] static JunitHeader read(XmlAttributes attributes);
  [[nodiscard]] std::uint64_t failures() const { return failed.value_or(0) + errored.value_or(0); }
  // "it claims 5 tests and holds 4"; empty when they agree.
  [[nodiscard]] std::string disagreement(const JunitCounts& counted) const;
};

// The open suites, and what the closed ones amount to. Names are kept in one piece of text: suites may
// nest ten thousands deep.
class JunitSuites {
 public:
  void open(bool is_root, std::string_view name, std::string_view file, const JunitHeader& header,
            std::optional<ExactSeconds> time);
  void close(std::uint64_t line);
  // The document stops here: nothing that is open can be judged.
  void abandon();

  [[nodiscard]] std::size_t depth() const { return open_.size(); }
  // A case of the innermost suite. True when it is the first one of it and no other open suite has any:
  // nothing that came before has a sibling any more.
  bool note_case();
  // Tells the innermost suite from all others of the file, names apart.
  [[nodiscard]] std::uint64_t ordinal() const { return open_.empty() ? 0 : open_.back().ordinal; }
  [[nodiscard]] JunitCounts& counts() { return open_.empty() ? counted_ : open_.back().counted; }
  [[nodiscard]] std::string_view name() const;  // of the innermost one
  [[nodiscard]] std::string_view file() const;  // of the innermost one that names one
  // "outer > inner" without the root, bounded.
  [[nodiscard]] const std::string& path() const { return path_; }

  // How many headers are wrong, and the first one in words.
  [[nodiscard]] std::uint64_t mismatches() const { return mismatches_; }
  [[nodiscard]] const std::string& first_mismatch() const { return first_mismatch_; }
  // Failures that innermost suites claim and hold no case of: results that the file lost.
  [[nodiscard]] std::uint64_t lost_failures() const { return lost_failures_; }
  [[nodiscard]] const std::string& first_lost() const { return first_lost_; }
  [[nodiscard]] model::RunnerFinished totals() const;
  // Summed over the outermost suites that tell their time.
  [[nodiscard]] const std::optional<ExactSeconds>& time() const { return time_; }

 private:
  struct Suite {
    std::uint64_t ordinal = 0;
    std::size_t name = 0, file = 0, end = 0;  // where its texts begin in `texts_`
    std::size_t path = 0;                     // length of the path around it
    bool is_root = false;                     // <testsuites>
    JunitHeader header;
    JunitCounts counted;
    bool has_cases = false;            // directly inside
    bool has_time = false;             // of its own
    std::optional<ExactSeconds> time;  // its own, else that of the suites inside
    std::uint64_t lost = 0;            // failures found missing in suites inside
  };
  [[nodiscard]] std::string describe(const Suite& suite, std::uint64_t line) const;
  void judge(const Suite& suite, std::uint64_t line);

  std::vector<Suite> open_;
  std::string texts_, path_;
  std::uint64_t opened_ = 0;
  std::size_t with_cases_ = 0;  // of the open ones
  bool loose_cases_ = false;    // outside of every suite
  JunitHeader claimed_;         // summed over the outermost elements
  JunitCounts counted_;
  std::optional<ExactSeconds> time_;
  std::uint64_t mismatches_ = 0, lost_failures_ = 0;
  std::string first_mismatch_, first_lost_;
};

}  // namespace rh::collectors
