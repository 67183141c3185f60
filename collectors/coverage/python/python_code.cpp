#include "collectors/coverage/python/python_code.h"

#include <algorithm>

#include "collectors/coverage/python/python_exclusion.h"

namespace rh::collectors {
namespace {

bool is_definition(const PyNode& node) { return node.kind == PyKind::def || node.kind == PyKind::class_; }

// The only end of lines behind this is '\n'.
std::string with_newlines(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool lone = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (text[i] != '\r' || lone) plain += lone ? '\n' : text[i];
  }
  return plain;
}

class Builder {
 public:
  Builder(std::string_view text, const PyTree& tree) : text_(text), tree_(tree) {}

  PyCode build(bool with_arcs) {
    const auto lines = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n')) + 1;
    code_.first_line.resize(lines + 1);
    for (std::size_t line = 0; line <= lines; ++line) code_.first_line[line] = static_cast<std::uint32_t>(line);
    for (const PyLineShape& shape : tree_.lines)
      for (std::uint32_t line = shape.first_line; line <= shape.last_line; ++line)
        code_.first_line[line] = shape.first_line;
    code_.statements = code_.compiled = code_.excluded = code_.no_branch = code_.bare_annotations = PyLineSet(lines);
    find_compiled();
    exclude_marked();
    exclude_suites();
    exclude_definitions();
    exclude_last_cases();
    find_statements();
    for (const std::uint32_t line : lines_marked_no_branch(text_)) code_.no_branch.insert(code_.first_line[line]);
    if (with_arcs) find_arcs(tree_, code_);
    list_functions(tree_.nodes[0].body, "");
    return std::move(code_);
  }

 private:
  void find_compiled() {
    const std::vector<bool> kept = reachable_nodes(tree_);
    for (PyIndex index = 1; index < tree_.nodes.size(); ++index) {
      if (!kept[index]) continue;
      const PyNode& node = tree_.nodes[index];
      code_.compiled.insert(is_definition(node) ? node.main_line : node.line);
    }
  }

  void exclude_marked() {
    for (const std::uint32_t line : lines_marked_no_cover(text_)) code_.excluded.insert(code_.first_line[line]);
  }

  // A mark on a line with ':' goes for the block behind it.
  void exclude_suites() {
    bool excluding = false;
    std::uint32_t depth = 0;
    for (const PyLineShape& shape : tree_.lines) {
      if (excluding && shape.depth <= depth) excluding = false;
      if (excluding) code_.excluded.insert(code_.first_line[shape.first_token_end]);
      for (const std::uint32_t colon : shape.colons) {
        if (excluding || !code_.excluded.contains_any(shape.first_line, colon)) continue;
        code_.excluded.insert(shape.first_line);
        depth = shape.depth;
        excluding = true;
      }
    }
  }

  // From decorators and signatures to the whole.
  void exclude_definitions() {
    for (const PyNode& node : tree_.nodes)
      if (is_definition(node) && node.line > 0 && code_.excluded.contains_any(node.line, node.main_line))
        code_.excluded.insert(node.line, node.end_line);
  }

  // `case _:` is an else: it goes with its block.
  void exclude_last_cases() {
    for (const PyNode& node : tree_.nodes) {
      if (node.kind != PyKind::case_ || !node.irrefutable || node.body == kNoNode) continue;
      bool any = false, all = true;
      for (std::uint32_t line = tree_.nodes[node.body].line; line <= node.end_line; ++line) {
        if (!code_.compiled.contains(line)) continue;
        any = true;
        all = all && code_.excluded.contains(line);
      }
      if (any && all) code_.excluded.insert(node.line, node.main_line);
    }
  }

  void find_statements() {
    PyLineSet texts(code_.excluded.size());
    for (PyIndex index = 0; index < tree_.nodes.size(); ++index) {
      const PyNode& node = tree_.nodes[index];
      const bool has_docstring = is_definition(node) && node.body != kNoNode && tree_.nodes[node.body].is_text;
      if (has_docstring) texts.insert(tree_.nodes[node.body].text_line, tree_.nodes[node.body].main_line);
    }
    for (std::uint32_t line = 1; line < code_.compiled.size(); ++line)
      if (code_.compiled.contains(line) && !code_.excluded.contains(line) && !texts.contains(line))
        code_.statements.insert(line);
    note_annotations(tree_.nodes[0].body);
    for (const PyNode& node : tree_.nodes)
      if (node.kind == PyKind::class_ && node.line > 0) note_annotations(node.body);
  }

  void note_annotations(PyIndex first) {
    for (PyIndex index = first; index != kNoNode; index = tree_.nodes[index].next)
      if (tree_.nodes[index].is_bare_annotation) code_.bare_annotations.insert(tree_.nodes[index].line);
  }

  // Functions by name, with those in classes and functions.
  void list_functions(PyIndex first, const std::string& prefix) {
    for (PyIndex index = first; index != kNoNode; index = tree_.nodes[index].next) {
      const PyNode& node = tree_.nodes[index];
      std::string name = prefix;
      if (is_definition(node)) {
        name = prefix.empty() ? std::string(node.name) : prefix + "." + std::string(node.name);
        const std::uint32_t begin = node.body == kNoNode ? node.main_line : tree_.nodes[node.body].line;
        if (node.kind == PyKind::def) code_.functions.push_back({name, node.main_line, begin, node.end_line});
      }
      for (const PyIndex block : {node.body, node.other, node.final}) list_functions(block, name);
      if (!is_definition(node))
        for (PyIndex part = node.parts; part != kNoNode; part = tree_.nodes[part].next)
          list_functions(tree_.nodes[part].body, name);
    }
  }

  std::string_view text_;
  const PyTree& tree_;
  PyCode code_;
};

}  // namespace

bool PyLineSet::contains_any(std::uint32_t first, std::uint32_t last) const {
  for (std::size_t line = first; line <= last && line < bits_.size(); ++line)
    if (bits_[line]) return true;
  return false;
}

std::int64_t PyCode::statement_of(std::int64_t line) const {
  const auto magnitude = static_cast<std::uint64_t>(line < 0 ? -line : line);
  if (magnitude >= first_line.size()) return line;
  const std::int64_t first = first_line[magnitude];
  return line < 0 ? -first : first;
}

std::vector<PyArc> PyCode::translated(std::vector<PyArc> measured) const {
  std::vector<PyArc> moved;
  moved.reserve(measured.size());
  for (PyArc arc : measured) {
    const auto fix = std::lower_bound(with_fixes.begin(), with_fixes.end(), arc,
                                      [](const auto& entry, const PyArc& wanted) { return entry.first < wanted; });
    if (fix != with_fixes.end() && fix->first == arc) {
      if (fix->second == PyArc{0, 0}) continue;
      arc = fix->second;
    }
    moved.emplace_back(statement_of(arc.first), statement_of(arc.second));
  }
  std::sort(moved.begin(), moved.end());
  moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
  return moved;
}

PyCode analyse_python(std::string_view text, bool with_arcs) {
  std::string plain;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.find('\r') != std::string_view::npos) text = plain = with_newlines(text);
  const PyTree tree = parse_python(text);
  if (!tree.problem.empty()) {
    PyCode nothing;
    nothing.problem = tree.problem;
    nothing.problem_line = tree.problem_line;
    return nothing;
  }
  return Builder(text, tree).build(with_arcs);
}

}  // namespace rh::collectors
