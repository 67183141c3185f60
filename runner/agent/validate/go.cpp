#include "runner/agent/validate/go.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/go_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

std::string shown_as(const std::string& name, std::string_view written) {
  std::string usual = name;
  for (std::size_t at = usual.find("()."); at != std::string::npos; at = usual.find("().")) usual.erase(at, 2);
  const std::string_view last = std::string_view(usual).substr(usual.rfind('/') + 1);
  if (written == usual || written == last || written.size() > 60 || written.find('\n') != std::string_view::npos)
    return usual;
  return fmt::format("{} (written {})", usual, written);
}

}  // namespace

bool GoAnalyzer::is_branch(Kind one) const {
  return one == kind("if_statement") || one == kind("expression_switch_statement") ||
         one == kind("type_switch_statement") || one == kind("select_statement") || is_loop(one);
}

bool GoAnalyzer::is_loop(Kind one) const { return one == kind("for_statement"); }

bool GoAnalyzer::enter(Node node) {
  switch (kind_of(node)) {
    case kind("comment"):
      judge_pragma(node);
      return false;
    case kind("import_spec"):
      import_package(node);
      return false;
    case kind("function_declaration"):
    case kind("method_declaration"):
    case kind("func_literal"):
      declare_function(node);
      return true;
    case kind("block"):
      push_scope(node, false);
      return true;
    case kind("call_expression"):
      judge_call(node);
      return true;
    case kind("composite_literal"):
      for (const Value& value : evaluate(node).items)
        if (value.kind == Value::Kind::name && value.text.ends_with("()"))
          if (const RuleRow* row = go_rules().exact(std::string_view(value.text).substr(0, value.text.size() - 2)))
            report(node, *row, shown_as(value.text.substr(0, value.text.size() - 2), text(child(node, field("type")))));
      return true;
    case kind("selector_expression"):
    case kind("identifier"):
      if (is_read(node)) judge_reference(node);
      return true;
    case kind("range_clause"): {
      const Values source = evaluate(child(node, field("right")));
      Values element;
      for (const Value& value : source.items)
        if (value.kind == Value::Kind::list)
          for (const auto& [name, one] : *value.elements) element.add(one);
      if (element.items.empty()) element.other = true;
      for (const Node target : tree_.children(child(node, field("left")))) bind_one(target, element);
      return true;
    }
    default:
      return true;
  }
}

void GoAnalyzer::leave(Node node) {
  switch (kind_of(node)) {
    case kind("short_var_declaration"):
    case kind("assignment_statement"):
      return bind_list(child(node, field("left")), child(node, field("right")));
    case kind("var_spec"):
    case kind("const_spec"): {
      const Node value = child(node, field("value")), type = child(node, field("type"));
      std::size_t place = 0;
      const auto values = value == kNoNode ? std::vector<Node>() : tree_.children(value);
      for (const Node part : Children(tree_, node)) {
        if (tree_.field(part) != field("name")) continue;
        Values given = place < values.size() ? evaluate(values[place]) : unknown_value();
        if (type != kNoNode) given.add(type_value(type));
        bind_one(part, given);
        ++place;
      }
      return;
    }
    case kind("return_statement"):
      for (auto at = scopes().rbegin(); at != scopes().rend(); ++at) {
        if (!(*at)->function) continue;
        const Node list = tree_.first_child(node);
        const auto values = list == kNoNode ? std::vector<Node>() : tree_.children(list);
        function((*at)->node).returns.add(values.empty() ? unknown_value() : evaluate(values.front()));
        break;
      }
      return;
    default:
      return;
  }
}

void GoAnalyzer::import_package(Node node) {
  const Values written = evaluate(child(node, field("path")));
  const std::string* path = written.only_text();
  if (path == nullptr) return;
  const std::string first(path->substr(0, path->find('/')));
  import_module(node, *path, first.find('.') == std::string::npos);
  if (*path == "C")
    report(node, RuleClass::native_code, "cgo", fmt::format("import \"C\": {}", effect_of(RuleClass::native_code)));
  const Node name = child(node, field("name"));
  if (name != kNoNode && text(name) == ".")
    outermost().wildcards.push_back(*path);
  else
    bind_in(outermost(), name == kNoNode ? std::string_view(go_package_name(*path)) : text(name), name_value(*path));
}

void GoAnalyzer::declare_function(Node node) {
  if (kind_of(node) == kind("function_declaration")) bind(text(child(node, field("name"))), function_value(node));
  push_scope(node, true);
  Function& known = function(node);
  known.parameters.clear();
  for (const auto list : {field("receiver"), field("parameters")}) {
    const Node parameters = child(node, list);
    if (parameters == kNoNode) continue;
    for (const Node part : tree_.children(parameters)) {
      const Values type = type_value(child(part, field("type")));
      for (const Node name : Children(tree_, part)) {
        if (tree_.field(name) != field("name")) continue;
        Values values = type;
        values.other = true;
        if (list == field("parameters")) {
          known.parameters.emplace_back(text(name));
          known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
          values.add(known.arguments[known.parameters.size() - 1]);
        }
        bind(text(name), values);
      }
    }
  }
}

