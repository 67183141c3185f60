#include "runner/agent/help/error_match.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "runner/agent/deps/package_names.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::string_view kHole = "{}";
constexpr std::size_t kMaxCapture = 300;
constexpr std::size_t kMaxFound = 50;

std::string capture(std::string_view text) {
  return to_valid_utf8(text.size() <= kMaxCapture ? text : text.substr(0, kMaxCapture));
}

std::string last_part(std::string_view text) {
  const std::size_t at = text.rfind(": ");
  return std::string(at == std::string_view::npos ? text : text.substr(at + 2));
}

// The module of "a.b.c" that a registry knows; quotes and backticks gone.
std::string package_text(std::optional<Language> language, std::string_view name) {
  if (!language) return std::string(name);
  std::string_view clean = trim(name);
  while (!clean.empty() && std::string_view("'\"`").find(clean.front()) != std::string_view::npos)
    clean.remove_prefix(1);
  while (!clean.empty() && std::string_view("'\"`").find(clean.back()) != std::string_view::npos)
    clean.remove_suffix(1);
  const auto package = package_of_import(*language, clean);
  return package ? *package : std::string(clean);
}

std::string near_text(std::string_view name, std::optional<Language> language, const std::vector<std::string>& known) {
  std::vector<std::string> others = known;
  std::erase(others, name);
  std::optional<std::string> near = closest(name, others);
  if (!near && language) near = near_import(*language, name);
  return near && *near != name ? fmt::format(": did you mean {}?", *near) : std::string();
}

struct Sign {
  Language language;
  std::string_view text;
};

// Strong signs first; the first that is seen decides.
constexpr std::array kSigns{
    Sign{Language::python, "Traceback (most recent call last)"},
    Sign{Language::python, "  File \""},
    Sign{Language::rust, "error[E"},
    Sign{Language::rust, "panicked at "},
    Sign{Language::rust, " --> src/"},
    Sign{Language::rust, ".rs:"},
    Sign{Language::go, "goroutine "},
    Sign{Language::go, "# command-line-arguments"},
    Sign{Language::go, ".go:"},
    Sign{Language::java, "Exception in thread \""},
    Sign{Language::java, ".java:"},
    Sign{Language::java, "Error: Could not find or load main class"},
    Sign{Language::java, "java.lang."},
    Sign{Language::java, "java.util."},
    Sign{Language::javascript, "node:internal"},
    Sign{Language::javascript, "Node.js v"},
    Sign{Language::javascript, ".js:"},
    Sign{Language::javascript, ".mjs:"},
    Sign{Language::javascript, ".cjs:"},
    Sign{Language::javascript, "Require stack:"},
    Sign{Language::javascript, "ReferenceError: "},
    Sign{Language::javascript, "TypeError: Cannot read propert"},
    Sign{Language::bash, ": line "},
    Sign{Language::bash, "bash: "},
    Sign{Language::bash, ": command not found"},
    Sign{Language::bash, "unbound variable"},
    Sign{Language::go, "panic: "},
    Sign{Language::rust, "cargo"},
};

}  // namespace

std::optional<std::vector<std::string>> match_pattern(std::string_view pattern, std::string_view line) {
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  std::vector<std::string> found;
  std::size_t at = 0;
  bool first = true;
  while (true) {
    const std::size_t hole = pattern.find(kHole);
    const std::string_view literal = pattern.substr(0, hole);
    const std::size_t place =
        literal.empty() ? (hole == std::string_view::npos && !first ? line.size() : at) : line.find(literal, at);
    if (place == std::string_view::npos || (first && anchored && place != 0)) return std::nullopt;
    if (!first) found.push_back(capture(line.substr(at, place - at)));
    if (hole == std::string_view::npos) return found;
    at = place + literal.size();
    first = false;
    pattern.remove_prefix(hole + kHole.size());
  }
}

std::string fill_text(std::string_view text, const std::vector<std::string>& found, std::optional<Language> language,
                      const std::vector<std::string>& known_names) {
  const auto value = [&](std::string_view number) -> std::string {
    const auto index = parse_u64(number);
    return index && *index >= 1 && *index <= found.size() ? found[*index - 1] : std::string();
  };
  std::string filled;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    const std::string_view name =
        close == std::string_view::npos ? std::string_view() : text.substr(i + 1, close - i - 1);
    if (name.size() == 1 && name[0] >= '1' && name[0] <= '9')
      filled += value(name);
    else if (name == "near")
      filled += near_text(value("1"), language, known_names);
    else if (name == "package")
      filled += package_text(language, value("1"));
    else if (name.starts_with("package:"))
      filled += package_text(language, last_part(value(name.substr(8))));
    else if (name.starts_with("last:"))
      filled += last_part(value(name.substr(5)));
    else {
      filled += text[i];
      continue;
    }
    i = close;
  }
  return filled;
}

std::vector<FoundRule> matching_rules(std::span<const ErrorRule> rules, const std::vector<std::string_view>& lines,
                                      bool from_end) {
  std::vector<FoundRule> all;
  for (std::size_t i = 0; i < lines.size() && all.size() < kMaxFound; ++i) {
    const std::size_t number = from_end ? lines.size() - 1 - i : i;
    const std::string_view line = trim(lines[number]);
    if (line.empty()) continue;
    for (const ErrorRule& rule : rules) {
      auto found = match_pattern(rule.pattern, line);
      if (!found) continue;
      all.push_back({&rule, std::move(*found), number});
      break;
    }
  }
  return all;
}

std::optional<Language> guess_language(const std::vector<std::string_view>& lines) {
  for (const Sign& sign : kSigns)
    for (const std::string_view line : lines)
      if (line.find(sign.text) != std::string_view::npos) return sign.language;
  return std::nullopt;
}

}  // namespace rh::agent
