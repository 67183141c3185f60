// What expressions of JavaScript stand for, as far as the text shows it.
#include <algorithm>

#include "runner/agent/validate/javascript.h"
#include "runner/agent/validate/javascript_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::string_view kNodeModules[] = {"assert",
                                             "async_hooks",
                                             "buffer",
                                             "child_process",
                                             "cluster",
                                             "console",
                                             "constants",
                                             "crypto",
                                             "dgram",
                                             "diagnostics_channel",
                                             "dns",
                                             "domain",
                                             "events",
                                             "fs",
                                             "http",
                                             "http2",
                                             "https",
                                             "inspector",
                                             "module",
                                             "net",
                                             "os",
                                             "path",
                                             "perf_hooks",
                                             "process",
                                             "punycode",
                                             "querystring",
                                             "readline",
                                             "repl",
                                             "sqlite",
                                             "stream",
                                             "string_decoder",
                                             "sys",
                                             "test",
                                             "timers",
                                             "tls",
                                             "trace_events",
                                             "tty",
                                             "url",
                                             "util",
                                             "v8",
                                             "vm",
                                             "wasi",
                                             "worker_threads",
                                             "zlib"};

bool is_global_object(std::string_view name) {
  return is_one_of(name, {"globalThis", "global", "window", "self", "root", "frames", "top"});
}

}  // namespace

std::string javascript_module(std::string_view name) {
  if (name.starts_with("node:")) name.remove_prefix(5);
  if (name == "fs-extra" || name == "graceful-fs" || name == "fs/promises" || name == "original-fs" || name == "mz/fs")
    return "fs";
  if (name == "dns/promises") return "dns";
  return std::string(name);
}

bool is_node_module(std::string_view name) {
  return std::find(std::begin(kNodeModules), std::end(kNodeModules), name.substr(0, name.find('/'))) !=
         std::end(kNodeModules);
}

std::vector<Node> JavaScriptAnalyzer::arguments_of(Node call) const {
  const Node list = child(call, field("arguments"));
  return kind_of(list) == kind("arguments") ? tree_.children(list) : std::vector<Node>{};
}

Values JavaScriptAnalyzer::evaluate_name(std::string_view name) {
  if (const Values* bound = lookup(name)) return *bound;
  if (is_global_object(name)) return name_value("globalThis");
  return name_value(std::string(name));
}

Values JavaScriptAnalyzer::member_of(const Values& object, const Values& key) {
  Values result;
  result.other = object.other || key.other;
  const Value* wanted = key.only();
  for (const Value& value : object.items) {
    if (wanted == nullptr) {
      result.other = true;
    } else if (value.kind == Value::Kind::list) {
      for (std::size_t i = 0; i < value.elements->size(); ++i) {
        const auto& [name, element] = (*value.elements)[i];
        if ((wanted->kind == Value::Kind::text && wanted->text == name && !name.empty()) ||
            (wanted->kind == Value::Kind::number && wanted->number == static_cast<std::int64_t>(i)))
          result.add(element);
      }
    } else if (value.kind == Value::Kind::text) {
      if (wanted->kind == Value::Kind::number && wanted->number >= 0 &&
          wanted->number < static_cast<std::int64_t>(value.text.size()))
        result.add(text_value(value.text.substr(static_cast<std::size_t>(wanted->number), 1)));
    } else if (value.kind == Value::Kind::function && wanted->kind == Value::Kind::text &&
               wanted->text == "constructor") {
      result.add(name_value("Function"));
    } else if (value.kind == Value::Kind::name && wanted->kind == Value::Kind::text) {
      const std::string& name = wanted->text;
      if (value.text == "globalThis")
        result.add(evaluate_name(name));
      else if (name == "default" || name == "promises" || name == "__esModule")
        result.add(value);  // of a module imported as a whole
      else
        result.add(name_value(value.text + "." + name));
    }
  }
  if (result.items.empty()) {
    result.other = true;
    if (wanted != nullptr && wanted->kind == Value::Kind::text)
      if (const Values* stored = known_field(wanted->text)) result.add(*stored);
  }
  return result;
}

Values JavaScriptAnalyzer::evaluate_template(Node node) {
  Values result = text_value({});
  for (const Node part : Children(tree_, node)) {
    if (kind_of(part) == kind("string_fragment") || kind_of(part) == kind("escape_sequence"))
      result = concatenated(result, text_value(unescaped(text(part))));
    else if (kind_of(part) == kind("template_substitution"))
      result = concatenated(result, evaluate(tree_.first_child(part)));
  }
  return result;
}

Values JavaScriptAnalyzer::evaluate_operator(Node node) {
  const std::string_view sign = text(child(node, field("operator")));
  std::vector<Node> terms;
  Node left = node;
  while (kind_of(left) == kind("binary_expression") && text(child(left, field("operator"))) == sign &&
         (sign == "+" || sign == "||" || sign == "??" || sign == "&&")) {
    terms.push_back(child(left, field("right")));
    left = child(left, field("left"));
  }
  if (terms.empty()) return unknown_value();
  Values all = evaluate(left);
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    if (sign == "+")
      all = concatenated(all, evaluate(*term));
    else
      all.add(evaluate(*term));
    if (all.items.empty() && sign == "+") break;
  }
  return all;
}

