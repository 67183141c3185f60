// Import statements of Python, import_module("...") and __import__("...") with constant names.
#include <algorithm>

#include "runner/agent/deps/imports.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// A statement with its continuation lines, comments gone, literals kept as "..." when they are short names.
struct LogicalLine {
  std::string text;
  std::uint32_t line = 0;
  std::size_t indent = 0;
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Reader {
 public:
  explicit Reader(std::string_view code) : code_(code) {}

  std::vector<LogicalLine> read() {
    while (at_ < code_.size()) step();
    finish();
    return std::move(lines_);
  }

 private:
  void step() {
    const char c = code_[at_];
    if (c == '#') {
      while (at_ < code_.size() && code_[at_] != '\n') ++at_;
    } else if (c == '\'' || c == '"') {
      literal(c);
    } else if (c == '\\' && at_ + 1 < code_.size() && (code_[at_ + 1] == '\n' || code_[at_ + 1] == '\r')) {
      at_ += code_[at_ + 1] == '\r' ? 3 : 2;
      ++line_;
      current_.text += ' ';
    } else if (c == '\n') {
      ++line_;
      ++at_;
      if (depth_ == 0)
        finish();
      else
        current_.text += ' ';
    } else {
      if (c == '(' || c == '[' || c == '{') ++depth_;
      if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
      if (current_.text.empty() && (c == ' ' || c == '\t')) {
        current_.indent += c == '\t' ? 8 : 1;
      } else if (c != '\r') {
        begin();
        current_.text += c;
      }
      ++at_;
    }
  }

  void begin() {
    if (current_.text.empty()) current_.line = line_;
  }

  void literal(char quote) {
    begin();
    const bool triple = code_.substr(at_, 3) == std::string(3, quote);
    const std::string end(triple ? 3 : 1, quote);
    at_ += end.size();
    std::string value;
    while (at_ < code_.size() && code_.substr(at_, end.size()) != end) {
      if (!triple && code_[at_] == '\n') return;  // not closed: the line ends it
      if (code_[at_] == '\\' && at_ + 1 < code_.size()) ++at_;
      if (code_[at_] == '\n') ++line_;
      value += code_[at_++];
    }
    at_ = std::min(code_.size(), at_ + end.size());
    const bool simple = std::all_of(value.begin(), value.end(), [](char c) { return is_name(c) || c == '.'; });
    current_.text += '"' + (simple ? value : std::string()) + '"';
  }

  void finish() {
    if (!trim(current_.text).empty()) lines_.push_back(std::move(current_));
    current_ = {};
  }

  std::string_view code_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  int depth_ = 0;
  LogicalLine current_;
  std::vector<LogicalLine> lines_;
};

std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_name(text[end]) || text[end] == '.')) ++end;
  return text.substr(0, end);
}

class Collector {
 public:
  std::vector<Import> take(const std::vector<LogicalLine>& lines) {
    for (const LogicalLine& line : lines) {
      while (!tries_.empty() && line.indent <= tries_.back()) tries_.pop_back();
      statement(line, trim(line.text), !tries_.empty());
      calls(line);
    }
    return std::move(imports_);
  }

 private:
  void statement(const LogicalLine& line, std::string_view text, bool in_try) {
    for (const std::string_view part : split(text, ';')) {
      std::string_view rest = trim(part);
      const std::string_view word = first_word(rest);
      if (word == "import") names(line, rest.substr(6), in_try);
      if (word == "from") from(line, rest.substr(4), in_try);
      if (word == "try" && text == "try:") {
        tries_.push_back(line.indent);
        return;
      }
      // "try: import x", "if fast: import x"
      const std::size_t colon = rest.find(": ");
      if (colon != std::string_view::npos &&
          is_one_of(word, {"try", "if", "else", "elif", "with", "except", "finally"}))
        statement(line, trim(rest.substr(colon + 1)), in_try || word == "try");
    }
  }

  void names(const LogicalLine& line, std::string_view text, bool in_try) {
    for (const std::string_view part : split(text.substr(0, text.find(';')), ','))
      add(line, first_word(trim(part)), in_try);
  }

  void from(const LogicalLine& line, std::string_view text, bool in_try) {
    const std::string_view rest = trim(text);
    const std::string_view module = first_word(rest);
    const std::size_t import = rest.find("import");
    // Distributions share these names, so that the part behind `import` says which one it is.
    const bool shared = is_one_of(module, {"google", "google.cloud", "azure", "azure.storage", "opentelemetry"});
    if (!shared || import == std::string_view::npos) return add(line, module, in_try);
    std::string list(rest.substr(import + 6));
    std::erase_if(list, [](char c) { return c == '(' || c == ')'; });
    for (const std::string_view part : split(list, ','))
      add(line, std::string(module) + "." + std::string(first_word(trim(part))), in_try);
  }

  void calls(const LogicalLine& line) {
    for (const std::string_view call : {"import_module(\"", "__import__(\""}) {
      for (std::size_t at = line.text.find(call); at != std::string::npos; at = line.text.find(call, at + 1)) {
        const std::size_t begin = at + call.size();
        add(line, std::string_view(line.text).substr(begin, line.text.find('"', begin) - begin), !tries_.empty());
      }
    }
  }

  void add(const LogicalLine& line, std::string_view name, bool in_try) {
    if (name.empty() || imports_.size() >= kMaxImports) return;
    imports_.push_back({to_valid_utf8(name), line.line, in_try, name.starts_with('.')});
  }

  std::vector<Import> imports_;
  std::vector<std::size_t> tries_;  // indents
};

}  // namespace

std::vector<Import> python_imports(std::string_view code) { return Collector().take(Reader(code).read()); }

}  // namespace rh::agent
