// What expressions of Go stand for, as far as the text shows it.
#include <algorithm>

#include "runner/agent/validate/go.h"
#include "runner/base/text.h"

namespace rh::agent {

std::string go_package_name(std::string_view path) {
  std::string_view last = path.substr(path.rfind('/') + 1);
  const bool version =
      last.size() > 1 && last[0] == 'v' && last.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (version && path.find('/') != std::string_view::npos) {
    path = path.substr(0, path.rfind('/'));
    last = path.substr(path.rfind('/') + 1);
  }
  last = last.substr(0, last.find(".v"));
  if (last.starts_with("go-")) last.remove_prefix(3);
  return std::string(last);
}

std::vector<Node> GoAnalyzer::arguments_of(Node call) const { return tree_.children(child(call, field("arguments"))); }

Values GoAnalyzer::member_of(const Values& object, std::string_view name) {
  Values result;
  for (const Value& value : object.items) {
    if (value.kind != Value::Kind::name) continue;
    Value member = value;
    member.text += "." + std::string(name);
    result.add(std::move(member));
  }
  result.other = object.other;
  if (result.items.empty()) {
    result.other = true;
    if (const Values* stored = known_field(name)) result.add(*stored);
  }
  return result;
}

Values GoAnalyzer::type_value(Node type) {
  while (kind_of(type) == kind("pointer_type") || kind_of(type) == kind("parenthesized_type"))
    type = tree_.first_child(type);
  if (kind_of(type) != kind("qualified_type")) return unknown_value();
  Values result;
  result.other = true;
  if (const Values* package = lookup(text(child(type, field("package")))))
    for (const Value& value : package->items)
      if (value.kind == Value::Kind::name) {
        Value made = value;
        made.text += "." + std::string(text(child(type, field("name")))) + "()";
        made.annotated = true;
        result.add(std::move(made));
      }
  return result;
}

Values GoAnalyzer::evaluate_operator(Node node) {
  std::vector<Node> terms;
  Node left = node;
  while (kind_of(left) == kind("binary_expression") && text(child(left, field("operator"))) == "+") {
    terms.push_back(child(left, field("right")));
    left = child(left, field("left"));
  }
  if (terms.empty()) return unknown_value();
  Values sum = evaluate(left);
  for (auto term = terms.rbegin(); term != terms.rend() && !sum.items.empty(); ++term)
    sum = concatenated(sum, evaluate(*term));
  return sum;
}

Values GoAnalyzer::evaluate_call(Node node) {
  const auto arguments = arguments_of(node);
  Values result;
  for (const Value& callee : evaluate(child(node, field("function"))).items) {
    if (callee.kind == Value::Kind::function) {
      Function& known = function(callee.function);
      known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
      for (std::size_t i = 0; i < std::min(arguments.size(), known.arguments.size()); ++i)
        known.arguments[i].add(evaluate(arguments[i]));
      result.add(known.returns);
    } else if (callee.kind == Value::Kind::name) {
      if (callee.text == "strings.Join" && arguments.size() == 2)
        result.add(joined(evaluate(arguments[1]), evaluate(arguments[0])));
      else if (callee.text == "string" && !arguments.empty())
        result.add(evaluate(arguments[0]));
      else
        result.add(name_value(callee.text + "()"));
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values GoAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("identifier"):
    case kind("package_identifier"):
    case kind("type_identifier"): {
      if (const Values* bound = lookup(text(node))) return *bound;
      for (const std::string& module : outermost().wildcards)
        if (!text(node).empty() && text(node)[0] >= 'A' && text(node)[0] <= 'Z')
          return name_value(module + "." + std::string(text(node)));
      return name_value(std::string(text(node)));
    }
    case kind("selector_expression"):
      return member_of(evaluate(child(node, field("operand"))), text(child(node, field("field"))));
    case kind("call_expression"):
      return evaluate_call(node);
    case kind("composite_literal"): {
      const Node type = child(node, field("type"));
      if (kind_of(type) == kind("qualified_type")) return type_value(type);
      if (kind_of(type) != kind("slice_type") && kind_of(type) != kind("array_type") &&
          kind_of(type) != kind("implicit_length_array_type"))
        return unknown_value();
      Elements elements;
      for (const Node part : tree_.children(child(node, field("body")))) {
        if (elements.size() >= kMaxElements) return unknown_value();
        elements.emplace_back(std::string(), evaluate(tree_.first_child(part)));
      }
      return list_value(std::move(elements));
    }
    case kind("index_expression"): {
      const Values list = evaluate(child(node, field("operand"))), place = evaluate(child(node, field("index")));
      const Value* known = list.only();
      if (known == nullptr || known->kind != Value::Kind::list) return unknown_value();
      Values result;
      for (std::size_t i = 0; i < known->elements->size(); ++i)
        if (place.only() == nullptr || place.only()->number == static_cast<std::int64_t>(i))
          result.add((*known->elements)[i].second);
      return result;
    }
    case kind("interpreted_string_literal"): {
      const std::string_view quoted = text(node);
      return text_value(unescaped(quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2)));
    }
    case kind("raw_string_literal"): {
      const std::string_view quoted = text(node);
      return text_value(std::string(quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2)));
    }
    case kind("int_literal"): {
      std::int64_t number = 0;
      return read_number(text(node), number) ? number_value(number) : unknown_value();
    }
    case kind("binary_expression"):
      return evaluate_operator(node);
    case kind("unary_expression"):
      return text(child(node, field("operator"))) == "&" ? evaluate(child(node, field("operand"))) : unknown_value();
    case kind("parenthesized_expression"):
      return evaluate(tree_.first_child(node));
    case kind("func_literal"):
      return function_value(node);
    default:
      return unknown_value();
  }
}

}  // namespace rh::agent
