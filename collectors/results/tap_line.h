// One line of the Test Anything Protocol, versions 12 to 14 (https://testanything.org).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/exact_seconds.h"

namespace rh::collectors {

struct TapLine {
  enum class Kind { point, plan, version, bail_out, subtest, comment, pragma, other };
  enum class Directive { none, skip, todo };

  Kind kind = Kind::other;
  std::size_t depth = 0;  // levels of four blanks before it
  std::string_view text;  // without the indentation

  bool ok = false;                      // of a point
  std::optional<std::uint64_t> number;  // of a point; of a plan how many are planned
  std::string description;              // of a point, without escapes; of others what stands behind the keyword
  Directive directive = Directive::none;
  std::string reason;                // of a directive, or of a plan that skips all
  std::vector<std::uint64_t> todo;   // "1..4 todo 2 3;" of Perl's Test.pm: points that are expected to fail
  std::optional<ExactSeconds> time;  // "# time=12.3ms" of node-tap and others
};

[[nodiscard]] TapLine read_tap_line(std::string_view line);

}  // namespace rh::collectors
