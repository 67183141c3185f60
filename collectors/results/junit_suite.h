// The <testsuite> elements around a test case: their names, and their headers against what is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collectors/results/xml_tag.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

struct JunitCounts {
  std::uint64_t tests = 0, failed = 0, errored = 0, skipped = 0;
  void add(model::Outcome outcome);
  void add(const JunitCounts& other);
};

// The counts that an element claims. Any may be missing; writers are often wrong.
struct JunitHeader {
  std::optional<std::uint64_t> tests, failed, errored, skipped, disabled;
  [[nodiscard]] static JunitHeader read(XmlAttributes attributes);
  // "it claims 5 tests and holds 4"; empty when they agree.
  [[nodiscard]] std::string disagreement(const JunitCounts& counted) const;
};

struct JunitSuite {
  std::string name, file;
  bool is_root = false;  // <testsuites>
  JunitHeader header;
  JunitCounts counted;
};

// The open suites, and what the closed ones amount to.
class JunitSuites {
 public:
  std::vector<JunitSuite> open;

  [[nodiscard]] JunitCounts& counts() { return open.empty() ? counted_ : open.back().counted; }
  // "outer > inner", bounded: names may be long and nest deep.
  [[nodiscard]] std::string path() const;
  void close(std::uint64_t line);
  // The document stops here: nothing that is open can be judged.
  void abandon();

  // How many headers are wrong, and the first one in words.
  [[nodiscard]] std::uint64_t mismatches() const { return mismatches_; }
  [[nodiscard]] const std::string& first_mismatch() const { return first_mismatch_; }
  [[nodiscard]] model::RunnerFinished totals() const;

 private:
  JunitHeader claimed_;  // summed over the outermost elements
  JunitCounts counted_;
  std::uint64_t mismatches_ = 0;
  std::string first_mismatch_;
};

}  // namespace rh::collectors
