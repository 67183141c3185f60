// What a TAP stream says about a test point behind it: a YAML block, or comments in the manner of
// Test::More. Only the members that producers agree on are understood; everything is kept as details.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/results/exact_seconds.h"
#include "collectors/results/test_text.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

class TapDiagnostic {
 public:
  void add_yaml(std::string_view line);     // without the indentation of the block
  void add_comment(std::string_view line);  // without '#'
  void explain(model::TestEnded& ended, std::string_view suite_root) const;

 private:
  void take_member(std::string_view key, std::string_view value);
  void take_location(std::string_view text);

  BoundedText details_;
  std::string message_, file_;
  std::optional<std::uint64_t> line_;
  std::optional<ExactSeconds> time_;
  bool message_follows_ = false;  // "error: |-": on the next lines
};

}  // namespace rh::collectors
