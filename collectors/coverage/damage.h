// Collects what a coverage reader had to skip or clamp, with the place in the file. Bounded: a
// damaged file of a million lines leaves a page of diagnostics and one count of the rest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/diagnostic.h"

namespace rh::collectors {

constexpr std::size_t kMaxDamageEntries = 20;  // and as many errors

class DamageLog {
 public:
  explicit DamageLog(std::string_view subject) : subject_(subject) {}

  // `line` 0: the place is not a line.
  void add(model::Severity severity, std::string_view code, std::string_view message, std::size_t line = 0);
  // `nothing_kept`: of the file nothing is left. When records were skipped, that is an error.
  [[nodiscard]] std::vector<model::Diagnostic> take(bool nothing_kept = false);

 private:
  std::string subject_;
  std::vector<model::Diagnostic> entries_;
  std::size_t errors_ = 0, warnings_ = 0, suppressed_ = 0;
};

// At most this much of a damaged line is quoted.
[[nodiscard]] std::string excerpt(std::string_view line);

}  // namespace rh::collectors
