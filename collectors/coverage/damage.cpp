#include "collectors/coverage/damage.h"

#include <utility>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

void DamageLog::add(model::Severity severity, std::string_view code, std::string_view message, std::size_t line) {
  if (entries_.size() == kMaxDamageEntries) {
    ++suppressed_;
    return;
  }
  const std::string subject = line == 0 ? subject_ : fmt::format("{}:{}", subject_, line);
  entries_.push_back({severity, std::string(code), std::string(message), subject, {}});
}

std::vector<model::Diagnostic> DamageLog::take() {
  if (suppressed_ > 0)
    entries_.push_back({model::Severity::warning,
                        "coverage-more-damage",
                        fmt::format("{} more records of this file were damaged.", suppressed_),
                        subject_,
                        {}});
  suppressed_ = 0;
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
