// What would make Python code faster, as far as its shape tells.
#include <fmt/core.h>

#include "runner/agent/validate/python.h"
#include "runner/base/text.h"

namespace rh::agent {

void PythonAnalyzer::look_for_hints(Node node) {
  if (!judging()) return;
  switch (kind_of(node)) {
    case kind("augmented_assignment"): {
      if (!in_loop() || text(child(node, field("operator"))) != "+=") return;
      const Kind added = kind_of(child(node, field("right")));
      const Values before = evaluate(child(node, field("left")));
      const bool text_before = !before.items.empty() && before.items.front().kind == Value::Kind::text;
      if (added == kind("string") || added == kind("concatenated_string") || text_before)
        hint(node, "python.hint.string_append",
             "a text that grows by += in a loop is copied each time: collect the parts in a list and join them");
      return;
    }
    case kind("comparison_operator"): {
      const std::string_view sign = text(child(node, field("operators")));
      const auto parts = tree_.children(node);
      if (!in_loop() || (sign != "in" && sign != "not in") || parts.size() < 2) return;
      const Node right = parts.back();
      const Values value = kind_of(right) == kind("identifier") ? evaluate(right) : Values();
      const bool list =
          kind_of(right) == kind("list") || (value.items.size() == 1 && value.items.front().kind == Value::Kind::list);
      if (list)
        hint(node, "python.hint.list_membership",
             fmt::format("'{}' searches a list in every round of the loop: make it a set", sign));
      return;
    }
    case kind("for_statement"): {
      const std::string_view range = text(child(node, field("right")));
      if (range.starts_with("range(len("))
        hint(node, "python.hint.range_len", "range(len(...)): iterate over the values, or enumerate() them");
      return;
    }
    case kind("call"): {
      const Node callee = child(node, field("function"));
      const std::string_view method = last_part(text(callee), ".");
      if (method == "iterrows" || method == "itertuples") {
        hint(node, "python.hint.iterrows",
             fmt::format("{}() goes through a table row by row: use column operations", method));
      } else if (in_loop()) {
        const Values value = evaluate(callee);
        if (value.has_name("re.compile"))
          hint(node, "python.hint.regex_compile", "re.compile in a loop: compile the pattern once, before it");
        else if (method == "append" && kind_of(child(callee, field("object"))) == kind("attribute") &&
                 text(callee).find("DataFrame") != std::string_view::npos)
          hint(node, "python.hint.frame_append",
               "a table that grows in a loop is copied each time: collect and concat once");
        else if (value.has_name("pandas.concat"))
          hint(node, "python.hint.frame_append",
               "pandas.concat in a loop copies the table each time: collect, then concat once");
        else if (method == "execute" &&
                 lower_case(text(child(node, field("arguments"))).substr(0, 16)).find("select") != std::string::npos)
          hint(node, "python.hint.query_in_loop", "a query in every round of a loop: ask once with IN or a join");
        else if (method == "sort" || value.has_name("builtins.sorted"))
          hint(node, "python.hint.sort_in_loop", "sorting in every round of a loop: sort once, or use heapq or bisect");
        else if (method == "pop" && text(child(node, field("arguments"))) == "(0)")
          hint(node, "python.hint.pop_front", "pop(0) moves every other element: use collections.deque");
      }
      return;
    }
    default:
      return;
  }
}

}  // namespace rh::agent
