#include "runner/agent/validate/java.h"

#include <algorithm>
#include <cctype>

#include <fmt/core.h>

#include "runner/agent/validate/java_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

std::string shown_as(const std::string& name, std::string_view written) {
  std::string usual = replaced(name, "().", ".");
  if (usual.ends_with(".new")) usual = "new " + usual.substr(0, usual.size() - 4);
  if (written.empty() || usual.ends_with(written) || written.size() > 60 ||
      written.find('\n') != std::string_view::npos)
    return usual;
  return fmt::format("{} (written {})", usual, written);
}

bool has_body(Kind one) {
  return one == kind("method_declaration") || one == kind("constructor_declaration") ||
         one == kind("lambda_expression") || one == kind("compact_constructor_declaration");
}

}  // namespace

bool JavaAnalyzer::is_branch(Kind one) const {
  return one == kind("if_statement") || one == kind("switch_expression") || one == kind("try_statement") ||
         is_loop(one);
}

bool JavaAnalyzer::is_loop(Kind one) const {
  return one == kind("for_statement") || one == kind("enhanced_for_statement") || one == kind("while_statement") ||
         one == kind("do_statement");
}

bool JavaAnalyzer::enter(Node node) {
  const Kind one = kind_of(node);
  if (has_body(one)) {
    declare_function(node);
    return true;
  }
  switch (one) {
    case kind("line_comment"):
    case kind("block_comment"):
    case kind("marker_annotation"):
    case kind("annotation"):
      return false;
    case kind("import_declaration"):
      import_class(node);
      return false;
    case kind("method_invocation"):
      judge_invocation(node);
      return true;
    case kind("object_creation_expression"):
      judge_construction(node);
      return true;
    case kind("method_reference"):
      judge_method_reference(node);
      return true;
    default:
      declare(node);
      return true;
  }
}

