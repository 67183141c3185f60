#include "reporters/markdown_text.h"

#include <algorithm>

#include "reporters/plain_text.h"

namespace rh::reporters::markdown {
namespace {

// A run of backticks longer than any in the text.
std::string fence_for(std::string_view text, std::size_t at_least) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(longest + 1, at_least), '`');
}

}  // namespace

std::string code(std::string_view text) {
  const std::string line = clean_line(text, 300);
  if (line.empty()) return {};
  const std::string fence = fence_for(line, 1);
  return fence.size() == 1 ? fence + line + fence : fmt::format("{0} {1} {0}", fence, line);
}

// Tables are cut into cells before code spans are read.
std::string code_cell(std::string_view text) {
  std::string cell;
  for (const char c : code(text)) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string prose(std::string_view text) {
  std::string escaped;
  for (const char c : clean_line(text, 600)) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else {
      if (std::string_view("\\`*_{}[]()#|~>!").find(c) != std::string_view::npos) escaped += '\\';
      escaped += c;
      if (c == '@') escaped += "&#8203;";  // keeps a text from mentioning somebody
    }
  }
  return escaped;
}

std::string code_block(std::string_view text, std::size_t max_lines) {
  const std::string block = clean_block(text, max_lines, 3000);
  if (block.empty()) return {};
  const std::string fence = fence_for(block, 3);
  return fmt::format("{}text\n{}{}\n", fence, block, fence);
}

}  // namespace rh::reporters::markdown
