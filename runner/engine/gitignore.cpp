#include "runner/engine/gitignore.h"

#include "runner/base/text.h"

namespace rh::engine {
namespace {

// Trailing blanks go, unless a backslash keeps them.
std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t') &&
         !(line.size() > 1 && line[line.size() - 2] == '\\'))
    line.remove_suffix(1);
  return line;
}

bool class_matches(std::string_view set, char c) {
  bool negated = false, found = false;
  if (!set.empty() && (set[0] == '!' || set[0] == '^')) negated = true, set.remove_prefix(1);
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (c >= set[i] && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || c == set[i];
    }
  }
  return found != negated;
}

struct Cursor {
  std::size_t pattern = 0;
  std::size_t text = 0;
};

// One pattern element against one character; advances `at.pattern` past the element on success.
bool element_matches(std::string_view pattern, std::string_view text, Cursor& at) {
  const char c = text[at.text];
  const char p = pattern[at.pattern];
  if (p == '?') {
    if (c == '/') return false;
    ++at.pattern;
    return true;
  }
  if (p == '[') {
    const std::size_t end = pattern.find(']', at.pattern + 2);
    if (end != std::string_view::npos) {
      if (c == '/' || !class_matches(pattern.substr(at.pattern + 1, end - at.pattern - 1), c)) return false;
      at.pattern = end + 1;
      return true;
    }
  }
  const std::size_t escape = p == '\\' && at.pattern + 1 < pattern.size() ? 1 : 0;
  if (pattern[at.pattern + escape] != c) return false;
  at.pattern += 1 + escape;
  return true;
}

// fnmatch with FNM_PATHNAME and git's "**": backtracks to the last star of each kind only.
bool pattern_matches(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  Cursor at, star{kNone, 0}, deep{kNone, 0};
  while (at.text < text.size()) {
    if (pattern.substr(at.pattern, 3) == "**/" || pattern.substr(at.pattern) == "**") {
      at.pattern += pattern.substr(at.pattern).size() == 2 ? 2 : 3;
      deep = at;
      star.pattern = kNone;
      continue;
    }
    if (at.pattern < pattern.size() && pattern[at.pattern] == '*') {
      while (at.pattern < pattern.size() && pattern[at.pattern] == '*') ++at.pattern;
      star = at;
      continue;
    }
    if (at.pattern < pattern.size() && element_matches(pattern, text, at)) {
      ++at.text;
      continue;
    }
    if (star.pattern != kNone && text[star.text] != '/') {
      at = {star.pattern, ++star.text};
      continue;
    }
    // "**/" restarts at component borders, a closing "**" anywhere.
    if (deep.pattern == kNone) return false;
    star.pattern = kNone;
    const std::size_t next = deep.pattern == pattern.size() ? deep.text : text.find('/', deep.text);
    if (next == kNone) return false;
    deep.text = next + 1;
    at = deep;
  }
  while (at.pattern < pattern.size() && pattern[at.pattern] == '*') ++at.pattern;
  return at.pattern == pattern.size();
}

}  // namespace

void IgnoreRules::add(std::string_view folder, std::string_view text, std::string_view below) {
  const std::string base = folder.empty() || folder == "." ? "" : std::string(folder) + "/";
  for (std::string_view line : split_lines(text)) {
    line = without_trailing_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    Rule rule{base, {}, below.empty() ? "" : std::string(below) + "/", false, false, false};
    if (line.front() == '!') rule.negated = true, line.remove_prefix(1);
    if (!line.empty() && line.back() == '/') rule.folders_only = true, line.remove_suffix(1);
    rule.anchored = line.find('/') != std::string_view::npos;
    if (!line.empty() && line.front() == '/') line.remove_prefix(1);
    if (line.empty() || rules_.size() >= kMaxRules) continue;
    rule.pattern = line;
    rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::ignored(std::string_view path, bool is_folder) const {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->folders_only && !is_folder) continue;
    if (path.substr(0, rule->base.size()) != rule->base) continue;
    const std::string subject =
        rule->anchored ? rule->below + std::string(path.substr(rule->base.size())) : std::string(name);
    if (pattern_matches(rule->pattern, subject)) return !rule->negated;
  }
  return false;
}

}  // namespace rh::engine
