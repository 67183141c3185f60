// Judgement of what JavaScript code calls and hands on.
#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/javascript.h"
#include "runner/agent/validate/javascript_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

std::string shown_as(std::string_view name, std::string_view written) {
  if (written.empty() || written == name || written.size() > 60 || written.find('\n') != std::string_view::npos)
    return std::string(name);
  return fmt::format("{} (written {})", name, written);
}

bool is_write_flag(std::string_view flags) { return flags.find_first_of("wa+") != std::string_view::npos; }

}  // namespace

void JavaScriptAnalyzer::judge_call(Node node) {
  const bool made = kind_of(node) == kind("new_expression");
  const Node callee = child(node, made ? field("constructor") : field("function"));
  judged_.insert(callee);
  const auto arguments = arguments_of(node);
  if (kind_of(callee) == kind("import")) {
    const Values wanted = arguments.empty() ? unknown_value() : evaluate(arguments.front());
    if (wanted.other)
      report(node, RuleClass::module_trick, "import", "import() of a name that is not known here");
    else if (wanted.only_text() != nullptr && wanted.only_text()->find(':') < 8 &&
             (wanted.only_text()->starts_with("data:") || wanted.only_text()->starts_with("http")))
      report(node, RuleClass::dynamic_code, "import",
             fmt::format("import() of an address: {}", effect_of(RuleClass::dynamic_code)));
    else if (const std::string* name = wanted.only_text())
      import_module(node, javascript_module(*name), is_node_module(javascript_module(*name)));
    return;
  }
  judge_constructor_chain(callee);
  for (const Value& value : evaluate(callee).items)
    if (value.kind == Value::Kind::name) judge_named_call(node, value, arguments);
  if (judging() && !made) judge_reference(node);
  if (!judging()) evaluate_call(node);  // remembers the arguments of the program's own functions
  if (kind_of(callee) != kind("member_expression")) return;
  const std::string_view method = text(child(callee, field("property")));
  if (is_one_of(method, {"query", "execute", "run", "exec", "raw", "prepare", "$executeRaw", "$executeRawUnsafe"}) &&
      !arguments.empty()) {
    Values sql = evaluate(arguments.front());
    if (sql.items.empty()) sql = text_value(std::string(leading_text(arguments.front())));
    for (const Value& value : sql.items)
      if (value.kind == Value::Kind::text && changes_database(value.text) && value.text.find(' ') != std::string::npos)
        report(node, RuleClass::database_write, method, fmt::format(".{} with SQL that changes a database", method));
  }
}

void JavaScriptAnalyzer::judge_named_call(Node node, const Value& callee, const std::vector<Node>& arguments) {
  std::string name = callee.text;
  const std::string_view written =
      text(child(node, kind_of(node) == kind("new_expression") ? field("constructor") : field("function")));
  // f.call(x), f.apply(x, [..]), Reflect.apply(f, ...): calls of f.
  for (const std::string_view way : {".call", ".apply"})
    if (name.ends_with(way)) name.resize(name.size() - way.size());
  if (name.find('.') == std::string::npos && methods_.contains(name) && lookup(name) != nullptr) return;
  check_policy(node, name, last_part(name));
  if (judge_special(node, name, arguments)) return;
  if (const RuleRow* row = javascript_rules().of_call(name, callee.annotated))
    report(node, *row, shown_as(name, written));
}