Values JavaScriptAnalyzer::evaluate_object(Node node) {
  Elements elements;
  for (const Node part : tree_.children(node)) {
    if (elements.size() >= kMaxElements) return unknown_value();
    if (kind_of(part) == kind("pair")) {
      const Node key = child(part, field("key"));
      const Values name = kind_of(key) == kind("string") ? evaluate(key) : text_value(std::string(text(key)));
      elements.emplace_back(name.only_text() != nullptr ? *name.only_text() : std::string(),
                            evaluate(child(part, field("value"))));
    } else if (kind_of(part) == kind("shorthand_property_identifier")) {
      elements.emplace_back(text(part), evaluate_name(text(part)));
    } else if (kind_of(node) == kind("array")) {
      elements.emplace_back(std::string(), evaluate(part));
    }
  }
  return list_value(std::move(elements));
}

Values JavaScriptAnalyzer::call_on_value(const Values& object, std::string_view method,
                                         const std::vector<Node>& arguments) {
  const auto at = [&](std::size_t place) {
    return place < arguments.size() ? evaluate(arguments[place]) : unknown_value();
  };
  const Value* value = object.only();
  if (value == nullptr) return unknown_value();
  if (value->kind == Value::Kind::list) {
    if (method == "join") return joined(arguments.empty() ? text_value(",") : at(0), object);
    if (method == "reverse") {
      Elements turned = *value->elements;
      std::reverse(turned.begin(), turned.end());
      return list_value(std::move(turned));
    }
    if (method == "pop" && !value->elements->empty()) return value->elements->back().second;
    if (method == "at" || method == "shift") return member_of(object, method == "at" ? at(0) : number_value(0));
    return unknown_value();
  }
  const std::string& word = value->text;
  if (method == "concat") return concatenated(object, at(0));
  if (method == "toLowerCase") return text_value(lower_case(word));
  if (method == "toUpperCase") return text_value(upper_case(word));
  if (method == "trim") return text_value(std::string(trim(word)));
  if (method == "toString" || method == "valueOf") return object;
  if (method == "charAt") return member_of(object, at(0));
  if (method == "split") {
    const Values by = at(0);
    if (by.only_text() == nullptr || by.only_text()->size() > 1) return unknown_value();
    Elements parts;
    if (by.only_text()->empty())
      for (const char c : word.substr(0, kMaxElements))
        parts.emplace_back(std::string(), text_value(std::string(1, c)));
    else
      for (const std::string_view part : rh::split(word, by.only_text()->front()))
        parts.emplace_back(std::string(), text_value(std::string(part)));
    return list_value(std::move(parts));
  }
  if (method == "replace" || method == "replaceAll") {
    const Values from = at(0), to = at(1);
    if (from.only_text() != nullptr && to.only_text() != nullptr)
      return text_value(replaced(word, *from.only_text(), *to.only_text()));
  }
  if (method == "slice" || method == "substring" || method == "substr") {
    const Values from = at(0), to = at(1);
    const auto size = static_cast<std::int64_t>(word.size());
    const Value* begin = from.only();
    const Value* end = to.only();
    if (begin == nullptr || begin->kind != Value::Kind::number || method == "substr") return unknown_value();
    const auto place = [&](std::int64_t one) { return std::clamp<std::int64_t>(one < 0 ? one + size : one, 0, size); };
    const std::int64_t first = place(begin->number);
    const std::int64_t last = end != nullptr && end->kind == Value::Kind::number ? place(end->number) : size;
    return text_value(word.substr(static_cast<std::size_t>(first),
                                  static_cast<std::size_t>(std::max(last - first, std::int64_t{0}))));
  }
  return unknown_value();
}