// p, err := os.FindProcess(1): the first name has what is interesting.
void GoAnalyzer::bind_list(Node left, Node right) {
  const auto targets = tree_.children(left), values = tree_.children(right);
  for (std::size_t i = 0; i < targets.size(); ++i)
    bind_one(targets[i], i < values.size() ? evaluate(values[i]) : unknown_value());
}

void GoAnalyzer::bind_one(Node target, const Values& values) {
  if (kind_of(target) == kind("selector_expression"))
    field_values(text(child(target, field("field")))).add(values);
  else if (kind_of(target) == kind("identifier"))
    bind(text(target), values);
}

void GoAnalyzer::judge_call(Node node) {
  const Node callee = child(node, field("function"));
  judged_.insert(callee);
  const auto arguments = arguments_of(node);
  for (const Value& value : evaluate(callee).items) {
    if (value.kind != Value::Kind::name) continue;
    const std::string_view last = last_part(value.text);
    check_policy(node, value.text, last);
    if (value.text == "os.OpenFile") {
      judge_open_file(node, arguments);
    } else if ((value.text == "os.Setenv" || value.text == "syscall.Setenv") && !arguments.empty()) {
      judge_environment(node, evaluate(arguments.front()));
    } else if (const RuleRow* row = go_rules().of_call(value.text, value.annotated)) {
      report(node, *row, shown_as(value.text, text(callee)));
    }
  }
  if (!judging()) evaluate_call(node);
  const std::string_view method = text(child(callee, field("field")));
  if ((method == "Exec" || method == "ExecContext" || method == "MustExec") && !arguments.empty())
    for (const Node argument : arguments)
      for (const Value& value : evaluate(argument).items)
        if (value.kind == Value::Kind::text && changes_database(value.text))
          report(node, RuleClass::database_write, method, fmt::format(".{} with SQL that changes a database", method));
}

void GoAnalyzer::judge_open_file(Node node, const std::vector<Node>& arguments) {
  const std::string_view flags = arguments.size() > 1 ? text(arguments[1]) : std::string_view();
  const bool reads = flags.find("O_RDONLY") != std::string_view::npos || flags == "0";
  const bool writes =
      flags.find("O_WRONLY") != std::string_view::npos || flags.find("O_RDWR") != std::string_view::npos ||
      flags.find("O_CREATE") != std::string_view::npos || flags.find("O_APPEND") != std::string_view::npos ||
      flags.find("O_TRUNC") != std::string_view::npos;
  if (writes || !reads)
    report(node, RuleClass::file_write, "os.OpenFile",
           writes ? "os.OpenFile: opens a file for writing"
                  : "os.OpenFile: opens a file in a mode that is not known here");
}

// What the loader obeys in whatever is started afterwards.
void GoAnalyzer::judge_environment(Node node, const Values& name) {
  for (const Value& value : name.items)
    if (value.kind == Value::Kind::text && (value.text.starts_with("LD_") || value.text.starts_with("DYLD_")))
      report(node, RuleClass::native_code, "os.Setenv",
             fmt::format("os.Setenv of {}: changes what other programs load", value.text));
}

void GoAnalyzer::judge_reference(Node node) {
  if (!judging() || judged_.contains(node)) return;
  for (const Value& value : evaluate(node).items)
    if (value.kind == Value::Kind::name)
      if (const RuleRow* row = go_rules().exact(value.text)) report(node, *row, shown_as(value.text, text(node)));
}

void GoAnalyzer::judge_pragma(Node node) {
  const std::string_view comment = text(node);
  if (comment.starts_with("//go:linkname ") || comment.starts_with("//go:cgo_"))
    report(node, RuleClass::native_code, "linkname",
           fmt::format("{}: {}", comment.substr(0, comment.find(' ')), effect_of(RuleClass::native_code)));
}

bool GoAnalyzer::is_read(Node node) const {
  const Node parent = tree_.parent(node);
  const auto role = tree_.field(node);
  switch (tree_.kind(parent)) {
    case kind("selector_expression"):
    case kind("package_clause"):
    case kind("parameter_declaration"):
    case kind("labeled_statement"):
    case kind("keyed_element"):
    case kind("qualified_type"):
      return false;
    case kind("function_declaration"):
    case kind("var_spec"):
    case kind("const_spec"):
      return role == field("value");
    case kind("expression_list"):
      return tree_.field(parent) != field("left");
    default:
      return true;
  }
}

void analyze_go(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  GoAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
}

}  // namespace rh::agent
