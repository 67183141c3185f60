#include "runner/agent/validate/javascript.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool is_function(Kind one) {
  return one == kind("function_declaration") || one == kind("function_expression") || one == kind("arrow_function") ||
         one == kind("method_definition") || one == kind("generator_function") ||
         one == kind("generator_function_declaration");
}

}  // namespace

bool JavaScriptAnalyzer::is_branch(Kind one) const {
  return one == kind("if_statement") || one == kind("switch_statement") || one == kind("try_statement") || is_loop(one);
}

bool JavaScriptAnalyzer::is_loop(Kind one) const {
  return one == kind("for_statement") || one == kind("for_in_statement") || one == kind("while_statement") ||
         one == kind("do_statement");
}

bool JavaScriptAnalyzer::enter(Node node) {
  const Kind one = kind_of(node);
  if (is_function(one)) {
    declare_function(node);
    return true;
  }
  switch (one) {
    case kind("comment"):
    case kind("regex"):
      return false;
    case kind("import_statement"):
      declare_import(node);
      return false;
    case kind("call_expression"):
    case kind("new_expression"):
      judge_call(node);
      return true;
    case kind("identifier"):
    case kind("member_expression"):
    case kind("subscript_expression"):
    case kind("shorthand_property_identifier"):
      if (is_read(node)) judge_reference(node);
      return true;
    default:
      enter_declaration(node);
      return true;
  }
}

void JavaScriptAnalyzer::enter_declaration(Node node) {
  switch (kind_of(node)) {
    case kind("statement_block"):
    case kind("for_statement"):
      if (!is_function(kind_of(tree_.parent(node)))) push_scope(node, false);
      return;
    case kind("for_in_statement"): {
      push_scope(node, false);
      const Values source = evaluate(child(node, field("right")));
      Values element;
      for (const Value& value : source.items)
        if (value.kind == Value::Kind::list)
          for (const auto& [name, one] : *value.elements) element.add(one);
      if (element.items.empty()) element.other = true;
      return bind_pattern(child(node, field("left")), element);
    }
    case kind("class_declaration"):
      return bind(text(child(node, field("name"))), [&] {
        // class X extends EventEmitter: what its parent can, it can.
        Values made = unknown_value();
        if (const Node heritage = tree_.child_of_kind(node, kind("class_heritage")); heritage != kNoNode) {
          judged_.insert(tree_.first_child(heritage));
          made.add(evaluate(tree_.first_child(heritage)));
        }
        return made;
      }());
    case kind("with_statement"):
      return report(node, RuleClass::module_trick, "with",
                    "with (...): what the names in it stand for is not known here");
    case kind("catch_clause"):
      push_scope(node, false);
      return bind_pattern(child(node, field("parameter")), unknown_value());
    case kind("pair"):
      if (const Values value = evaluate(child(node, field("value"))); !value.items.empty())
        field_values(text(child(node, field("key")))).add(value);
      return;
    default:
      return;
  }
}

void JavaScriptAnalyzer::declare_function(Node node) {
  const Kind one = kind_of(node);
  const std::string_view name = text(child(node, field("name")));
  if (one == kind("method_definition")) {
    methods_.emplace(name);
    field_values(name).add(function_value(node));
  } else if (one == kind("function_declaration") || one == kind("generator_function_declaration")) {
    bind(name, function_value(node));
  }
  push_scope(node, true);
  Function& known = function(node);
  known.parameters.clear();
  Node list = child(node, field("parameters"));
  if (list == kNoNode) list = child(node, field("parameter"));
  const auto parameters = kind_of(list) == kind("identifier") ? std::vector<Node>{list} : tree_.children(list);
  known.arguments.resize(std::max(known.arguments.size(), parameters.size()));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    known.parameters.emplace_back(text(parameters[i]));
    Values values = unknown_value();
    values.add(known.arguments[i]);
    bind_pattern(parameters[i], values);
  }
}

void JavaScriptAnalyzer::declare_import(Node node) {
  const Values source = evaluate(child(node, field("source")));
  const std::string* written = source.only_text();
  if (written == nullptr) return;
  const std::string module = javascript_module(*written);
  if (!written->starts_with('.') && !written->starts_with('/')) import_module(node, module, is_node_module(module));
  const Node clause = tree_.child_of_kind(node, kind("import_clause"));
  for (const Node part : tree_.children(clause)) {
    if (kind_of(part) == kind("identifier")) {
      bind(text(part), name_value(module));
    } else if (kind_of(part) == kind("namespace_import")) {
      bind(text(tree_.first_child(part)), name_value(module));
    } else if (kind_of(part) == kind("named_imports")) {
      for (const Node one : tree_.children(part)) {
        const std::string_view name = text(child(one, field("name")));
        const Node alias = child(one, field("alias"));
        bind(alias == kNoNode ? name : text(alias), member_of(name_value(module), text_value(std::string(name))));
      }
    }
  }
}

JavaScriptAnalyzer::Scope& JavaScriptAnalyzer::function_scope() {
  for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
    if ((*at)->function) return **at;
  return outermost();
}

