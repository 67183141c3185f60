#include "collectors/coverage/damage.h"

#include <utility>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

void DamageLog::add(model::Severity severity, std::string_view code, std::string_view message, std::size_t line) {
  warnings_ += severity == model::Severity::warning ? 1 : 0;
  // An error decides, so lesser damage before it does not crowd it out.
  const bool is_error = severity == model::Severity::error;
  if ((is_error ? errors_ : entries_.size() - errors_) == kMaxDamageEntries) {
    ++suppressed_;
    return;
  }
  errors_ += is_error ? 1 : 0;
  const std::string subject = line == 0 ? subject_ : fmt::format("{}:{}", subject_, line);
  entries_.push_back({severity, std::string(code), std::string(message), subject, {}});
}

std::vector<model::Diagnostic> DamageLog::take(bool nothing_kept) {
  if (suppressed_ > 0)
    entries_.push_back({model::Severity::warning,
                        "coverage-more-damage",
                        fmt::format("{} more records of this file were damaged.", suppressed_),
                        subject_,
                        {}});
  if (nothing_kept && warnings_ > 0 && errors_ == 0)
    entries_.push_back({model::Severity::error,
                        "coverage-nothing-left",
                        "Every record of this file was damaged: nothing of it could be used.",
                        subject_,
                        {}});
  errors_ = warnings_ = suppressed_ = 0;
  return std::exchange(entries_, {});
}

std::string excerpt(std::string_view line) {
  constexpr std::size_t kQuoted = 60;
  std::string text = to_valid_utf8(line.substr(0, kQuoted));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return line.size() > kQuoted ? text + "..." : text;
}

}  // namespace rh::collectors
