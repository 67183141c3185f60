#include "runner/agent/validate/rust.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/rust_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr int kMaxUseDepth = 32;

std::string shown_as(const std::string& name, std::string_view written) {
  const std::string usual = replaced(name, "()::", ".");
  if (written == usual || written.size() > 60 || written.find('\n') != std::string_view::npos) return usual;
  return fmt::format("{} (written {})", usual, written);
}

}  // namespace

bool RustAnalyzer::is_branch(Kind one) const {
  return one == kind("if_expression") || one == kind("match_expression") || is_loop(one);
}

bool RustAnalyzer::is_loop(Kind one) const {
  return one == kind("for_expression") || one == kind("while_expression") || one == kind("loop_expression");
}

bool RustAnalyzer::enter(Node node) {
  judge_native(node);
  switch (kind_of(node)) {
    case kind("line_comment"):
    case kind("block_comment"):
    case kind("attribute_item"):
      return false;
    case kind("use_declaration"):
      declare_use(child(node, field("argument")), {});
      return false;
    case kind("block"):
      push_scope(node, false);
      return true;
    case kind("call_expression"):
      judge_call(node);
      return true;
    case kind("macro_invocation"):
      judge_macro(node);
      return true;
    case kind("token_tree"):
      judge_tokens(node);
      return true;
    case kind("identifier"):
    case kind("scoped_identifier"):
    case kind("generic_function"):
      if (is_read(node)) judge_reference(node);
      return kind_of(node) != kind("scoped_identifier");
    default:
      declare_item(node);
      return true;
  }
}

void RustAnalyzer::leave(Node node) {
  switch (kind_of(node)) {
    case kind("let_declaration"): {
      Values values = evaluate(child(node, field("value")));
      if (const Node type = child(node, field("type")); type != kNoNode) values.add(type_value(type));
      return bind_pattern(child(node, field("pattern")), values);
    }
    case kind("const_item"):
    case kind("static_item"):
      return bind(text(child(node, field("name"))), evaluate(child(node, field("value"))));
    case kind("assignment_expression"):
      if (const Node left = child(node, field("left")); kind_of(left) == kind("field_expression"))
        field_values(text(child(left, field("field")))).add(evaluate(child(node, field("right"))));
      else
        bind_pattern(left, evaluate(child(node, field("right"))));
      return;
    case kind("field_initializer"):
      field_values(text(child(node, field("field")))).add(evaluate(child(node, field("value"))));
      return;
    case kind("function_item"): {
      const auto body = tree_.children(child(node, field("body")));
      if (!body.empty()) function(node).returns.add(evaluate(body.back()));
      return;
    }
    case kind("return_expression"):
      for (auto at = scopes().rbegin(); at != scopes().rend(); ++at) {
        if (!(*at)->function) continue;
        function((*at)->node).returns.add(evaluate(tree_.first_child(node)));
        break;
      }
      return;
    default:
      return;
  }
}

// use a::{b, c::d as e, f::*};
void RustAnalyzer::declare_use(Node node, const std::string& prefix, int depth) {
  if (node == kNoNode || depth > kMaxUseDepth) return;
  const auto full = [&](std::string_view name) {
    return prefix.empty() ? std::string(name) : prefix + "::" + std::string(name);
  };
  const auto bind_use = [&](std::string_view name, const std::string& path) {
    const std::string_view crate = first_part(path, "::");
    import_module(node, crate, is_one_of(crate, {"std", "core", "alloc", "crate", "self", "super"}));
    const bool own = is_one_of(crate, {"crate", "self", "super"});
    bind(name, own ? unknown_value() : name_value(canonical_rust_path(path)));
  };
  switch (kind_of(node)) {
    case kind("use_list"):
      for (const Node part : tree_.children(node)) declare_use(part, prefix, depth + 1);
      return;
    case kind("scoped_use_list"):
      return declare_use(child(node, field("list")), full(text(child(node, field("path")))), depth + 1);
    case kind("use_as_clause"):
      return bind_use(text(child(node, field("alias"))), full(text(child(node, field("path")))));
    case kind("use_wildcard"): {
      const std::string module = canonical_rust_path(full(text(tree_.first_child(node))));
      import_module(node, first_part(module, "::"), true);
      scope().wildcards.push_back(module);
      return;
    }
    case kind("self"):
      return bind_use(last_part(prefix, "::"), prefix);
    default:
      return bind_use(last_part(text(node), "::"), full(text(node)));
  }
}

