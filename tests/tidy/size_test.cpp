// The size ratchet: a function past 70 lines or a file past 400 fails, unless the allow-list names it.
// The allow-list may only shrink: an entry that is no longer needed fails too.
#include <gtest/gtest.h>

#include <set>

#include "tests/tidy/source_tree.h"

namespace rh::tidy {
namespace {

constexpr std::size_t kFunctionLines = 70;
constexpr std::size_t kFileLines = 400;

const std::set<std::string> kLongFunctions = {};
const std::set<std::string> kLongFiles = {};

struct Block {
  std::size_t line = 0;  // 1-based, of its opening brace
  std::size_t depth = 0;
  bool function = false;
};

struct LongFunction {
  std::string name;  // "file:first line of the signature"
  std::size_t lines = 0;
};

// Whether the code before an opening brace is the head of a function body: a ')' that is followed by
// qualifiers only, and no keyword that opens another kind of block.
bool opens_function(const std::string& head) {
  for (const char* keyword : {"namespace", "class ", "struct ", "enum ", "union ", "= {", "return {"})
    if (head.find(keyword) != std::string::npos && head.find(')') == std::string::npos) return false;
  const std::size_t paren = head.rfind(')');
  if (paren == std::string::npos) return false;
  // A macro call in front of it has no semicolon that would have ended the head.
  for (const char* keyword : {"namespace", "class ", "struct ", "enum "})
    if (head.find(keyword, paren) != std::string::npos) return false;
  for (const char* keyword : {"if (", "for (", "while (", "switch (", "catch ("})
    if (head.find(keyword) != std::string::npos) return false;
  return true;
}

// Strings and comments hold braces that are none.
std::string code_of(const std::string& line) {
  std::string code;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == quote)
        quote = 0;
      continue;
    }
    if (line[i] == '/' && i + 1 < line.size() && line[i + 1] == '/') break;
    if (line[i] == '"' || (line[i] == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(line[i - 1])))))
      quote = line[i];
    else
      code += line[i];
  }
  return code;
}

// `)tag"` for a line that opens a raw string `R"tag(`; empty otherwise.
std::string raw_string_end(const std::string& line) {
  const std::size_t begin = line.find("R\"");
  if (begin == std::string::npos) return {};
  const std::size_t paren = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz", begin + 2);
  if (paren == std::string::npos || line[paren] != '(') return {};
  return ")" + line.substr(begin + 2, paren - begin - 2) + "\"";
}

std::vector<LongFunction> long_functions(const SourceFile& source) {
  std::vector<LongFunction> found;
  std::vector<Block> open;
  std::string head;
  std::string raw_end;  // what ends the raw string that is open
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (raw_end.empty()) raw_end = raw_string_end(source.lines[i]);
    if (!raw_end.empty()) {
      if (source.lines[i].find(raw_end) != std::string::npos) raw_end.clear();
      continue;
    }
    if (source.lines[i].starts_with("#")) continue;
    for (const char c : code_of(source.lines[i]) + "\n") {
      if (c == '{') {
        open.push_back({i + 1, open.size(), opens_function(head)});
        head.clear();
      } else if (c == '}') {
        if (!open.empty()) {
          const Block block = open.back();
          open.pop_back();
          const std::size_t lines = i + 2 - block.line;
          if (block.function && lines > kFunctionLines)
            found.push_back({source.path + ":" + std::to_string(block.line), lines});
        }
        head.clear();
      } else if (c == ';') {
        head.clear();
      } else {
        head += c;
      }
    }
  }
  return found;
}

TEST(Size, NoFunctionPassesTheRatchet) {
  for (const SourceFile& source : product_sources())
    for (const LongFunction& function : long_functions(source))
      EXPECT_TRUE(kLongFunctions.count(function.name) > 0) << function.name << " has " << function.lines << " lines";
}

TEST(Size, NoFilePassesTheRatchet) {
  std::set<std::string> needed;
  for (const SourceFile& source : product_sources()) {
    if (source.lines.size() <= kFileLines) continue;
    needed.insert(source.path);
    EXPECT_TRUE(kLongFiles.count(source.path) > 0) << source.path << " has " << source.lines.size() << " lines";
  }
  for (const std::string& path : kLongFiles)
    EXPECT_TRUE(needed.count(path) > 0) << path << " needs no exception any more";
}

TEST(Size, TheRatchetSeesALongFunction) {
  SourceFile source{"x.cpp", "", {"int f(int a) {"}};
  for (int i = 0; i < 80; ++i) source.lines.push_back("  if (a) { --a; }");
  source.lines.push_back("}");
  ASSERT_EQ(long_functions(source).size(), 1U);
}

}  // namespace
}  // namespace rh::tidy
