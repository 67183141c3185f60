#include "runner/engine/affected/python_shape.h"

#include <algorithm>
#include <set>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

using Lines = std::vector<std::string_view>;

struct LogicalLine {
  std::size_t first = 0, last = 0;  // indices of lines
  std::string text;                 // without comments, texts emptied, joined by blanks
};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Joins physical lines as the language does: inside of brackets, of texts in three quotes, and behind a backslash.
class Joiner {
 public:
  explicit Joiner(const Lines& lines) : lines_(lines), in_text_(lines.size(), false) {}

  std::vector<LogicalLine> join() {
    std::vector<LogicalLine> logical;
    LogicalLine current;
    bool open = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      in_text_[i] = !quote_.empty();
      if (!open) current = {i, i, {}};
      const bool continues = read(lines_[i], current.text);
      current.last = i;
      open = continues || depth_ > 0 || !quote_.empty();
      if (open) continue;
      if (!trim(current.text).empty()) logical.push_back(current);
    }
    if (open) logical.push_back(current);
    return logical;
  }
  std::vector<bool> take_in_text() { return std::move(in_text_); }

 private:
  // Whether it ends with a backslash.
  bool read(std::string_view line, std::string& text) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (!quote_.empty()) {
        if (c == '\\')
          ++i;
        else if (line.substr(i).starts_with(quote_))
          i += quote_.size() - 1, quote_.clear(), text += '"';
        continue;
      }
      if (c == '#') break;
      if (c == '"' || c == '\'') {
        const std::string three(3, c);
        quote_ = line.substr(i).starts_with(three) ? three : std::string(1, c);
        i += quote_.size() - 1;
        text += '"';
        continue;
      }
      if (c == '\\' && i + 1 == line.size()) return true;
      if (c == '(' || c == '[' || c == '{') ++depth_;
      if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
      text += c;
    }
    text += ' ';
    if (quote_.size() == 1) {  // ends with its line, unless a backslash carries it on
      if (!line.ends_with('\\')) quote_.clear();
    }
    return false;
  }

  const Lines& lines_;
  std::vector<bool> in_text_;
  std::string quote_;
  int depth_ = 0;
};

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || !is_name_char(text[word.size()]));
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_name_char(text[at - 1]);
    if (begins && starts_with_word(text.substr(at), word)) return true;
  }
  return false;
}

bool is_definition(std::string_view text) {
  if (starts_with_word(text, "async")) text = trim(text.substr(5));
  return starts_with_word(text, "def");
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_name_char(text[end])) ++end;
    if (end > i && !(text[i] >= '0' && text[i] <= '9')) words.push_back(text.substr(i, end - i));
    i = end + (end == i ? 1 : 0);
  }
  return words;
}

// "a.b as c, d" -> a.b, d
void add_modules(std::string_view list, const std::string& prefix, std::vector<std::string>& imports) {
  for (const std::string_view item : split(list, ',')) {
    std::string_view name = trim(item);
    while (!name.empty() && (name.front() == '(' || name.front() == ' ')) name.remove_prefix(1);
    std::size_t end = 0;
    while (end < name.size() && (is_name_char(name[end]) || name[end] == '.')) ++end;
    if (end > 0) imports.push_back(prefix + std::string(name.substr(0, end)));
  }
}

void find_imports(std::string_view text, std::vector<std::string>& imports) {
  if (starts_with_word(text, "import")) return add_modules(text.substr(6), "", imports);
  if (!starts_with_word(text, "from")) return;
  const std::size_t import = text.find(" import");
  if (import == std::string_view::npos) return;
  const std::string module(trim(text.substr(4, import - 4)));
  if (module.empty()) return;
  imports.push_back(module);
  add_modules(text.substr(import + 7), module.ends_with('.') ? module : module + ".", imports);
}

}  // namespace

SourceShape python_shape(const Lines& lines) {
  SourceShape shape;
  Joiner joiner(lines);
  const std::vector<LogicalLine> logical = joiner.join();
  shape.in_text = joiner.take_in_text();
  bool inside = false;
  for (std::size_t i = 0; i < logical.size(); ++i) {
    const LogicalLine& line = logical[i];
    const std::string_view text = trim(line.text);
    const std::size_t indent = indent_of(lines[line.first]);
    for (const std::string_view part : split(text, ';')) find_imports(trim(part), shape.imports);
    for (const std::string_view word : {"import_module", "__import__", "iter_modules", "walk_packages", "entry_points",
                                        "importorskip", "pytest_plugins", "run_path", "run_module", "exec_module"})
      shape.imports_by_name |= has_word(text, word);
    if (inside && indent <= shape.functions.back().indent) {
      shape.functions.back().last = static_cast<std::uint32_t>(line.first);  // up to the line before this one
      inside = false;
    }
    if (!inside && is_definition(text) && text.ends_with(':')) {
      shape.functions.push_back({static_cast<std::uint32_t>(line.last + 2), 0, indent});
      inside = true;
    }
  }
  if (inside) shape.functions.back().last = static_cast<std::uint32_t>(lines.size());
  return shape;
}

std::vector<std::string> python_bindings(const Lines& lines) {
  std::set<std::string> found;
  Joiner joiner(lines);
  for (const LogicalLine& line : joiner.join()) {
    const std::string_view text = line.text;
    for (const std::string_view word : {"yield", "await", "async", "global", "nonlocal", "def", "class", "lambda",
                                        "import", "for", "as", "del", "case", "except", "with"}) {
      if (!has_word(text, word)) continue;
      found.insert(std::string(word));
      if (is_one_of(word, {"yield", "await", "async", "lambda"})) continue;
      for (const std::string_view name : words_of(text)) found.insert(std::string(name));
    }
    for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
      const bool compares = (at > 0 && std::string_view("=!<>").find(text[at - 1]) != std::string_view::npos) ||
                            (at + 1 < text.size() && text[at + 1] == '=');
      if (compares) continue;
      for (const std::string_view name : words_of(text.substr(0, at))) found.insert(std::string(name));
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace rh::engine
