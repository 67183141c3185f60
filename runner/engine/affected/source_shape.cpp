#include "runner/engine/affected/source_shape.h"

#include <algorithm>

#include "runner/base/text.h"
#include "runner/engine/affected/python_shape.h"

namespace rh::engine {
namespace {

using Lines = std::vector<std::string_view>;

bool ends_with_one(std::string_view path, std::initializer_list<std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(), [&](std::string_view each) { return path.ends_with(each); });
}

std::string_view without_modifiers(std::string_view line) {
  for (bool again = true; again;) {
    again = false;
    if (line.starts_with("pub(")) {
      const std::size_t close = line.find(')');
      if (close == std::string_view::npos) return line;
      line = trim(line.substr(close + 1)), again = true;
    }
    for (const std::string_view word : {"pub ", "async ", "unsafe ", "const ", "default ", "extern \"C\" ", "extern "})
      if (line.starts_with(word)) line = trim(line.substr(word.size())), again = true;
  }
  return line;
}

bool begins_function(SourceKind kind, std::string_view line) {
  if (kind == SourceKind::go) return line.starts_with("func ");
  return without_modifiers(trim(line)).starts_with("fn ");
}

// As gofmt and rustfmt write them: the closing brace stands below the beginning of the line that opens the body.
void find_braced_functions(SourceKind kind, const Lines& lines, SourceShape& shape) {
  constexpr std::size_t kLongestHeader = 60;  // lines
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!begins_function(kind, lines[i])) continue;
    const std::size_t indent = indent_of(lines[i]);
    std::size_t open = i;
    const auto ends = [&](std::string_view mark) { return trim(lines[open]).ends_with(mark); };
    while (open < lines.size() && open < i + kLongestHeader && !ends("{") && !ends("}") && !ends(";")) ++open;
    if (open == lines.size() || !ends("{")) continue;
    std::size_t close = open + 1;
    const auto closes = [&](std::string_view line) { return indent_of(line) == indent && trim(line).starts_with("}"); };
    while (close < lines.size() && !closes(lines[close])) ++close;
    if (close == lines.size()) return;
    shape.functions.push_back({static_cast<std::uint32_t>(open + 2), static_cast<std::uint32_t>(close), indent});
    i = close;
  }
}

std::string quoted_part(std::string_view line) {
  const std::size_t open = line.find('"');
  const std::size_t close = open == std::string_view::npos ? open : line.find('"', open + 1);
  return close == std::string_view::npos ? std::string() : std::string(line.substr(open + 1, close - open - 1));
}

void find_go_imports(const Lines& lines, SourceShape& shape) {
  bool inside = false;
  for (const std::string_view raw : lines) {
    const std::string_view line = trim(raw);
    if (inside && line.starts_with(")")) inside = false;
    const bool one = line.starts_with("import ") && !line.starts_with("import (");
    if (line.starts_with("import (")) inside = true;
    if (!inside && !one) continue;
    if (std::string path = quoted_part(line); !path.empty()) shape.imports.push_back(std::move(path));
  }
}

std::string_view comment_mark(SourceKind kind) {
  if (kind == SourceKind::python) return "#";
  return kind == SourceKind::other ? "" : "//";
}

// `//go:embed`, `// +build`, `//line`, `//export`; documentation of Rust holds tests; comments of scripts may steer
// bundlers and transformers, but only blocks do.
bool is_directive(SourceKind kind, std::string_view comment) {
  if (kind == SourceKind::go)
    return (comment.size() > 2 && comment[2] != ' ' && comment[2] != '\t') || comment.starts_with("// +build");
  return kind == SourceKind::rust && (comment.starts_with("///") || comment.starts_with("//!"));
}

}  // namespace

SourceKind source_kind(std::string_view path) {
  if (path.ends_with(".py")) return SourceKind::python;
  if (path.ends_with(".go")) return SourceKind::go;
  if (path.ends_with(".rs")) return SourceKind::rust;
  if (ends_with_one(path, {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"}))
    return SourceKind::script;
  return SourceKind::other;
}

std::size_t indent_of(std::string_view line) {
  std::size_t indent = 0;
  for (const char c : line) {
    if (c == '\t')
      indent = (indent / 8 + 1) * 8;
    else if (c == ' ')
      ++indent;
    else
      break;
  }
  return indent;
}

SourceShape shape_of(SourceKind kind, const Lines& lines) {
  SourceShape shape;
  if (kind == SourceKind::python) {
    shape = python_shape(lines);
  } else if (kind == SourceKind::go || kind == SourceKind::rust) {
    find_braced_functions(kind, lines, shape);
    if (kind == SourceKind::go) find_go_imports(lines, shape);
  }
  return shape;
}

bool is_idle(SourceKind kind, const SourceShape& shape, const Lines& lines, std::size_t index) {
  if (index < shape.in_text.size() && shape.in_text[index]) return false;
  const std::string_view line = trim(lines[index]);
  // A text between backquotes, or any text of Rust, may span lines: only of Python is known where it ends.
  const auto quoted = [](std::string_view each) { return each.find('`') != std::string_view::npos; };
  if (kind == SourceKind::go || kind == SourceKind::script) {
    if (std::any_of(lines.begin(), lines.end(), quoted)) return false;
  } else if (kind != SourceKind::python && kind != SourceKind::rust) {
    return false;
  }
  if (line.empty()) return true;
  return line.starts_with(comment_mark(kind)) && !is_directive(kind, line);
}

}  // namespace rh::engine