void JavaAnalyzer::leave(Node node) {
  switch (kind_of(node)) {
    case kind("variable_declarator"): {
      const Node parent = tree_.parent(node);
      return bind_declarator(node, child(parent, field("type")));
    }
    case kind("resource"):
      return bind_declarator(node, child(node, field("type")));
    case kind("assignment_expression"):
      if (const Node left = child(node, field("left")); kind_of(left) == kind("identifier")) {
        const std::string name(text(left));
        for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
          if ((*at)->names.contains(name)) return bind_in(**at, name, evaluate(child(node, field("right"))));
      }
      return;
    case kind("return_statement"):
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

void JavaAnalyzer::import_class(Node node) {
  const std::string full(text(tree_.child_of_kind(node, kind("scoped_identifier"))));
  const bool whole = tree_.child_of_kind(node, kind("asterisk")) != kNoNode;
  const bool is_static = text(node).starts_with("import static ");
  const bool standard = full.starts_with("java.") || full.starts_with("javax.");
  import_module(node, is_static && !whole ? full.substr(0, full.rfind('.')) : full, standard);
  if (is_static && whole)
    outermost().wildcards.push_back(full);
  else if (is_static)
    bind_in(outermost(), last_part(full), name_value(full));
  else if (whole)
    packages_.push_back(full);
  else
    imported_[std::string(last_part(full))] = full;
}

void JavaAnalyzer::declare(Node node) {
  switch (kind_of(node)) {
    case kind("class_declaration"):
    case kind("interface_declaration"):
    case kind("enum_declaration"):
    case kind("record_declaration"):
      own_.emplace(text(child(node, field("name"))));
      push_scope(node, false);
      return;
    case kind("block"):
    case kind("for_statement"):
    case kind("catch_clause"):
    case kind("try_with_resources_statement"):
    case kind("switch_block_statement_group"):
      push_scope(node, false);
      return;
    case kind("enhanced_for_statement"):
      push_scope(node, false);
      return bind(text(child(node, field("name"))), type_value(child(node, field("type"))));
    case kind("modifiers"):
      for (const std::string_view word : split(text(node), ' '))
        if (word == "native")
          report(node, RuleClass::native_code, "native",
                 fmt::format("a native method: {}", effect_of(RuleClass::native_code)));
      return;
    default:
      return;
  }
}

void JavaAnalyzer::declare_function(Node node) {
  if (kind_of(node) == kind("method_declaration")) bind(text(child(node, field("name"))), function_value(node));
  const Node list = child(node, field("parameters"));
  push_scope(node, true);
  if (kind_of(list) == kind("identifier")) {  // x -> ...
    parameters_.emplace(text(list));
    return bind(text(list), unknown_value());
  }
  for (const Node part : tree_.children(list)) {
    if (kind_of(part) == kind("identifier")) {
      parameters_.emplace(text(part));
      bind(text(part), unknown_value());
    } else if (kind_of(part) == kind("spread_parameter")) {
      bind(text(child(tree_.child_of_kind(part, kind("variable_declarator")), field("name"))), unknown_value());
    } else {
      bind(text(child(part, field("name"))), type_value(child(part, field("type"))));
    }
  }
}

void JavaAnalyzer::bind_declarator(Node declarator, Node type) {
  const Node value = child(declarator, field("value"));
  Values values = value == kNoNode ? Values() : evaluate(value);
  if (type != kNoNode && text(type) != "var") values.add(type_value(type));
  if (values.items.empty()) values.other = true;
  bind(text(child(declarator, field("name"))), values);
}

void JavaAnalyzer::judge_name(Node node, const Value& value, std::string_view written) {
  if (value.kind != Value::Kind::name) return;
  check_policy(node, value.text, last_part(value.text));
  if (const RuleRow* row = java_rules().of_call(value.text, value.annotated))
    report(node, *row, shown_as(value.text, written));
}

void JavaAnalyzer::judge_names(Node node, const Values& values, std::string_view written) {
  for (const Value& value : values.items) judge_name(node, value, written);
}

void JavaAnalyzer::judge_invocation(Node node) {
  const std::string_view name = text(child(node, field("name")));
  const Node object_node = child(node, field("object"));
  judge_sql(node, name);
  if (object_node == kNoNode) {
    if (is_one_of(name, {"defineClass", "defineAnonymousClass"}))
      report(node, RuleClass::dynamic_code, name, fmt::format("{}: {}", name, effect_of(RuleClass::dynamic_code)));
    const Values* bound = lookup(name);
    if (bound != nullptr)
      for (const Value& value : bound->items) judge_name(node, value, name);
    else
      for (const std::string& module : outermost().wildcards)
        judge_names(node, name_value(module + "." + std::string(name)), name);
    return;
  }
  const Values object = evaluate(object_node);
  const auto& code = tree_.code();
  const std::uint32_t begin = tree_[object_node].begin;
  const std::string_view written = code.substr(begin, tree_[child(node, field("name"))].end - begin);
  for (const Value& value : member_of(object, name).items) {
    if (value.text == "java.nio.channels.FileChannel.open") {
      if (text(child(node, field("arguments"))).find("WRITE") != std::string_view::npos ||
          text(child(node, field("arguments"))).find("APPEND") != std::string_view::npos)
        report(node, RuleClass::file_write, "FileChannel.open", "FileChannel.open: opens a file for writing");
      continue;
    }
    judge_name(node, value, written);
  }
  // files.forEach(f -> f.delete()): the type is that of the list, which is not known.
  const bool bare = text(child(node, field("arguments"))) == "()";
  if (bare && kind_of(object_node) == kind("identifier") && parameters_.contains(text(object_node)) &&
      is_one_of(name, {"delete", "deleteOnExit", "mkdirs", "createNewFile"}) &&
      code.find("File") != std::string_view::npos)
    report(node, RuleClass::file_delete, "java.io.File().delete",
           fmt::format(".{}() of what seems to be a file", name));
  // A method that was looked up by name, or a class that was: whatever the variable's type is.
  if (is_one_of(name, {"setAccessible", "getDeclaredMethod", "getDeclaredField", "defineClass"}) &&
      object.items.empty())
    report(node, RuleClass::introspection, name, fmt::format(".{}: {}", name, effect_of(RuleClass::introspection)));
}

void JavaAnalyzer::judge_sql(Node node, std::string_view method) {
  if (!is_one_of(method, {"executeUpdate", "execute", "prepareStatement", "prepareCall", "addBatch", "batchUpdate",
                          "executeLargeUpdate", "update", "createNativeQuery", "createQuery"}))
    return;
  const auto arguments = tree_.children(child(node, field("arguments")));
  if (arguments.empty()) return;
  Values sql = evaluate(arguments.front());
  if (sql.items.empty()) sql = text_value(std::string(leading_text(arguments.front())));
  for (const Value& value : sql.items)
    if (value.kind == Value::Kind::text && changes_database(value.text) && value.text.find(' ') != std::string::npos)
      report(node, RuleClass::database_write, method, fmt::format(".{} with SQL that changes a database", method));
}

// new PrintWriter("file") writes to a file, new PrintWriter(System.out) does not.
bool JavaAnalyzer::judge_file_argument(Node node, const std::string& name) {
  const auto arguments = tree_.children(child(node, field("arguments")));
  if (name == "java.io.RandomAccessFile.new") {
    const Values mode = arguments.size() > 1 ? evaluate(arguments[1]) : unknown_value();
    const bool reads = mode.only_text() != nullptr && *mode.only_text() == "r";
    if (!reads)
      report(node, RuleClass::file_write, "java.io.RandomAccessFile", "new RandomAccessFile: opens a file for writing");
    return true;
  }
  if (!is_one_of(name, {"java.io.PrintWriter.new", "java.io.PrintStream.new", "java.util.Formatter.new"})) return false;
  const Values target = arguments.empty() ? unknown_value() : evaluate(arguments.front());
  for (const Value& value : target.items)
    if (value.kind == Value::Kind::text || value.text == "java.io.File()" || value.text == "java.lang.String()")
      report(node, RuleClass::file_write, name.substr(0, name.size() - 4),
             fmt::format("new {}: writes a file", name.substr(0, name.size() - 4)));
  return true;
}

void JavaAnalyzer::judge_construction(Node node) {
  const Node type = child(node, field("type"));
  for (const Value& value : class_value(text(type)).items) {
    if (value.kind != Value::Kind::name) continue;
    const std::string name = value.text + ".new";
    if (judge_file_argument(node, name)) continue;
    judge_names(node, name_value(name), fmt::format("new {}", text(type)));
  }
}

void JavaAnalyzer::judge_method_reference(Node node) {
  const auto parts = tree_.children(node);
  if (parts.empty()) return;
  const std::string_view method = last_part(text(node), "::");
  for (const Value& value : evaluate(parts.front()).items) {
    if (value.kind != Value::Kind::name) continue;
    for (const std::string_view form : {".", "()."})
      if (!(form == "()." && value.text.ends_with("()")))
        judge_names(node, name_value(value.text + std::string(form) + std::string(method)), text(node));
  }
}

// The compiler takes \u0065 for e before it reads a word, and \u0022 ends a text: so does nothing that is read here.
// Letters that ASCII does not have, and its control characters, are what such escapes are for.
void JavaAnalyzer::judge_escapes() {
  if (tree_.size() == 0) return;
  const std::string_view code = tree_.code();
  for (std::size_t at = code.find("\\u"); at != std::string_view::npos; at = code.find("\\u", at + 1)) {
    std::size_t before = at;
    while (before > 0 && code[before - 1] == '\\') --before;
    if ((at - before) % 2 == 1) continue;  // an escaped backslash
    std::size_t digits = at + 1;
    while (digits < code.size() && code[digits] == 'u') ++digits;
    unsigned letter = 0;
    std::size_t seen = 0;
    for (;
         seen < 4 && digits + seen < code.size() && std::isxdigit(static_cast<unsigned char>(code[digits + seen])) != 0;
         ++seen) {
      const char digit = code[digits + seen];
      letter = letter * 16 + static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    if (seen < 4 || !(letter == '\n' || letter == '\r' || (letter > ' ' && letter < 0x7f))) continue;
    Node place = 0;
    for (Node node = 0; node < tree_.size(); ++node)
      if (tree_[node].begin <= at && at < tree_[node].end) place = node;
    return report(
        place, RuleClass::unanalysable, "unicode_escape",
        fmt::format("{}: the compiler reads this escape as a part of the program's text", code.substr(at, 6)));
  }
}

void analyze_java(const Tree& tree, const Rules& rules, Assessment& assessment, int nesting) {
  JavaAnalyzer analyzer(tree, rules, assessment);
  analyzer.nesting = nesting;
  analyzer.run();
  analyzer.judge_escapes();
}

}  // namespace rh::agent
