#include "runner/adapters/go_manifest.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

// The words of a line of go.mod or go.work: blank-separated, "quoted" or `quoted`, up to a // comment.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
      ++i;
    } else if (line.substr(i, 2) == "//") {
      break;
    } else if (line[i] == '"' || line[i] == '`') {
      const std::size_t end = std::min(line.find(line[i], i + 1), line.size());
      words.emplace_back(line.substr(i + 1, end - i - 1));
      i = end + 1;
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t\r", i), line.size());
      words.emplace_back(line.substr(i, end - i));
      i = end;
    }
  }
  return words;
}

// Calls `on_directive(verb, words)` for each directive, inside `verb ( ... )` blocks too.
template <class OnDirective>
void each_directive(std::string_view text, OnDirective&& on_directive) {
  std::string block;
  for (const std::string_view line : split_lines(text)) {
    std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    if (!block.empty()) {
      if (words.front() == ")")
        block.clear();
      else
        on_directive(block, words);
      continue;
    }
    const std::string verb = words.front();
    words.erase(words.begin());
    if (words.size() == 1 && words.front() == "(")
      block = verb;
    else
      on_directive(verb, words);
  }
}

void add_replacement(std::vector<GoReplacement>& into, const std::vector<std::string>& words) {
  const auto arrow = std::find(words.begin(), words.end(), "=>");
  const auto left = arrow - words.begin();
  const auto right = words.end() - arrow - 1;
  if (arrow == words.end() || left < 1 || right < 1) return;
  into.push_back({words[0], left > 1 ? words[1] : "", {*(arrow + 1), right > 1 ? *(arrow + 2) : ""}});
}

struct VersionParts {
  std::vector<std::string_view> core, prerelease;
};

VersionParts parts_of(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  version = version.substr(0, version.find('+'));
  VersionParts parts;
  const std::size_t dash = version.find('-');
  parts.core = split(version.substr(0, dash), '.');
  if (dash != std::string_view::npos) parts.prerelease = split(version.substr(dash + 1), '.');
  return parts;
}

int compare_identifiers(std::string_view a, std::string_view b) {
  const auto x = parse_u64(a), y = parse_u64(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  if (x || y) return x ? -1 : 1;  // numbers come before words
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_lists(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (const int order = compare_identifiers(a[i], b[i]); order != 0) return order;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

}  // namespace

GoMod parse_go_mod(std::string_view text) {
  GoMod mod;
  each_directive(text, [&](const std::string& verb, const std::vector<std::string>& words) {
    if (words.empty()) return;
    if (verb == "module")
      mod.module = words[0];
    else if (verb == "go")
      mod.go = words[0];
    else if (verb == "require" && words.size() > 1)
      mod.require.push_back({words[0], words[1]});
    else if (verb == "replace")
      add_replacement(mod.replace, words);
  });
  return mod;
}

GoWork parse_go_work(std::string_view text) {
  GoWork work;
  each_directive(text, [&](const std::string& verb, const std::vector<std::string>& words) {
    if (words.empty()) return;
    if (verb == "use")
      work.use.push_back(words[0]);
    else if (verb == "replace")
      add_replacement(work.replace, words);
  });
  return work;
}

std::vector<GoModuleVersion> parse_go_sum(std::string_view text) {
  std::vector<GoModuleVersion> versions;
  for (const std::string_view line : split_lines(text)) {
    std::vector<std::string> words = words_of(line);
    if (words.size() == 3 && !words[1].ends_with("/go.mod")) versions.push_back({words[0], words[1]});
  }
  return versions;
}

int compare_go_versions(std::string_view a, std::string_view b) {
  const VersionParts x = parts_of(a), y = parts_of(b);
  if (const int order = compare_lists(x.core, y.core); order != 0) return order;
  if (x.prerelease.empty() != y.prerelease.empty()) return x.prerelease.empty() ? 1 : -1;
  return compare_lists(x.prerelease, y.prerelease);
}

std::string escape_module_path(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (c >= 'A' && c <= 'Z') {
      escaped += '!';
      escaped += static_cast<char>(c - 'A' + 'a');
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace rh::adapters
