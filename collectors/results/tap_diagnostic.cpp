#include "collectors/results/tap_diagnostic.h"

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

std::string_view without_quotes(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

// "/repo/a.test.js:12:3"
void TapDiagnostic::take_location(std::string_view text) {
  std::optional<std::uint64_t> number;
  for (int part = 0; part < 2; ++part) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) break;
    const auto parsed = parse_u64(text.substr(colon + 1));
    if (!parsed) break;
    number = parsed;
    text = text.substr(0, colon);
  }
  if (!number) return;
  file_ = to_valid_utf8(text);
  line_ = number;
}

void TapDiagnostic::take_member(std::string_view key, std::string_view value) {
  value = without_quotes(value);
  message_follows_ = false;
  if ((key == "message" || key == "error") && message_.empty()) {
    message_follows_ = value.starts_with('|') || value.starts_with('>');
    if (!message_follows_) message_ = one_line(value);
  } else if (key == "duration_ms") {
    if (const auto time = parse_reported_time(std::string(value) + "ms").value) time_ = time;
  } else if (key == "location") {
    take_location(value);
  } else if (key == "file" || key == "fileName") {
    file_ = to_valid_utf8(value);
  } else if (key == "line" || key == "lineNumber") {
    line_ = parse_u64(value);
  }
}

void TapDiagnostic::add_yaml(std::string_view line) {
  details_.append(line);
  details_.append("\n");
  const bool nested = line.starts_with(' ');
  const std::size_t colon = line.find(':');
  if (message_follows_ && nested) {
    message_ = one_line(line);
    message_follows_ = message_.empty();
  } else if (colon != std::string_view::npos) {
    // node-tap nests the place below "at:".
    const std::string_view key = trim(line.substr(0, colon));
    if (!nested || key == "line" || key == "file" || key == "fileName" || key == "lineNumber")
      take_member(key, line.substr(colon + 1));
  }
}

// "  Failed test 'name'", "  at t/a.t line 7.", "         got: '1'"
void TapDiagnostic::add_comment(std::string_view line) {
  details_.append(line);
  details_.append("\n");
  const std::string_view text = trim(line);
  constexpr std::string_view kLine = " line ";
  if (const std::size_t at = text.rfind("at "), number = text.rfind(kLine);
      at != std::string_view::npos && number != std::string_view::npos && at < number && text.ends_with('.')) {
    const auto parsed = parse_u64(text.substr(number + kLine.size(), text.size() - number - kLine.size() - 1));
    if (parsed && file_.empty()) {
      file_ = to_valid_utf8(text.substr(at + 3, number - at - 3));
      line_ = parsed;
    }
  } else if (message_.empty() && !text.starts_with("Failed ") && !text.starts_with("Looks like ")) {
    message_ = one_line(text);
  }
}

void TapDiagnostic::explain(model::TestEnded& ended, std::string_view suite_root) const {
  model::Attempt& attempt = ended.attempt;
  if (time_) attempt.duration = time_->nanoseconds();
  if (!model::is_failure(attempt.outcome)) return;
  if (!message_.empty()) attempt.message = message_;
  attempt.details = clean_details(details_.text());
  if (file_.empty()) return;
  ended.test.file = test_file(file_, suite_root);
  if (line_ && *line_ > 0 && *line_ < UINT32_MAX) ended.test.line = static_cast<std::uint32_t>(*line_);
}

}  // namespace rh::collectors
