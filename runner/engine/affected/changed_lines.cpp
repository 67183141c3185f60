#include "runner/engine/affected/changed_lines.h"

#include <algorithm>

#include "runner/base/text.h"
#include "runner/engine/affected/line_diff.h"
#include "runner/engine/affected/python_shape.h"
#include "runner/engine/affected/reached_lines.h"

namespace rh::engine {
namespace {

using model::LineRange;
using Lines = std::vector<std::string_view>;

struct Side {
  Lines lines;
  SourceShape shape;
};

Side side_of(SourceKind kind, std::string_view text) {
  Side side;
  side.lines = split_lines(text);
  side.shape = shape_of(kind, side.lines);
  return side;
}

// The lines of one side of a change that mean something.
struct Part {
  Lines lines;
  std::size_t indent = SIZE_MAX;  // the least
};

Part part_of(SourceKind kind, const Side& side, std::uint32_t start, std::uint32_t count) {
  Part part;
  for (std::size_t i = start - 1; i < start - 1 + count && i < side.lines.size(); ++i) {
    if (is_idle(kind, side.shape, side.lines, i)) continue;
    part.lines.push_back(side.lines[i]);
    const bool counts = !trim(side.lines[i]).empty() && !(i < side.shape.in_text.size() && side.shape.in_text[i]);
    if (counts) part.indent = std::min(part.indent, indent_of(side.lines[i]));
  }
  return part;
}

// Braces, labels, cases and patterns decide what runs besides the line that they stand in.
bool shapes_blocks(std::string_view raw) {
  const std::string_view line = trim(raw);
  if (line.find_first_of("{}`") != std::string_view::npos || line.find("=>") != std::string_view::npos) return true;
  if (line.ends_with(':') || line.starts_with("#")) return true;
  for (const std::string_view word : {"case ", "default", "else", "func ", "fn ", "function", "class "})
    if (line.starts_with(word)) return true;
  return false;
}

class Reach {
 public:
  Reach(SourceKind kind, const model::ReachedFile& file, std::string_view measured, std::string_view other)
      : kind_(kind), measured_(side_of(kind, measured)), other_(side_of(kind, other)) {
    for (const model::ReachedLines& reached : file.tests)
      reached_.insert(reached_.end(), reached.lines.begin(), reached.lines.end());
    normalize(reached_);
  }

  ChangeReach run() {
    for (const LineChange& change : diff_lines(measured_.lines, other_.lines)) add(change);
    normalize(result_.lines);
    return std::move(result_);
  }

 private:
  void add(const LineChange& change) {
    const Part before = part_of(kind_, measured_, change.old_start, change.old_count);
    const Part after = part_of(kind_, other_, change.new_start, change.new_count);
    if (before.lines.empty() && after.lines.empty()) return;  // blank lines and comments
    if (concerns_its_lines_only(change, before, after)) {
      result_.lines.push_back({change.old_start, change.old_start + change.old_count - 1});
      return;
    }
    if (const FunctionBody* body = body_around(change, before, after)) {
      result_.lines.push_back({body->first, std::max(body->first, body->last)});
      return;
    }
    if (kind_ == SourceKind::rust && adds_only_tests(change, before)) return;
    result_.loaders = true;
  }

  // A statement in the place of another one runs when that one did.
  [[nodiscard]] bool concerns_its_lines_only(const LineChange& change, const Part& before, const Part& after) const {
    if (before.lines.empty() || kind_ == SourceKind::other) return false;
    for (std::uint32_t line = change.old_start; line < change.old_start + change.old_count; ++line)
      if (!is_idle(kind_, measured_.shape, measured_.lines, line - 1) && !is_reached(line)) return false;
    if (kind_ == SourceKind::python) {
      if (body_at(change.old_start, change.old_count) == nullptr) return false;  // runs at import
      return after.indent >= before.indent && python_bindings(before.lines) == python_bindings(after.lines);
    }
    if (kind_ != SourceKind::script && body_at(change.old_start, change.old_count) == nullptr) return false;
    return std::none_of(before.lines.begin(), before.lines.end(), shapes_blocks) &&
           std::none_of(after.lines.begin(), after.lines.end(), shapes_blocks);
  }

  [[nodiscard]] bool is_reached(std::uint32_t line) const {
    const auto next = std::upper_bound(reached_.begin(), reached_.end(), line,
                                       [](std::uint32_t value, const LineRange& range) { return value < range.first; });
    return next != reached_.begin() && std::prev(next)->last >= line;
  }

  [[nodiscard]] const FunctionBody* body_at(std::uint32_t start, std::uint32_t count) const {
    for (const FunctionBody& body : measured_.shape.functions) {
      const bool holds = count == 0 ? start >= body.first && start <= body.last + 1
                                    : start >= body.first && start + count - 1 <= body.last;
      if (holds) return &body;
    }
    return nullptr;
  }

  // All of the change lies inside of one function, and does not end it.
  [[nodiscard]] const FunctionBody* body_around(const LineChange& change, const Part& before, const Part& after) const {
    const FunctionBody* body = body_at(change.old_start, change.old_count);
    if (body == nullptr || before.indent <= body->indent || after.indent <= body->indent) return nullptr;
    return body;
  }

  // New functions under #[test] concern no other test.
  [[nodiscard]] bool adds_only_tests(const LineChange& change, const Part& before) const {
    if (!before.lines.empty()) return false;
    std::size_t tests = 0, functions = 0;
    for (std::uint32_t line = change.new_start; line < change.new_start + change.new_count; ++line) {
      const std::string_view text = trim(other_.lines[line - 1]);
      if (is_idle(kind_, other_.shape, other_.lines, line - 1)) continue;
      const bool inside =
          std::any_of(other_.shape.functions.begin(), other_.shape.functions.end(),
                      [&](const FunctionBody& body) { return line >= body.first && line <= body.last; });
      if (inside || text == "}") continue;
      if (text.starts_with("#[")) {
        tests += text.ends_with("test]") || text.find("test(") != std::string_view::npos ? 1 : 0;
      } else if (text.find("fn ") != std::string_view::npos && text.ends_with("{")) {
        ++functions;
      } else {
        return false;
      }
    }
    return functions > 0 && functions == tests;
  }

  SourceKind kind_;
  Side measured_, other_;
  std::vector<LineRange> reached_;
  ChangeReach result_;
};

}  // namespace

ChangeReach reach_of_change(SourceKind kind, const model::ReachedFile& file, std::string_view measured,
                            std::string_view other) {
  return Reach(kind, file, measured, other).run();
}

}  // namespace rh::engine
