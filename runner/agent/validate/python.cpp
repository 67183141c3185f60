#include "runner/agent/validate/python.h"

#include <algorithm>

#include "runner/agent/validate/python_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr bool is_any_of(Kind kind, std::initializer_list<Kind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool is_comprehension(Kind one) {
  return is_any_of(one, {kind("list_comprehension"), kind("set_comprehension"), kind("dictionary_comprehension"),
                         kind("generator_expression")});
}

}  // namespace

bool PythonAnalyzer::is_branch(Kind one) const {
  return is_any_of(one, {kind("if_statement"), kind("for_statement"), kind("while_statement"), kind("try_statement"),
                         kind("match_statement"), kind("conditional_expression")});
}

bool PythonAnalyzer::is_loop(Kind one) const {
  return is_any_of(one, {kind("for_statement"), kind("while_statement")}) || is_comprehension(one);
}

bool PythonAnalyzer::enter(Node node) {
  const Kind one = kind_of(node);
  look_for_hints(node);
  switch (one) {
    case kind("comment"):
    case kind("type"):
      return false;
    case kind("import_statement"):
      import_names(node);
      return false;
    case kind("import_from_statement"):
      import_from(node);
      return false;
    case kind("future_import_statement"):
      return false;
    case kind("call"):
      judge_call(node);
      return true;
    case kind("identifier"):
    case kind("attribute"):
    case kind("subscript"):
      if (one == kind("identifier")) judge_letters(node);
      if (is_loaded(node)) judge_reference(node);
      if (one == kind("attribute")) judge_inside(node);
      return true;
    default:
      enter_binding(node);
      return true;
  }
}

void PythonAnalyzer::enter_binding(Node node) {
  switch (kind_of(node)) {
    case kind("function_definition"):
    case kind("lambda"):
      return define_function(node);
    case kind("class_definition"):
      return define_class(node);
    case kind("for_statement"):
      return bind_target(child(node, field("left")), elements_of(evaluate(child(node, field("right")))));
    case kind("list_comprehension"):
    case kind("set_comprehension"):
    case kind("dictionary_comprehension"):
    case kind("generator_expression"):
      push_scope(node, false);
      return bind_comprehension(node);
    case kind("global_statement"):
    case kind("nonlocal_statement"):
      for (const Node name : tree_.children(node)) globals_[&scope()].emplace(text(name));
      return;
    default:
      return;
  }
}

void PythonAnalyzer::leave(Node node) {
  switch (kind_of(node)) {
    case kind("assignment"):
    case kind("augmented_assignment"):
      return leave_assignment(node);
    case kind("named_expression"):
      return bind_target(child(node, field("name")), evaluate(child(node, field("value"))));
    case kind("as_pattern"):
      if (const auto parts = tree_.children(node); !parts.empty())
        bind_target(child(node, field("alias")), evaluate(parts.front()));
      return;
    case kind("return_statement"):
      for (auto at = scopes().rbegin(); at != scopes().rend(); ++at) {
        if (!(*at)->function) continue;
        const auto parts = tree_.children(node);
        function((*at)->node).returns.add(parts.empty() ? unknown_value() : evaluate(parts.front()));
        break;
      }
      return;
    case kind("lambda"):
      function(node).returns.add(evaluate(child(node, field("body"))));
      return;
    default:
      return;
  }
}

void PythonAnalyzer::bind_name(std::string_view name, const Values& values) {
  if (scope().of_class) field_values(name).add(values);
  const auto found = globals_.find(&scope());
  if (found == globals_.end() || !found->second.contains(std::string(name))) return bind(name, values);
  for (auto at = scopes().rbegin() + 1; at != scopes().rend(); ++at)
    if ((*at)->names.contains(std::string(name))) return bind_in(**at, name, values);
  bind_in(outermost(), name, values);
}

void PythonAnalyzer::import_names(Node node) {
  for (const Node part : tree_.children(node)) {
    const bool renamed = kind_of(part) == kind("aliased_import");
    const std::string module(text(renamed ? child(part, field("name")) : part));
    const std::string top(first_part(module));
    import_module(part, top, is_standard_python_module(top));
    if (renamed)
      bind_name(text(child(part, field("alias"))), name_value(canonical_python_name(module)));
    else
      bind_name(top, name_value(canonical_python_name(top)));
  }
}

void PythonAnalyzer::import_from(Node node) {
  const Node module_node = child(node, field("module_name"));
  const std::string module(text(module_node));
  const bool relative = module.starts_with('.');
  const std::string top(first_part(module));
  if (!relative) import_module(module_node, top, is_standard_python_module(top));
  for (const Node part : tree_.children(node)) {
    if (part == module_node) continue;
    if (kind_of(part) == kind("wildcard_import")) {
      if (!relative) scope().wildcards.push_back(canonical_python_name(module));
      continue;
    }
    const bool renamed = kind_of(part) == kind("aliased_import");
    const std::string_view name = text(renamed ? child(part, field("name")) : part);
    bind_name(renamed ? text(child(part, field("alias"))) : name,
              relative ? unknown_value() : name_value(canonical_python_name(module + "." + std::string(name))));
  }
}

void PythonAnalyzer::define_function(Node node) {
  if (kind_of(node) == kind("function_definition")) {
    const std::string_view name = text(child(node, field("name")));
    if (scope().of_class) methods_.emplace(name);
    bind_name(name, function_value(node));
  }
  push_scope(node, true);
  globals_[&scope()].clear();
  if (const Node parameters = child(node, field("parameters")); parameters != kNoNode)
    bind_parameters(node, parameters);
}