Values JavaScriptAnalyzer::call_named(const Value& callee, const std::vector<Node>& arguments) {
  const auto at = [&](std::size_t place) {
    return place < arguments.size() ? evaluate(arguments[place]) : unknown_value();
  };
  const std::string& name = callee.text;
  const std::string_view last = last_part(name);
  if (name == "require" || name == "import" || name.ends_with(".require") || name == "module._load" ||
      name == "process.getBuiltinModule" || name == "module.createRequire()" || name == "module.constructor._load") {
    const Values wanted = at(0);
    Values result;
    for (const Value& value : wanted.items)
      if (value.kind == Value::Kind::text) result.add(name_value(javascript_module(value.text)));
    result.other = result.items.empty();
    return result;
  }
  if (name == "String.fromCharCode" || name == "String.fromCodePoint") {
    std::string word;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const Values code = at(i);
      if (code.only() == nullptr || code.only()->kind != Value::Kind::number) return unknown_value();
      word += utf8_of(code.only()->number);
    }
    return text_value(std::move(word));
  }
  if (name == "atob" || name == "Buffer.from" || name == "unescape" || name == "decodeURIComponent") {
    const Values coded = at(0), codec = at(1);
    std::string plain;
    const std::string* word = coded.only_text();
    if (word == nullptr) return unknown_value();
    if (name == "atob" || (codec.only_text() != nullptr && codec.only_text()->starts_with("base64")))
      return decode_base64(*word, plain) ? text_value(plain) : unknown_value();
    if (codec.only_text() != nullptr && *codec.only_text() == "hex")
      return decode_hex(*word, plain) ? text_value(plain) : unknown_value();
    return text_value(*word);
  }
  if ((name == "Promise.resolve" || name == "Object.freeze" || name == "Object.seal" || name == "structuredClone" ||
       name == "Object.create") &&
      !arguments.empty())
    return at(0);
  if (name == "Reflect.get" && arguments.size() > 1) return member_of(at(0), at(1));
  if (name == "util.promisify" || name == "util.callbackify") return at(0);
  if (last == "bind") {
    Values bound;
    bound.add(name_value(name.substr(0, name.size() - 5)));
    return bound;
  }
  if (last == "then" && !arguments.empty()) {  // import("fs").then((fs) => ...)
    const Values then = at(0);
    const Value* callback = then.only();
    if (callback == nullptr || callback->kind != Value::Kind::function) return unknown_value();
    Function& known = function(callback->function);
    if (known.arguments.empty()) known.arguments.resize(1);
    known.arguments.front().add(name_value(name.substr(0, name.size() - 5)));
    return known.returns;
  }
  return name_value(name + "()");
}

Values JavaScriptAnalyzer::evaluate_call(Node node) {
  const Node callee = child(node, kind_of(node) == kind("new_expression") ? field("constructor") : field("function"));
  const auto arguments = arguments_of(node);
  Values callees;
  if (kind_of(callee) == kind("member_expression")) {
    // The object is looked at once: calls of calls of calls would double the work with each.
    const Values object = evaluate(child(callee, field("object")));
    const bool literal = std::any_of(object.items.begin(), object.items.end(), [](const Value& value) {
      return value.kind == Value::Kind::text || value.kind == Value::Kind::list;
    });
    const std::string_view method = text(child(callee, field("property")));
    callees = member_of(object, text_value(std::string(method)));
    if (literal && (callees.items.empty() || !known_field(method))) return call_on_value(object, method, arguments);
  } else if (kind_of(callee) != kind("import")) {
    callees = evaluate(callee);
  }
  if (kind_of(callee) == kind("import")) {
    Value import;
    import.text = "import";
    return call_named(import, arguments);
  }
  Values result;
  for (const Value& value : callees.items) {
    if (value.kind == Value::Kind::function) {
      Function& known = function(value.function);
      known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
      for (std::size_t i = 0; i < std::min(arguments.size(), known.arguments.size()); ++i)
        known.arguments[i].add(evaluate(arguments[i]));
      result.add(known.returns);
    } else if (value.kind == Value::Kind::name) {
      result.add(call_named(value, arguments));
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values JavaScriptAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("identifier"):
    case kind("shorthand_property_identifier"):  // \u0065val is eval
      return text(node).find('\\') == std::string_view::npos ? evaluate_name(text(node))
                                                             : evaluate_name(unescaped(text(node)));
    case kind("this"):
      return unknown_value();
    case kind("member_expression"):
      return member_of(evaluate(child(node, field("object"))),
                       text_value(unescaped(text(child(node, field("property"))))));
    case kind("subscript_expression"):
      return member_of(evaluate(child(node, field("object"))), evaluate(child(node, field("index"))));
    case kind("call_expression"):
    case kind("new_expression"):
      return evaluate_call(node);
    case kind("string"):
    case kind("template_string"):
      return evaluate_template(node);
    case kind("number"): {
      std::int64_t number = 0;
      return read_number(text(node), number) ? number_value(number) : unknown_value();
    }
    case kind("binary_expression"):
      return evaluate_operator(node);
    case kind("object"):
    case kind("array"):
      return evaluate_object(node);
    case kind("ternary_expression"): {
      Values both = evaluate(child(node, field("consequence")));
      both.add(evaluate(child(node, field("alternative"))));
      return both;
    }
    case kind("parenthesized_expression"):
    case kind("await_expression"):
      return evaluate(tree_.first_child(node));
    case kind("sequence_expression"):  // (0, eval)("...")
      return evaluate(tree_.children(node).back());
    case kind("assignment_expression"):
      return evaluate(child(node, field("right")));
    case kind("function_expression"):
    case kind("generator_function"):
    case kind("arrow_function"):
      return function_value(node);
    default:
      return unknown_value();
  }
}

}  // namespace rh::agent
