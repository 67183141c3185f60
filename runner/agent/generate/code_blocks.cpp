#include "runner/agent/generate/code_blocks.h"

#include <algorithm>

#include "runner/agent/validate/validate.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Fence {
  char mark = 0;  // 0: the line is none
  std::size_t length = 0, indent = 0;
  std::string_view rest;
};

Fence fence_of(std::string_view line) {
  const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
  const std::string_view text = line.substr(indent);
  if (text.empty() || (text[0] != '`' && text[0] != '~')) return {};
  const std::size_t length = std::min(text.find_first_not_of(text[0]), text.size());
  const std::string_view rest = trim(text.substr(length));
  // Inline code is no fence: ```x``` has marks behind its text.
  if (length < 3 || rest.find('`') != std::string_view::npos) return {};
  return {text[0], length, indent, rest};
}

std::string_view without_indent(std::string_view line, std::size_t indent) {
  const std::size_t blanks = std::min(line.find_first_not_of(" \t"), line.size());
  return line.substr(std::min(indent, blanks));
}

const CodeBlock* longest(const std::vector<CodeBlock>& blocks, auto fits) {
  const CodeBlock* best = nullptr;
  for (const CodeBlock& block : blocks)
    if (fits(block) && (best == nullptr || block.code.size() > best->code.size())) best = &block;
  return best;
}

// A sentence of one word parses as a program, too: something must be called, assigned or declared.
bool looks_like_code(std::string_view text, Language language) {
  if (text.empty() || text.find_first_of("(={\n$") == std::string_view::npos) return false;
  if (language == Language::bash) return text.starts_with("#!");  // prose is a valid script
  const Assessment assessment = assess(language, text, Rules{});
  return assessment.built_in && !assessment.syntax_error;
}

}  // namespace

std::vector<CodeBlock> code_blocks(std::string_view reply) {
  std::vector<CodeBlock> blocks;
  Fence open;
  for (const std::string_view line : split_lines(reply)) {
    const Fence fence = fence_of(line);
    if (open.mark == 0) {
      if (fence.mark == 0) continue;
      open = fence;
      const std::string_view tag = fence.rest.substr(0, fence.rest.find_first_of(" \t,{:"));
      blocks.push_back({small_letters(tag), {}, false});
    } else if (fence.mark == open.mark && fence.length >= open.length && fence.rest.empty()) {
      blocks.back().closed = true;
      open = {};
    } else {
      blocks.back().code += std::string(without_indent(line, open.indent)) + "\n";
    }
  }
  std::erase_if(blocks, [](const CodeBlock& block) { return trim(block.code).empty(); });
  return blocks;
}

ChosenCode code_of_reply(std::string_view reply, Language language) {
  const std::vector<CodeBlock> blocks = code_blocks(reply);
  const CodeBlock* block = longest(blocks, [&](const CodeBlock& one) {
    return !one.tag.empty() && (language_named(one.tag) == language || language_of_file("x." + one.tag) == language ||
                                (language == Language::python && one.tag == "python3") ||
                                (language == Language::bash && is_one_of(one.tag, {"shell", "console", "zsh"})));
  });
  if (block == nullptr) block = longest(blocks, [](const CodeBlock& one) { return one.tag.empty(); });
  if (block != nullptr) return {block->code, block->closed};
  const std::string_view text = trim(reply);
  if (blocks.empty() && looks_like_code(text, language)) return {std::string(text) + "\n", true};
  return {};
}

}  // namespace rh::agent
