// What names and expressions of Java stand for, as far as the text shows it.
#include <algorithm>

#include "runner/agent/validate/java.h"
#include "runner/agent/validate/java_rules.h"
#include "runner/base/text.h"

namespace rh::agent {

Values JavaAnalyzer::class_value(std::string_view written) {
  written = written.substr(0, written.find('<'));
  if (own_.contains(written)) return unknown_value();
  const std::size_t dot = written.find('.');
  const std::string_view first = written.substr(0, dot),
                         rest = dot == std::string_view::npos ? "" : written.substr(dot);
  if (const auto found = imported_.find(std::string(first)); found != imported_.end())
    return name_value(found->second + std::string(rest));
  if (const std::string full = full_java_name(first); !full.empty()) return name_value(full + std::string(rest));
  for (const std::string& package : packages_)
    if (const std::string full = package + "." + std::string(first);
        java_rules().of_call(full + ".x", false) != nullptr)
      return name_value(full + std::string(rest));
  return name_value(std::string(written));
}

Values JavaAnalyzer::type_value(Node type) {
  if (kind_of(type) == kind("array_type")) type = child(type, field("element"));
  const std::string_view written = text(type);
  if (written.empty() || written == "var") return unknown_value();
  Values result;
  for (Value value : class_value(written).items) {
    value.text += "()";
    value.annotated = true;
    result.add(std::move(value));
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values JavaAnalyzer::member_of(const Values& object, std::string_view name) {
  Values result;
  for (const Value& value : object.items) {
    if (value.kind != Value::Kind::name) continue;
    Value member = value;
    member.text += "." + std::string(name);
    result.add(std::move(member));
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values JavaAnalyzer::evaluate_invocation(Node node) {
  const std::string_view name = text(child(node, field("name")));
  const Node object_node = child(node, field("object"));
  if (name == "getClass") return name_value("java.lang.Class()");
  if (object_node == kNoNode) {
    const Values* bound = lookup(name);
    if (bound == nullptr) return unknown_value();
    Values result;
    for (const Value& value : bound->items) {
      if (value.kind == Value::Kind::name) result.add(name_value(value.text + "()"));
      if (value.kind == Value::Kind::function) result.add(function(value.function).returns);
    }
    if (result.items.empty()) result.other = true;
    return result;
  }
  Values result;
  const Values object = evaluate(object_node);
  for (const Value& value : member_of(object, name).items) {
    if (value.text == "java.lang.Runtime.getRuntime") {
      result.add(name_value("java.lang.Runtime()"));
    } else if (value.text == "java.nio.file.Path().toFile" || value.text == "java.nio.file.Path.of().toFile" ||
               value.text == "java.nio.file.Paths.get().toFile") {
      result.add(name_value("java.io.File()"));
    } else if (name == "getClassLoader" || name == "getContextClassLoader" || name == "getSystemClassLoader") {
      result.add(name_value("java.lang.ClassLoader()"));
    } else if (value.text == "java.lang.Class.forName") {
      result.add(name_value("java.lang.Class()"));
    } else {
      Value made = value;
      made.text += "()";
      result.add(std::move(made));
    }
  }
  if (name == "concat" && object.only_text() != nullptr) {
    const auto arguments = tree_.children(child(node, field("arguments")));
    return arguments.empty() ? unknown_value() : concatenated(object, evaluate(arguments.front()));
  }
  if (result.items.empty()) result.other = true;
  return result;
}

// "a" + b + "c": the beginning is enough, where the rest is not known.
Values JavaAnalyzer::evaluate_sum(Node node) {
  std::vector<Node> terms;
  Node left = node;
  while (kind_of(left) == kind("binary_expression") && text(child(left, field("operator"))) == "+") {
    terms.push_back(child(left, field("right")));
    left = child(left, field("left"));
  }
  if (terms.empty()) return unknown_value();
  Values sum = evaluate(left);
  for (auto term = terms.rbegin(); term != terms.rend() && !sum.items.empty(); ++term) {
    const Values next = evaluate(*term);
    if (next.items.empty()) break;  // the beginning is enough
    sum = concatenated(sum, next);
  }
  return sum;
}

Values JavaAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("identifier"): {
      if (const Values* bound = lookup(text(node))) return *bound;
      return class_value(text(node));
    }
    case kind("type_identifier"):
    case kind("scoped_type_identifier"):
    case kind("scoped_identifier"):
      return class_value(text(node));
    case kind("this"):
      return unknown_value();
    case kind("class_literal"):
      return name_value("java.lang.Class()");
    case kind("field_access"): {
      if (kind_of(child(node, field("object"))) == kind("this")) {
        if (const Values* bound = lookup(text(child(node, field("field"))))) return *bound;
        return unknown_value();
      }
      // java.lang.Runtime as well as object.field
      Values object = evaluate(child(node, field("object")));
      return member_of(object, text(child(node, field("field"))));
    }
    case kind("method_invocation"):
      return evaluate_invocation(node);
    case kind("object_creation_expression"):
      return type_value(child(node, field("type")));
    case kind("cast_expression"): {
      Values both = type_value(child(node, field("type")));
      both.add(evaluate(child(node, field("value"))));
      return both;
    }
    case kind("parenthesized_expression"):
      return evaluate(tree_.first_child(node));
    case kind("ternary_expression"): {
      Values both = evaluate(child(node, field("consequence")));
      both.add(evaluate(child(node, field("alternative"))));
      return both;
    }
    case kind("assignment_expression"):
      return evaluate(child(node, field("right")));
    case kind("array_access"):
      return evaluate(child(node, field("array")));
    case kind("string_literal"): {
      const std::string_view quoted = text(node);
      const std::size_t marks = quoted.starts_with("\"\"\"") && quoted.size() >= 6 ? 3 : 1;
      return text_value(quoted.size() < 2 * marks ? std::string()
                                                  : unescaped(quoted.substr(marks, quoted.size() - 2 * marks)));
    }
    case kind("binary_expression"):
      return evaluate_sum(node);
    default:
      return unknown_value();
  }
}

}  // namespace rh::agent