void PythonAnalyzer::bind_parameters(Node function_node, Node parameters) {
  Function& known = function(function_node);
  known.parameters.clear();
  for (const Node part : tree_.children(parameters)) {
    Node name = part;
    Values values;
    values.other = true;
    switch (kind_of(part)) {
      case kind("default_parameter"):
      case kind("typed_default_parameter"):
        name = child(part, field("name"));
        values.add(evaluate(child(part, field("value"))));
        break;
      case kind("typed_parameter"):
        name = tree_.first_child(part);
        break;
      default:
        break;
    }
    if (const Node type = child(part, field("type")); type != kNoNode) {
      for (Value value : evaluate(tree_.first_child(type)).items) {
        if (value.kind != Value::Kind::name || value.text.starts_with("builtins.")) continue;
        value.text += "()";
        value.annotated = true;
        values.add(std::move(value));
      }
    }
    const std::size_t place = known.parameters.size();
    known.parameters.emplace_back(text(name));
    if (known.arguments.size() <= place) known.arguments.resize(place + 1);
    values.add(known.arguments[place]);
    parameters_.emplace(&scope(), text(name));
    bind(text(name), values);
  }
}

void PythonAnalyzer::define_class(Node node) {
  Values made;
  made.other = true;
  if (const Node bases = child(node, field("superclasses")); bases != kNoNode)
    for (const Node base : tree_.children(bases))
      if (kind_of(base) != kind("keyword_argument")) {
        for (const Value& value : evaluate(base).items)
          if (value.kind == Value::Kind::name && !value.text.starts_with("builtins.")) made.add(value);
        judged_.insert(base);
      }
  bind_name(text(child(node, field("name"))), made);
  push_scope(node, false, true);
}

void PythonAnalyzer::bind_comprehension(Node node) {
  for (const Node part : Children(tree_, node))
    if (kind_of(part) == kind("for_in_clause"))
      bind_target(child(part, field("left")), elements_of(evaluate(child(part, field("right")))));
}

void PythonAnalyzer::bind_target(Node target, const Values& values) {
  if (target == kNoNode) return;
  switch (kind_of(target)) {
    case kind("identifier"):
      return bind_name(text(target), values);
    case kind("attribute"):
      // epics.PV("...").value = 3 writes as put() does.
      if (text(child(target, field("attribute"))) == "value" &&
          evaluate(child(target, field("object"))).has_name("epics.PV()"))
        report(target, RuleClass::epics_writes, "epics.PV().value",
               std::string("epics.PV().value: ") + std::string(effect_of(RuleClass::epics_writes)));
      field_values(text(child(target, field("attribute")))).add(values);
      return;
    case kind("pattern_list"):
    case kind("tuple_pattern"):
    case kind("list_pattern"):
    case kind("tuple"): {
      const Value* list = values.only();
      const auto parts = tree_.children(target);
      const bool fits = list != nullptr && list->kind == Value::Kind::list && list->elements->size() == parts.size();
      for (std::size_t i = 0; i < parts.size(); ++i)
        bind_target(parts[i], fits ? (*list->elements)[i].second : elements_of(values));
      return;
    }
    case kind("subscript"):
      if (evaluate(child(target, field("value"))).has_name("os.environ"))
        judge_environment(target, evaluate(child(target, field("subscript"))));
      return;
    default:  // as_pattern_target, parenthesised
      if (const Node inner = tree_.first_child(target); inner != kNoNode) return bind_target(inner, values);
      if (!text(target).empty()) bind_name(text(target), values);
  }
}

void PythonAnalyzer::leave_assignment(Node node) {
  const Node left = child(node, field("left")), right = child(node, field("right"));
  if (right == kNoNode) {  // "path: Path"
    if (const Node type = child(node, field("type")); type != kNoNode && kind_of(left) == kind("identifier"))
      bind_name(text(left), unknown_value());
    return;
  }
  Values values = evaluate(right);
  if (kind_of(node) == kind("augmented_assignment"))
    values = text(child(node, field("operator"))) == "+=" ? concatenated(evaluate(left), values) : unknown_value();
  bind_target(left, values);
  // "a = b = value"
  for (Node inner = right; kind_of(inner) == kind("assignment"); inner = child(inner, field("right")))
    bind_target(left, evaluate(child(inner, field("right"))));
}

// A name that is read here, in a place where it stands for itself.
bool PythonAnalyzer::is_loaded(Node node) const {
  const Node parent = tree_.parent(node);
  const auto role = tree_.field(node);
  switch (tree_.kind(parent)) {
    case kind("attribute"):
    case kind("subscript"):
      return role == field("subscript");  // else the outer expression is judged
    case kind("keyword_argument"):
    case kind("default_parameter"):
    case kind("typed_default_parameter"):
      return role == field("value");
    case kind("assignment"):
    case kind("augmented_assignment"):
    case kind("for_statement"):
    case kind("for_in_clause"):
      return role == field("right");
    case kind("named_expression"):
      return role == field("value");
    case kind("function_definition"):
    case kind("class_definition"):
    case kind("parameters"):
    case kind("lambda_parameters"):
    case kind("typed_parameter"):
    case kind("pattern_list"):
    case kind("tuple_pattern"):
    case kind("list_pattern"):
    case kind("list_splat_pattern"):
    case kind("dictionary_splat_pattern"):
    case kind("as_pattern_target"):
    case kind("global_statement"):
    case kind("nonlocal_statement"):
    case kind("delete_statement"):
    case kind("dotted_name"):
    case kind("except_clause"):
    case kind("comparison_operator"):
      return false;
    default:
      return true;
  }
}

void analyze_python(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  PythonAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
}

}  // namespace rh::agent
