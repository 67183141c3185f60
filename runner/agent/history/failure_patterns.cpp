#include "runner/agent/history/failure_patterns.h"

#include <algorithm>
#include <map>
#include <set>

namespace rh::agent {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Where the quoted text that begins at `at` ends; npos: it does not.
std::size_t quote_end(std::string_view line, std::size_t at) {
  const std::size_t end = line.find(line[at], at + 1);
  return end;
}

}  // namespace

// Names in quotes stay ("No module named 'numpy'" is not "... 'pandas'"), paths and numbers differ from run to run.
std::string error_pattern(std::string_view line) {
  std::string pattern;
  for (std::size_t i = 0; i < line.size();) {
    const bool begins_word = i == 0 || !is_word(line[i - 1]);
    if (begins_word && line.substr(i).starts_with("0x")) {
      pattern += "0x#";
      for (i += 2; i < line.size() && is_hex(line[i]);) ++i;
    } else if (begins_word && is_digit(line[i])) {
      pattern += '#';
      while (i < line.size() && (is_digit(line[i]) || line[i] == '.')) ++i;
    } else if ((line[i] == '\'' || line[i] == '"') && quote_end(line, i) != std::string_view::npos &&
               line.substr(i, quote_end(line, i) - i).find('/') != std::string_view::npos) {
      pattern += "'…'";
      i = quote_end(line, i) + 1;
    } else {
      pattern += line[i++];
    }
  }
  return pattern;
}

FailureReport failure_patterns(const std::vector<StoredExecution>& executions) {
  FailureReport report;
  report.executions = executions.size();
  std::map<std::pair<std::string, std::string>, FailurePattern> patterns;
  std::map<std::string, std::string> solved;  // instruction -> the nearest later execution that succeeded
  for (const StoredExecution& one : executions) {
    if (one.success) {
      if (!one.instruction.empty()) solved[one.instruction] = one.id;
      continue;
    }
    ++report.failures;
    const std::string pattern = error_pattern(one.error_line);
    FailurePattern& entry = patterns[{one.error_kind, pattern}];
    entry.error_kind = one.error_kind;
    entry.pattern = pattern;
    ++entry.count;
    entry.first_seen = one.timestamp;
    if (entry.last_seen.empty()) entry.last_seen = one.timestamp;
    if (std::find(entry.languages.begin(), entry.languages.end(), one.language) == entry.languages.end())
      entry.languages.push_back(one.language);
    if (entry.executions.size() < kPatternExamples) entry.executions.push_back(one.id);
    const auto later = solved.find(one.instruction);
    if (later != solved.end() && entry.solved_by.size() < kPatternExamples &&
        std::find(entry.solved_by.begin(), entry.solved_by.end(), later->second) == entry.solved_by.end())
      entry.solved_by.push_back(later->second);
  }
  for (auto& [key, pattern] : patterns) {
    std::sort(pattern.languages.begin(), pattern.languages.end());
    report.patterns.push_back(std::move(pattern));
  }
  std::stable_sort(report.patterns.begin(), report.patterns.end(),
                   [](const FailurePattern& a, const FailurePattern& b) { return a.count > b.count; });
  return report;
}

}  // namespace rh::agent
