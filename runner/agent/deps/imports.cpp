#include "runner/agent/deps/imports.h"

#include <algorithm>
#include <set>

#include "runner/agent/exec/source_scan.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// Words, literals and single characters of a language with C's comments.
struct Token {
  enum class Kind { word, literal, sign } kind;
  std::string text;
  std::uint32_t line;
};

class Tokens {
 public:
  Tokens(std::string_view code, bool rust) : code_(code), rust_(rust) {}

  std::vector<Token> read() {
    while (at_ < code_.size()) step();
    return std::move(tokens_);
  }

 private:
  void step() {
    const char c = code_[at_];
    const std::string_view rest = code_.substr(at_);
    if (c == '\n') {
      ++line_;
      ++at_;
    } else if (rest.starts_with("//") || (at_ == 0 && rest.starts_with("#!"))) {
      while (at_ < code_.size() && code_[at_] != '\n') ++at_;
    } else if (rest.starts_with("/*")) {
      skip_block();
    } else if (c == '"' || (c == '\'' && !rust_) || (c == '`' && !rust_)) {
      literal(c);
    } else if (c == '\'' && rust_) {
      // A char or a lifetime.
      at_ += rest.size() > 2 && rest[1] == '\\' ? 4 : rest.size() > 2 && rest[2] == '\'' ? 3 : 1;
    } else if (is_name(c)) {
      const std::size_t begin = at_;
      while (at_ < code_.size() && is_name(code_[at_])) ++at_;
      tokens_.push_back({Token::Kind::word, std::string(code_.substr(begin, at_ - begin)), line_});
    } else {
      if (c != ' ' && c != '\t' && c != '\r') tokens_.push_back({Token::Kind::sign, std::string(1, c), line_});
      ++at_;
    }
  }

