// What paths and expressions of Rust stand for, as far as the text shows it.
#include <algorithm>
#include <array>

#include "runner/agent/validate/rust.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// What snippets use without saying where it is from.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kUsual{{
    {"Command", "std::process::Command"},
    {"File", "std::fs::File"},
    {"OpenOptions", "std::fs::OpenOptions"},
    {"fs", "std::fs"},
    {"process", "std::process"},
    {"net", "std::net"},
    {"TcpStream", "std::net::TcpStream"},
    {"TcpListener", "std::net::TcpListener"},
    {"UdpSocket", "std::net::UdpSocket"},
    {"mem", "std::mem"},
    {"env", "std::env"},
    {"ptr", "std::ptr"},
    {"libc", "libc"},
}};

}  // namespace

std::string canonical_rust_path(std::string path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kSame{{
      {"tokio::fs", "std::fs"},
      {"tokio::net", "std::net"},
      {"tokio::process", "std::process"},
      {"async_std::fs", "std::fs"},
      {"async_std::net", "std::net"},
      {"async_std::process", "std::process"},
      {"fs_err", "std::fs"},
      {"smol::fs", "std::fs"},
      {"smol::net", "std::net"},
      {"core", "std"},
      {"async_process", "std::process"},
      {"cap_std", "std"},
  }};
  if (path.starts_with("::")) path.erase(0, 2);
  for (const auto& [other, usual] : kSame)
    if (path == other || (path.starts_with(other) && path.compare(other.size(), 2, "::") == 0))
      return std::string(usual) + path.substr(other.size());
  return path;
}

Values RustAnalyzer::first_segment(std::string_view name) {
  if (const Values* bound = lookup(name)) return *bound;
  for (const std::string& module : outermost().wildcards)
    if (module != "super" && module != "crate" && !name.empty() && name != "std" && name != "core")
      for (const auto& [usual, full] : kUsual)
        if (usual == name && full.starts_with(module)) return name_value(std::string(full));
  for (const auto& [usual, full] : kUsual)
    if (usual == name) return name_value(std::string(full));
  if (name == "self" || name == "crate" || name == "super" || name == "Self") return unknown_value();
  // use std::fs::*; remove_file("x")
  Values result = name_value(std::string(name));
  for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
    for (const std::string& module : (*at)->wildcards)
      result.add(name_value(canonical_rust_path(module + "::" + std::string(name))));
  return result;
}

Values RustAnalyzer::path_value(std::string_view written) {
  std::string plain;  // without blanks, <...> of generics and the brackets of <C>::new
  int angles = 0;
  for (const char c : written) {
    if (c == '<') ++angles;
    if ((angles == 0 ||
         (angles == 1 && c != '<' && c != '>' && plain.find("::") == std::string::npos && written[0] == '<')) &&
        c != ' ' && c != '\n' && c != '\t' && c != '>')
      plain += c;
    if (c == '>') angles = std::max(0, angles - 1);
  }
  while (plain.ends_with("::")) plain.resize(plain.size() - 2);
  if (plain.starts_with("::")) return name_value(canonical_rust_path(plain));
  const std::size_t colon = plain.find("::");
  const Values first = first_segment(std::string_view(plain).substr(0, colon));
  if (colon == std::string::npos) return first;
  Values result;
  result.other = first.other;
  for (const Value& value : first.items)
    if (value.kind == Value::Kind::name) result.add(name_value(canonical_rust_path(value.text + plain.substr(colon))));
  return result;
}

Values RustAnalyzer::type_value(Node type) {
  while (kind_of(type) == kind("reference_type") || kind_of(type) == kind("pointer_type"))
    type = child(type, field("type"));
  if (kind_of(type) != kind("scoped_type_identifier") && kind_of(type) != kind("type_identifier"))
    return unknown_value();
  Values result = unknown_value();
  for (Value value : path_value(text(type)).items) {
    if (value.kind != Value::Kind::name || value.text.find("::") == std::string::npos) continue;
    value.text += "()";
    value.annotated = true;
    result.add(std::move(value));
  }
  return result;
}

Values RustAnalyzer::evaluate_call(Node node) {
  Values result;
  const auto arguments = tree_.children(child(node, field("arguments")));
  for (const Value& callee : evaluate(child(node, field("function"))).items) {
    if (callee.kind == Value::Kind::function) {
      Function& known = function(callee.function);
      known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
      for (std::size_t i = 0; i < std::min(arguments.size(), known.arguments.size()); ++i)
        known.arguments[i].add(evaluate(arguments[i]));
      result.add(known.returns);
    } else if (callee.kind == Value::Kind::name) {
      const std::string_view last = last_part(callee.text, "::");
      // What unwraps gives what was in it.
      if (is_one_of(last,
                    {"unwrap", "expect", "clone", "as_ref", "as_mut", "borrow", "unwrap_or_default", "to_owned"}) &&
          callee.text.find("()") != std::string::npos)
        result.add(name_value(callee.text.substr(0, callee.text.size() - last.size() - 2)));
      else
        result.add(name_value(callee.text + "()"));
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values RustAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("identifier"):
      return first_segment(text(node));
    case kind("scoped_identifier"):
      return path_value(text(node));
    case kind("generic_function"):
      return evaluate(child(node, field("function")));
    case kind("field_expression"): {
      const std::string_view name = text(child(node, field("field")));
      Values result;
      for (const Value& value : evaluate(child(node, field("value"))).items) {
        if (value.kind != Value::Kind::name || value.text.find("::") == std::string::npos) continue;
        Value member = value;
        member.text += "::" + std::string(name);
        result.add(std::move(member));
      }
      if (result.items.empty()) {
        result.other = true;
        if (const Values* stored = known_field(name)) result.add(*stored);
      }
      return result;
    }
    case kind("call_expression"):
      return evaluate_call(node);
    case kind("reference_expression"):
    case kind("parenthesized_expression"):
    case kind("try_expression"):
    case kind("await_expression"): {
      const Node inner = child(node, field("value"));
      const auto parts = tree_.children(node);
      return evaluate(inner != kNoNode ? inner : parts.empty() ? kNoNode : parts.front());
    }
    case kind("closure_expression"):
      return function_value(node);
    case kind("string_literal"): {
      const Node content = tree_.child_of_kind(node, kind("string_content"));
      return text_value(unescaped(text(content)));
    }
    case kind("raw_string_literal"):
      return text_value(std::string(text(tree_.child_of_kind(node, kind("string_content")))));
    default:
      return unknown_value();
  }
}

}  // namespace rh::agent