void JavaScriptAnalyzer::bind_pattern(Node pattern, const Values& values) {
  switch (kind_of(pattern)) {
    case kind("identifier"):
    case kind("shorthand_property_identifier_pattern"):
      return bind(text(pattern), values);
    case kind("assignment_pattern"):
    case kind("object_assignment_pattern"): {
      Values all = values;
      all.add(evaluate(child(pattern, field("right"))));
      return bind_pattern(child(pattern, field("left")), all);
    }
    case kind("object_pattern"):
      for (const Node part : tree_.children(pattern)) {
        const Kind one = kind_of(part);
        if (one == kind("pair_pattern")) {
          const Node key = child(part, field("key"));
          const Values name = kind_of(key) == kind("computed_property_name") ? evaluate(tree_.first_child(key))
                              : kind_of(key) == kind("string")               ? evaluate(key)
                                                                             : text_value(std::string(text(key)));
          bind_pattern(child(part, field("value")), member_of(values, name));
        } else if (one == kind("rest_pattern")) {
          bind_pattern(tree_.first_child(part), values);
        } else {
          const Node name = one == kind("object_assignment_pattern") ? child(part, field("left")) : part;
          bind_pattern(part, member_of(values, text_value(std::string(text(name)))));
        }
      }
      return;
    case kind("array_pattern"): {
      std::int64_t place = 0;
      for (const Node part : tree_.children(pattern)) bind_pattern(part, member_of(values, number_value(place++)));
      return;
    }
    case kind("rest_pattern"):
      return bind_pattern(tree_.first_child(pattern), unknown_value());
    case kind("member_expression"):
      judge_environment(pattern, text(child(pattern, field("property"))));
      field_values(text(child(pattern, field("property")))).add(values);
      return;
    case kind("subscript_expression"):
      if (const Values key = evaluate(child(pattern, field("index"))); key.only_text() != nullptr)
        judge_environment(pattern, *key.only_text());
      return;
    default:
      return;
  }
}

// process.env.NODE_OPTIONS = ...: what the loaders obey in whatever is started afterwards.
void JavaScriptAnalyzer::judge_environment(Node place, std::string_view name) {
  if (!name.starts_with("LD_") && !name.starts_with("DYLD_") && name != "NODE_OPTIONS") return;
  if (!evaluate(child(place, field("object"))).has_name("process.env")) return;
  report(place, RuleClass::native_code, "process.env",
         std::string(name) + " in process.env: changes what other programs load or run");
}

void JavaScriptAnalyzer::leave(Node node) {
  switch (kind_of(node)) {
    case kind("variable_declarator"): {
      const Node name = child(node, field("name")), value = child(node, field("value"));
      const bool hoisted =
          kind_of(tree_.parent(node)) == kind("variable_declaration") && kind_of(name) == kind("identifier");
      const Values values = value == kNoNode ? unknown_value() : evaluate(value);
      if (kind_of(tree_.parent(tree_.parent(node))) == kind("for_in_statement")) return;
      return hoisted ? bind_in(function_scope(), text(name), values) : bind_pattern(name, values);
    }
    case kind("assignment_expression"):
    case kind("augmented_assignment_expression"):
      return leave_assignment(node);
    case kind("field_definition"):
      if (const Node value = child(node, field("value")); value != kNoNode)
        field_values(text(child(node, field("property")))).add(evaluate(value));
      return;
    case kind("return_statement"): {
      const Node value = tree_.first_child(node);
      function(function_scope().node).returns.add(value == kNoNode ? unknown_value() : evaluate(value));
      return;
    }
    case kind("arrow_function"):
      if (const Node body = child(node, field("body")); kind_of(body) != kind("statement_block"))
        function(node).returns.add(evaluate(body));
      return;
    default:
      return;
  }
}

void JavaScriptAnalyzer::leave_assignment(Node node) {
  const Node left = child(node, field("left"));
  Values values = evaluate(child(node, field("right")));
  if (kind_of(node) == kind("augmented_assignment_expression"))
    values = text(child(node, field("operator"))) == "+=" ? concatenated(evaluate(left), values) : unknown_value();
  if (kind_of(left) != kind("identifier")) return bind_pattern(left, values);
  const std::string name(text(left));
  for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
    if ((*at)->names.contains(name)) return bind_in(**at, name, values);
  bind_in(outermost(), name, values);
}

bool JavaScriptAnalyzer::is_read(Node node) const {
  const Node parent = tree_.parent(node);
  const auto role = tree_.field(node);
  switch (tree_.kind(parent)) {
    case kind("member_expression"):
      return false;
    case kind("subscript_expression"):
      return role == field("index");
    case kind("variable_declarator"):
    case kind("pair"):
    case kind("assignment_pattern"):
    case kind("field_definition"):
      return role == field("value") || role == field("right");
    case kind("assignment_expression"):
    case kind("augmented_assignment_expression"):
    case kind("for_in_statement"):
      return role == field("right");
    case kind("formal_parameters"):
    case kind("array_pattern"):
    case kind("object_pattern"):
    case kind("rest_pattern"):
    case kind("catch_clause"):
    case kind("class_declaration"):
    case kind("class"):
    case kind("class_heritage"):
    case kind("unary_expression"):  // typeof fetch
    case kind("export_specifier"):
    case kind("labeled_statement"):
      return false;
    case kind("binary_expression"):
      return text(child(parent, field("operator"))) == "||" || text(child(parent, field("operator"))) == "&&" ||
             text(child(parent, field("operator"))) == "??";
    default:
      return !is_function(tree_.kind(parent)) || role == field("body");
  }
}

void analyze_javascript(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  JavaScriptAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
}

}  // namespace rh::agent
