// What a test case of a JUnit report says about its outcome: by its children, and by the attributes of
// writers that have no children for it. The dialects (pytest, surefire, node, gtest, ctest...) are told
// apart here.
#pragma once

#include <optional>
#include <string_view>

#include "runner/model/outcome.h"

namespace rh::collectors {

enum class JunitProblemKind { failure, error, skipped, flaky, rerun };

struct JunitVerdict {
  model::Outcome outcome = model::Outcome::passed;  // of the last attempt, which decides
  bool flaky = false;                               // failed at first, passed in the end
  // Something was written that a writer may have counted as a failure, whatever became of it.
  bool marked = false;
  unsigned attempts = 1;
};

class JunitSigns {
 public:
  void add_child(JunitProblemKind kind, std::string_view type);
  // The value of `status` or `result`. It counts only when no child says more.
  void add_word(std::string_view word);

  // Of the attempt that the element itself stands for: flaky and rerun children apart.
  [[nodiscard]] model::Outcome own() const;
  [[nodiscard]] JunitVerdict verdict() const;
  [[nodiscard]] bool failed_for_certain() const { return failures_ + timeouts_ + errors_ > 0; }

 private:
  unsigned children_ = 0;  // all of the following
  unsigned failures_ = 0, timeouts_ = 0, errors_ = 0, skips_ = 0, expected_ = 0, flaky_ = 0, reruns_ = 0;
  bool todo_ = false;  // node:test: a failure of what is not yet done is expected
  std::optional<model::Outcome> said_;
};

}  // namespace rh::collectors