  void skip_block() {
    const std::size_t end = std::min(code_.find("*/", at_ + 2), code_.size());
    line_ += static_cast<std::uint32_t>(std::count(code_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   code_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    at_ = std::min(code_.size(), end + 2);
  }

  void literal(char quote) {
    const std::uint32_t line = line_;
    std::string value;
    for (++at_; at_ < code_.size() && code_[at_] != quote; ++at_) {
      if (code_[at_] == '\n' && quote == '\'') break;  // not closed
      if (code_[at_] == '\\' && at_ + 1 < code_.size()) ++at_;
      if (code_[at_] == '\n') ++line_;
      value += code_[at_];
    }
    ++at_;
    tokens_.push_back({Token::Kind::literal, std::move(value), line});
  }

  std::string_view code_;
  bool rust_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::vector<Token> tokens_;
};

std::vector<Import> each_once(std::vector<Import> imports) {
  std::set<std::string> seen;
  std::erase_if(imports, [&](const Import& import) { return !seen.insert(import.name).second; });
  return imports;
}

// use a::{b::c, d}; gives the first parts only: crates.
void rust_use(const std::vector<Token>& tokens, std::size_t at, std::vector<Import>& imports,
              std::set<std::string>& named) {
  int depth = 0;
  bool first = true;
  for (; at < tokens.size() && tokens[at].text != ";"; ++at) {
    const Token& token = tokens[at];
    if (token.text == "{") ++depth;
    if (token.text == "}") --depth;
    if (token.kind != Token::Kind::word) continue;
    const bool path_begins = first || (tokens[at - 1].text != ":" && depth > 0 && imports.empty());
    if (path_begins)
      imports.push_back({token.text, token.line, false, is_one_of(token.text, {"crate", "self", "super"})});
    first = false;
    named.insert(token.text);
  }
}

bool is_primitive(std::string_view name) {
  return is_one_of(name, {"i8",   "i16",   "i32", "i64", "i128", "isize", "u8",  "u16",  "u32",   "u64",
                          "u128", "usize", "f32", "f64", "bool", "char",  "str", "self", "super", "crate"});
}

}  // namespace

std::vector<Import> javascript_imports(std::string_view code) {
  const auto tokens = Tokens(code, false).read();
  std::vector<Import> imports;
  for (std::size_t i = 1; i < tokens.size() && imports.size() < kMaxImports; ++i) {
    if (tokens[i].kind != Token::Kind::literal) continue;
    const Token& before = tokens[i - 1];
    const bool call = before.text == "(" && before.kind == Token::Kind::sign && i >= 2 &&
                      is_one_of(tokens[i - 2].text, {"require", "import"}) && tokens[i - 2].kind == Token::Kind::word &&
                      (i < 3 || tokens[i - 3].text != ".");
    const bool statement = before.kind == Token::Kind::word && is_one_of(before.text, {"from", "import"});
    if (!call && !statement) continue;
    const std::string& name = tokens[i].text;
    imports.push_back({to_valid_utf8(name), tokens[i].line, false, name.starts_with('.') || name.starts_with('/')});
  }
  return imports;
}

std::vector<Import> rust_imports(std::string_view code) {
  const auto tokens = Tokens(code, true).read();
  std::vector<Import> imports;
  std::set<std::string> named, modules;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != Token::Kind::word) continue;
    const std::string& word = tokens[i].text;
    if (word == "mod") modules.insert(tokens[i + 1].text);
    if (word == "use") {
      std::vector<Import> used;
      rust_use(tokens, i + 1, used, named);
      imports.insert(imports.end(), used.begin(), used.end());
    }
    if (word == "extern" && tokens[i + 1].text == "crate" && i + 2 < tokens.size())
      imports.push_back({tokens[i + 2].text, tokens[i].line, false, false});
  }
  // A path like serde_json::to_string() needs no `use`.
  for (std::size_t i = 0; i + 2 < tokens.size() && imports.size() < kMaxImports; ++i) {
    const std::string& word = tokens[i].text;
    const bool path = tokens[i].kind == Token::Kind::word && tokens[i + 1].text == ":" && tokens[i + 2].text == ":";
    const bool begins = i == 0 || (tokens[i - 1].text != ":" && tokens[i - 1].text != ".");
    if (!path || !begins || word.front() < 'a' || word.front() > 'z' || is_primitive(word) || named.contains(word))
      continue;
    imports.push_back({word, tokens[i].line, false, false});
  }
  for (Import& import : imports) import.local = import.local || modules.contains(import.name);
  return imports;
}

std::vector<Import> java_imports(std::string_view code) {
  const auto tokens = Tokens(code, false).read();
  std::vector<Import> imports;
  for (std::size_t i = 0; i < tokens.size() && imports.size() < kMaxImports; ++i) {
    if (tokens[i].text != "import" || tokens[i].kind != Token::Kind::word) continue;
    if (i > 0 && tokens[i - 1].text != ";" && tokens[i - 1].text != "}") continue;
    const std::uint32_t line = tokens[i].line;
    std::string name;
    for (++i; i < tokens.size() && tokens[i].text != ";"; ++i)
      if (tokens[i].text != "static") name += tokens[i].text;
    if (!name.empty()) imports.push_back({to_valid_utf8(name), line, false, false});
  }
  return imports;
}

std::vector<Import> imports_of(Language language, std::string_view code) {
  switch (language) {
    case Language::python:
      return each_once(python_imports(code));
    case Language::javascript:
      return each_once(javascript_imports(code));
    case Language::bash:
      return each_once(bash_commands(code));
    case Language::rust:
      return each_once(rust_imports(code));
    case Language::java:
      return each_once(java_imports(code));
    case Language::go: {
      std::vector<Import> imports;
      for (std::string& name : go_imports(code)) {
        const std::size_t at = code.find('"' + name + '"');
        const auto line = static_cast<std::uint32_t>(
            1 + std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(std::min(at, code.size())), '\n'));
        imports.push_back({std::move(name), line, false, false});
      }
      return each_once(std::move(imports));
    }
  }
  return {};
}

}  // namespace rh::agent
