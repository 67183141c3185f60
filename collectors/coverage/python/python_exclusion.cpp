// The patterns are coverage.py's own (config.py, version 7.17), written out, because they run over every line of every
// file and `regex` is slow:
//   #\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)
//   ^\s*(((async )?def .*?)?[\])]+(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)
//   ^\s*if (typing\.)?TYPE_CHECKING:
//   #\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(branch|BRANCH)
//   ^\s*while (True|1|False|0):
//   ^\s*if (True|1|False|0):
#include "collectors/coverage/python/python_exclusion.h"

#include <algorithm>
#include <initializer_list>

namespace rh::collectors {
namespace {

constexpr std::string_view kBlank = " \t\f\v\r";

// With the no-break space, which is pasted from web pages.
void skip_blank(std::string_view& text) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  while (text.starts_with(kNoBreakSpace)) {
    text.remove_prefix(kNoBreakSpace.size());
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  }
}

bool skip_word(std::string_view& text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (!text.starts_with(word)) continue;
    text.remove_prefix(word.size());
    return true;
  }
  return false;
}

// "# pragma: no WORD", anywhere in the line.
bool has_pragma(std::string_view line, std::string_view lower, std::string_view upper) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    std::string_view rest = line.substr(at + 1);
    skip_blank(rest);
    if (!skip_word(rest, {"pragma", "PRAGMA"})) continue;
    skip_word(rest, {":"});
    skip_blank(rest);
    if (!skip_word(rest, {"no", "NO"})) continue;
    skip_blank(rest);
    if (skip_word(rest, {lower, upper})) return true;
  }
  return false;
}

bool is_type_checking(std::string_view line) {
  if (!skip_word(line, {"if "})) return false;
  skip_word(line, {"typing."});
  return line.starts_with("TYPE_CHECKING:");
}

bool is_constant_test(std::string_view line) {
  return skip_word(line, {"while ", "if "}) && skip_word(line, {"True", "1", "False", "0"}) && line.starts_with(':');
}

// "..." and at most a comment behind it.
bool is_ellipsis(std::string_view rest) {
  if (!rest.starts_with("...")) return false;
  rest.remove_prefix(3);
  skip_blank(rest);
  return rest.empty() || rest.front() == '#';
}

// The end of a signature up to a ':' at `colon`: "])" and perhaps "-> type".
bool ends_signature(std::string_view line, std::size_t colon, bool is_def) {
  const auto is_close = [](char c) { return c == ')' || c == ']'; };
  const std::size_t closes = std::min(line.find_first_not_of(")]"), line.size());  // without def they come first
  if (colon == 0) return false;
  if (is_close(line[colon - 1]) && (is_def || colon <= closes)) return true;
  for (std::size_t arrow = line.find("->"); arrow < colon; arrow = line.find("->", arrow + 1)) {
    std::size_t before = arrow;
    while (before > 0 && kBlank.find(line[before - 1]) != std::string_view::npos) --before;
    if (before > 0 && is_close(line[before - 1]) && (is_def || before <= closes)) return true;
  }
  return false;
}

// A line that begins a match of the second pattern with something before "...". `on_next_line`: it ends with ':' and
// needs "..." as the next line with anything on it.
bool is_stub_header(std::string_view line, bool& on_next_line) {
  std::string_view signature = line;
  skip_word(signature, {"async "});
  const bool is_def = signature.starts_with("def ");
  on_next_line = false;
  if (!is_def && !line.starts_with(')') && !line.starts_with(']')) return false;
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos; colon = line.find(':', colon + 1)) {
    std::string_view rest = line.substr(colon + 1);
    skip_blank(rest);
    if (!rest.empty() && !is_ellipsis(rest)) continue;
    if (!ends_signature(line, colon, is_def)) continue;
    on_next_line = rest.empty();
    return true;
  }
  return false;
}

// Calls `visit(number, line without leading blanks)` for each line.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    skip_blank(line);
    visit(number, line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::vector<std::uint32_t> lines_marked_no_cover(std::string_view text) {
  std::vector<std::uint32_t> lines;
  std::uint32_t header = 0;  // a stub's header that waits for its "..."
  each_line(text, [&](std::uint32_t number, std::string_view line) {
    if (line.empty()) return;
    const bool ellipsis = is_ellipsis(line);
    if (ellipsis && header > 0)
      for (std::uint32_t above = header; above < number; ++above) lines.push_back(above);
    header = 0;
    bool on_next_line = false;
    const bool stub = is_stub_header(line, on_next_line);
    if (stub && on_next_line) header = number;
    if (ellipsis || (stub && !on_next_line) || is_type_checking(line) || has_pragma(line, "cover", "COVER"))
      lines.push_back(number);
  });
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

std::vector<std::uint32_t> lines_marked_no_branch(std::string_view text) {
  std::vector<std::uint32_t> lines;
  each_line(text, [&](std::uint32_t number, std::string_view line) {
    if (has_pragma(line, "branch", "BRANCH") || is_constant_test(line)) lines.push_back(number);
  });
  return lines;
}

}  // namespace rh::collectors
