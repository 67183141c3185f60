#include "runner/agent/exec/source_scan.h"

#include <algorithm>

#include "runner/agent/deps/package_names.h"
#include "runner/agent/exec/programs.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    if (is_word(text[i])) {
      while (i < text.size() && is_word(text[i])) ++i;
    } else {
      ++i;
      if (text[begin] == ' ' || text[begin] == '\n' || text[begin] == '\t' || text[begin] == '\r') continue;
    }
    words.push_back(text.substr(begin, i - begin));
  }
  return words;
}

// The modules of `import a.b as c, d` or `from a.b import c`; none: another form.
std::vector<std::string_view> imported_modules(std::string_view statement) {
  const bool from = statement.starts_with("from ");
  if (!from && !statement.starts_with("import ")) return {};
  std::vector<std::string_view> modules;
  for (std::string_view part : split(statement.substr(from ? 5 : 7), from ? ' ' : ',')) {
    part = trim(part);
    modules.push_back(part.substr(0, part.find_first_of(". \t")));
    if (from) break;
  }
  return modules;
}

}  // namespace

std::string without_comments_and_texts(std::string_view code, bool keep_texts) {
  std::string out(code);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i)
      if (out[i] != '\n') out[i] = ' ';
  };
  for (std::size_t i = 0; i < code.size();) {
    const std::string_view rest = code.substr(i);
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(code.find('\n', i), code.size());
      blank(i, end);
    } else if (rest.starts_with("/*")) {
      const std::size_t close = code.find("*/", i + 2);
      end = close == std::string_view::npos ? code.size() : close + 2;
      blank(i, end);
    } else if (rest.starts_with("\"\"\"")) {
      const std::size_t close = code.find("\"\"\"", i + 3);
      end = close == std::string_view::npos ? code.size() : close + 3;
      if (!keep_texts) blank(i, end);
    } else if (code[i] == '"' || code[i] == '\'' || code[i] == '`') {
      while (end < code.size() && code[end] != code[i] && (code[i] == '`' || code[end] != '\n'))
        end += code[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, code.size());
      const bool many_lines = code.substr(i, end - i).find('\n') != std::string_view::npos;
      if (!keep_texts || many_lines) blank(i, end);
    }
    i = end;
  }
  return out;
}

JavaMain find_java_main(std::string_view code) {
  const std::string text = without_comments_and_texts(code);
  const auto words = words_of(text);
  JavaMain first, open, with_main;
  int depth = 0;
  std::string package;
  std::string outer;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "{") ++depth;
    if (word == "}") --depth;
    if (word == "package" && depth == 0 && package.empty())
      for (std::size_t j = i + 1; j < words.size() && words[j] != ";"; ++j) package += words[j];
    const bool declares = word == "class" || word == "record" || word == "interface" || word == "enum";
    if (declares && depth == 0 && i + 1 < words.size() && is_word(words[i + 1].front())) {
      outer = words[i + 1];
      if (first.name.empty()) first.name = outer;
      for (std::size_t j = i; j-- > 0 && words[j] != "}" && words[j] != ";";)
        if (words[j] == "public") open.name = outer;
    }
    if (word == "main" && depth == 1 && i + 1 < words.size() && words[i + 1] == "(" && i > 0 &&
        words[i - 1] == "void" && with_main.name.empty())
      with_main.name = outer;
  }
  JavaMain& chosen = !with_main.name.empty() ? with_main : !open.name.empty() ? open : first;
  chosen.package = package;
  chosen.file = open.name.empty() ? chosen.name : open.name;
  return chosen;
}

bool is_es_module(std::string_view code) {
  const std::string text = without_comments_and_texts(code, true);
  for (const std::string_view raw : split_lines(text)) {
    const std::string_view line = trim(raw);
    if (raw.empty() || raw.front() == ' ' || raw.front() == '\t') continue;
    for (const std::string_view word :
         {"import ", "import{", "import\"", "import'", "import*", "export ", "export{", "export*", "await "})
      if (line.starts_with(word)) return true;
    const bool declares = line.starts_with("const ") || line.starts_with("let ") || line.starts_with("var ");
    const std::size_t await = line.find("= await ");
    if (declares && await != std::string_view::npos && line.find("=>") == std::string_view::npos) return true;
  }
  return false;
}

std::vector<std::string> go_imports(std::string_view code) {
  const std::string text = without_comments_and_texts(code, true);
  std::vector<std::string> paths;
  bool in_block = false;
  for (const std::string_view raw : split_lines(text)) {
    const std::string_view line = trim(raw);
    const bool statement = line.starts_with("import ") || line.starts_with("import(") || line.starts_with("import\"");
    if (!statement && !in_block) {
      if (line.starts_with("func ") || line.starts_with("type ") || line.starts_with("var ")) break;
      continue;
    }
    if (statement && line.find('(') != std::string_view::npos) in_block = true;
    const std::size_t from = line.find('"');
    const std::size_t to = from == std::string_view::npos ? from : line.find('"', from + 1);
    if (to != std::string_view::npos) paths.emplace_back(line.substr(from + 1, to - from - 1));
    if (in_block && line.find(')') != std::string_view::npos) in_block = false;
  }
  return paths;
}

bool is_plain_python(std::string_view code) {
  static constexpr std::string_view kLoaders[] = {"importlib", "imp", "pkgutil", "pydoc", "runpy", "site", "zipimport"};
  for (const std::string_view word : {"result", "exit", "quit", "__main__"})
    if (code.find(word) != std::string_view::npos) return false;
  for (const std::string_view raw : split_lines(code)) {
    const std::string_view line = trim(raw);
    if (line.find("import") == std::string_view::npos) continue;
    const auto modules = imported_modules(line);
    const bool once = line.find("import") == line.rfind("import") && line.find_first_of(";\\#'\"(") == line.npos;
    if (modules.empty() || !once || !std::all_of(modules.begin(), modules.end(), [](std::string_view module) {
          return is_standard(Language::python, module) &&
                 std::find(std::begin(kLoaders), std::end(kLoaders), module) == std::end(kLoaders);
        }))
      return false;
  }
  return true;
}

}  // namespace rh::agent
