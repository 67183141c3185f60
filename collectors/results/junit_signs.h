// What a test case of a JUnit report says about its outcome: by its children, and by the attributes of
// writers that have no children for it. The dialects (pytest, surefire, node, gtest, ctest...) are told
// apart here.
#pragma once

#include <optional>
#include <string_view>

#include "runner/model/outcome.h"

namespace rh::collectors {

enum class JunitProblemKind { failure, error, skipped, flaky, rerun };

class JunitSigns {
 public:
  void add_child(JunitProblemKind kind, std::string_view type);
  // The value of `status` or `result`. It counts only when no child says more.
  void add_word(std::string_view word);

  // Of the attempt that the element itself stands for: flaky and rerun children apart.
  [[nodiscard]] model::Outcome own() const;
  // Of the last attempt, which decides.
  [[nodiscard]] model::Outcome last() const { return reruns_ > 0 ? model::Outcome::failed : own(); }
  [[nodiscard]] bool flaky() const { return flaky_ > 0 && !model::is_failure(last()); }
  [[nodiscard]] unsigned attempts() const { return 1 + flaky_ + reruns_; }
  // Whether anything was written that a writer may have counted as a failure, whatever became of it.
  [[nodiscard]] bool marked() const { return failures_ + timeouts_ + errors_ + flaky_ + reruns_ > 0; }
  [[nodiscard]] bool failed_for_certain() const { return failures_ + timeouts_ + errors_ > 0; }

 private:
  unsigned failures_ = 0, timeouts_ = 0, errors_ = 0, skips_ = 0, expected_ = 0, flaky_ = 0, reruns_ = 0;
  bool todo_ = false;  // node:test: a failure of what is not yet done is expected
  std::optional<model::Outcome> said_;
};

}  // namespace rh::collectors