bool JavaScriptAnalyzer::judge_special(Node node, const std::string& name, const std::vector<Node>& arguments) {
  const auto at = [&](std::size_t place) { return place < arguments.size() ? evaluate(arguments[place]) : Values(); };
  if (name == "require" || name.ends_with(".require") || name == "module.createRequire()") {
    const Values wanted = at(0);
    if (wanted.other)
      report(node, RuleClass::module_trick, "require", fmt::format("{} of a name that is not known here", name));
    for (const Value& value : wanted.items)
      if (value.kind == Value::Kind::text && !value.text.starts_with('.') && !value.text.starts_with('/'))
        import_module(node, javascript_module(value.text), is_node_module(javascript_module(value.text)));
    if (name == "process.mainModule.require") return false;
    return true;
  }
  if (name == "fs.open" || name == "fs.openSync") {
    const Values flags = at(1);
    for (const Value& value : flags.items)
      if (value.kind != Value::Kind::text || is_write_flag(value.text))
        report(node, RuleClass::file_write, name, fmt::format("{}: opens a file for writing", name));
    const Node written = arguments.size() > 1 ? arguments[1] : kNoNode;
    const bool function_there =
        kind_of(written) == kind("arrow_function") || kind_of(written) == kind("function_expression");
    if (flags.items.empty() && flags.other && !function_there)
      report(node, RuleClass::file_write, name, fmt::format("{}: opens a file in a mode that is not known here", name));
    return true;
  }
  if (name == "setTimeout" || name == "setInterval" || name == "setImmediate") {
    for (const Value& value : at(0).items)
      if (value.kind == Value::Kind::text)
        report(node, RuleClass::dynamic_code, name,
               fmt::format("{} with a text: {}", name, effect_of(RuleClass::dynamic_code)));
    return true;
  }
  if (name == "Reflect.apply" || name == "Reflect.construct") {
    for (const Value& value : at(0).items)
      if (value.kind == Value::Kind::name)
        if (const RuleRow* row = javascript_rules().of_call(value.text, false)) report(node, *row, value.text);
    return true;
  }
  if (name == "Object.defineProperty" || name == "Reflect.set") {
    for (const Value& value : at(0).items)
      if (value.kind == Value::Kind::name && is_one_of(value.text, {"require", "module", "process", "require.cache"}))
        report(node, RuleClass::introspection, name, fmt::format("{} on {}: changes the runtime", name, value.text));
    return true;
  }
  return false;
}

// (() => {}).constructor("..."), "".sub.constructor("..."), x.constructor.constructor("..."): the Function of the
// runtime without its name.
void JavaScriptAnalyzer::judge_constructor_chain(Node callee) {
  Node object = kNoNode;
  std::string key;
  if (kind_of(callee) == kind("member_expression")) {
    object = child(callee, field("object"));
    key = text(child(callee, field("property")));
  } else if (kind_of(callee) == kind("subscript_expression")) {
    object = child(callee, field("object"));
    const Values index = evaluate(child(callee, field("index")));
    if (index.only_text() != nullptr) key = *index.only_text();
    const bool computed = index.other || index.items.empty();
    const Values base = evaluate(object);
    for (const Value& value : base.items)
      if (computed && value.kind == Value::Kind::name &&
          is_one_of(value.text, {"globalThis", "fs", "child_process", "process", "require", "net", "http", "https"}))
        report(callee, RuleClass::introspection, "computed_member",
               fmt::format("a member of {} by a name that is not known here", value.text));
  }
  if (key != "constructor") return;
  while (kind_of(object) == kind("parenthesized_expression")) object = tree_.first_child(object);
  const Kind one = kind_of(object);
  const std::string_view written = text(object);
  const bool function_object = one == kind("arrow_function") || one == kind("function_expression") ||
                               one == kind("generator_function") || written.ends_with(".constructor") ||
                               written.ends_with("['constructor']") || written.ends_with("[\"constructor\"]") ||
                               written.starts_with("Object.getPrototypeOf(");
  const Values base = evaluate(object);
  const bool own = std::any_of(base.items.begin(), base.items.end(),
                               [](const Value& value) { return value.kind == Value::Kind::function; });
  const bool of_literal = one == kind("member_expression") && (text(child(object, field("object"))).starts_with('"') ||
                                                               text(child(object, field("object"))).starts_with('\'') ||
                                                               text(child(object, field("object"))).starts_with('['));
  if (function_object || own || of_literal)
    report(callee, RuleClass::dynamic_code, "constructor",
           fmt::format("the constructor of a function: {}", effect_of(RuleClass::dynamic_code)));
}

void JavaScriptAnalyzer::judge_reference(Node node) {
  if (!judging() || judged_.contains(node)) return;
  for (const Value& value : evaluate(node).items) {
    if (value.kind != Value::Kind::name) continue;
    // A module is no function: `import axios` is harmless until it is called.
    if (value.text.find('.') == std::string::npos && !is_one_of(value.text, {"eval", "Function", "fetch"})) continue;
    if (const RuleRow* row = javascript_rules().exact(value.text)) report(node, *row, shown_as(value.text, text(node)));
  }
}

}  // namespace rh::agent