void RustAnalyzer::declare_item(Node node) {
  const std::string_view name = text(child(node, field("name")));
  switch (kind_of(node)) {
    case kind("extern_crate_declaration"): {
      const Node alias = child(node, field("alias"));
      import_module(node, name, false);
      return bind(alias == kNoNode ? name : text(alias), name_value(std::string(name)));
    }
    case kind("type_item"):
      return bind(name, path_value(text(child(node, field("type")))));
    case kind("mod_item"):
    case kind("struct_item"):
    case kind("enum_item"):
    case kind("trait_item"):
    case kind("union_item"):
      bind(name, unknown_value());
      if (kind_of(node) == kind("mod_item")) push_scope(node, false);
      return;
    case kind("function_item"):
    case kind("closure_expression"): {
      if (!name.empty()) bind(name, function_value(node));
      push_scope(node, true);
      Function& known = function(node);
      known.parameters.clear();
      for (const Node part : tree_.children(child(node, field("parameters")))) {
        Node pattern = child(part, field("pattern"));
        if (kind_of(part) == kind("identifier")) pattern = part;
        Values values = type_value(child(part, field("type")));
        values.other = true;
        known.parameters.emplace_back(text(pattern));
        known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
        values.add(known.arguments[known.parameters.size() - 1]);
        bind_pattern(pattern, values);
      }
      return;
    }
    case kind("for_expression"):
      push_scope(node, false);
      return bind_pattern(child(node, field("pattern")), unknown_value());
    case kind("let_condition"):
    case kind("match_arm"):
      return bind_pattern(child(node, field("pattern")), unknown_value());
    default:
      return;
  }
}

void RustAnalyzer::bind_pattern(Node pattern, const Values& values) {
  if (pattern == kNoNode) return;
  if (kind_of(pattern) == kind("identifier")) return bind(text(pattern), values);
  if (kind_of(pattern) == kind("mut_pattern") || kind_of(pattern) == kind("ref_pattern") ||
      kind_of(pattern) == kind("reference_pattern"))
    return bind_pattern(tree_.children(pattern).empty() ? kNoNode : tree_.children(pattern).back(), values);
  // Some(file), Point { x, y }: names in small letters are bound.
  for (Node at = pattern + 1; at < tree_[pattern].after; ++at)
    if (kind_of(at) == kind("identifier") && !text(at).empty() && text(at)[0] >= 'a' && text(at)[0] <= 'z' &&
        kind_of(tree_.parent(at)) != kind("scoped_identifier"))
      bind(text(at), unknown_value());
}

// What leaves the rules of the language.
void RustAnalyzer::judge_native(Node node) {
  const auto native = [&](std::string_view rule, std::string_view what, Severity severity = Severity::block) {
    report(node, RuleClass::native_code, rule, fmt::format("{}: {}", what, effect_of(RuleClass::native_code)),
           severity);
  };
  switch (kind_of(node)) {
    case kind("unsafe_block"):
      return native("unsafe", "an unsafe block");
    case kind("foreign_mod_item"):
      return native("extern", "extern functions");
    case kind("function_modifiers"):
      if (text(node).find("unsafe") != std::string_view::npos) return native("unsafe", "an unsafe function");
      if (text(node).find("extern") != std::string_view::npos)
        return native("extern", "an extern function", Severity::warn);
      return;
    case kind("impl_item"):
      if (text(node).starts_with("unsafe")) return native("unsafe", "an unsafe impl", Severity::warn);
      return;
    case kind("attribute_item"):
      if (text(node).find("[link(") != std::string_view::npos || text(node).find("no_mangle") != std::string_view::npos)
        return native("link", text(node), Severity::warn);
      return;
    default:
      return;
  }
}

void RustAnalyzer::judge_name(Node node, const Value& value, std::string_view written) {
  if (value.kind != Value::Kind::name) return;
  check_policy(node, value.text, last_part(value.text, "::"));
  judge_options(node, value.text);
  if (const RuleRow* row = rust_rules().of_call(value.text, value.annotated))
    report(node, *row, shown_as(value.text, written));
}

void RustAnalyzer::judge_call(Node node) {
  const Node callee = child(node, field("function"));
  judged_.insert(callee);
  if (kind_of(callee) == kind("generic_function")) judged_.insert(child(callee, field("function")));
  for (const Value& value : evaluate(callee).items) judge_name(node, value, text(callee));
  if (!judging()) evaluate_call(node);
  if (kind_of(callee) != kind("field_expression")) return;
  const std::string_view method = text(child(callee, field("field")));
  if (method == "to_socket_addrs")
    report(node, RuleClass::network, "to_socket_addrs", "to_socket_addrs: asks the network for an address");
  if (is_one_of(method, {"execute", "execute_batch", "batch_execute"}))
    for (const Node argument : tree_.children(child(node, field("arguments"))))
      for (const Value& value : evaluate(argument).items)
        if (value.kind == Value::Kind::text && changes_database(value.text))
          report(node, RuleClass::database_write, method, fmt::format(".{} with SQL that changes a database", method));
}

// OpenOptions::new().append(true)
void RustAnalyzer::judge_options(Node node, const std::string& name) {
  const bool options = name.starts_with("std::fs::OpenOptions::new()") ||
                       name.starts_with("std::fs::File::options()") || name.starts_with("std::fs::OpenOptions()");
  if (!options || !is_one_of(last_part(name, "::"), {"write", "append", "create", "create_new", "truncate"})) return;
  if (text(child(node, field("arguments"))) == "(false)") return;
  report(node, RuleClass::file_write, "std::fs::OpenOptions",
         fmt::format("OpenOptions with {}: opens a file for writing", last_part(name, "::")));
}

void RustAnalyzer::judge_reference(Node node) {
  if (!judging() || judged_.contains(node)) return;
  if (kind_of(node) == kind("generic_function")) judged_.insert(child(node, field("function")));
  for (const Value& value : evaluate(node).items)
    if (value.kind == Value::Kind::name)
      if (const RuleRow* row = rust_rules().exact(value.text)) report(node, *row, shown_as(value.text, text(node)));
}

void RustAnalyzer::judge_macro(Node node) {
  const std::string_view name = last_part(text(child(node, field("macro"))), "::");
  judged_.insert(child(node, field("macro")));
  if (is_one_of(name, {"asm", "global_asm", "llvm_asm", "naked_asm"}))
    report(node, RuleClass::native_code, "asm", fmt::format("{}!: {}", name, effect_of(RuleClass::native_code)));
  if (name == "include") report(node, RuleClass::dynamic_code, "include", "include!: compiles code from another file");
  if (is_one_of(name, {"cmd", "run_cmd", "run_fun", "sh", "py_run", "python"}) && lookup(name) != nullptr)
    report(node, RuleClass::system_command, name, fmt::format("{}!: {}", name, effect_of(RuleClass::system_command)));
}

// The inside of a macro is tokens: paths are put together from them.
void RustAnalyzer::judge_tokens(Node node) {
  if (!judging()) return;
  const std::string_view code = tree_.code();
  const auto joined_by = [&](std::uint32_t from, std::uint32_t to, std::string_view sign) {
    return to > from && trim(code.substr(from, to - from)) == sign;
  };
  const auto parts = tree_.children(node);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (kind_of(parts[i]) != kind("identifier")) continue;
    const std::uint32_t begin = tree_[parts[i]].begin;
    if (begin > 0 && code[begin - 1] == '.') continue;
    std::size_t end = i;
    while (end + 1 < parts.size() && joined_by(tree_[parts[end]].end, tree_[parts[end + 1]].begin, "::")) ++end;
    const std::string_view written = code.substr(begin, tree_[parts[end]].end - begin);
    const bool called = end + 1 < parts.size() && kind_of(parts[end + 1]) == kind("token_tree") &&
                        text(parts[end + 1]).starts_with('(');
    for (std::size_t at = i; at <= end; ++at) judged_.insert(parts[at]);
    for (const Value& value : path_value(written).items) {
      if (value.kind != Value::Kind::name) continue;
      if (called)
        judge_name(parts[i], value, written);
      else if (const RuleRow* row = rust_rules().exact(value.text))
        report(parts[i], *row, shown_as(value.text, written));
    }
    i = end;
  }
  const std::string_view all = text(node);
  if (kind_of(tree_.parent(node)) != kind("token_tree") && all.find("unsafe {") != std::string_view::npos &&
      all.find('"') == std::string_view::npos)
    report(node, RuleClass::native_code, "unsafe",
           fmt::format("an unsafe block: {}", effect_of(RuleClass::native_code)));
}

bool RustAnalyzer::is_read(Node node) const {
  const Node parent = tree_.parent(node);
  const auto role = tree_.field(node);
  switch (tree_.kind(parent)) {
    case kind("let_declaration"):
    case kind("const_item"):
    case kind("static_item"):
    case kind("field_initializer"):
      return role == field("value");
    case kind("scoped_identifier"):
    case kind("scoped_type_identifier"):
    case kind("function_item"):
    case kind("parameter"):
    case kind("mod_item"):
    case kind("mut_pattern"):
    case kind("match_pattern"):
    case kind("tuple_struct_pattern"):
    case kind("tuple_pattern"):
    case kind("token_tree"):
    case kind("macro_invocation"):
    case kind("bracketed_type"):
      return false;
    default:
      return role != field("name") && role != field("pattern");
  }
}

void analyze_rust(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  RustAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
}

}  // namespace rh::agent
