// What expressions of Python stand for, as far as the text shows it.
#include <algorithm>
#include <array>

#include "runner/agent/validate/python.h"
#include "runner/agent/validate/python_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::string_view kStandardModules[] = {
#include "runner/agent/validate/python_modules.inc"
};

// Modules that others import and so hand out as an attribute: random._os, shutil.os, logging.sys.
bool is_handed_out(std::string_view name) {
  return is_one_of(name, {"os", "sys", "subprocess", "socket", "shutil", "builtins", "importlib", "ctypes", "io",
                          "signal", "posix", "pathlib", "multiprocessing", "urllib", "pickle", "marshal", "code"});
}

std::string_view without_underscore(std::string_view name) {
  while (name.starts_with('_')) name.remove_prefix(1);
  return name;
}

// A method of a path that gives a path, or paths, as all of those do that are not listed.
bool gives_no_path(std::string_view method) {
  return is_one_of(method,
                   {"read_text", "read_bytes", "name",        "stem",  "suffix", "suffixes", "as_posix", "as_uri",
                    "exists",    "is_file",    "is_dir",      "stat",  "parts",  "match",    "owner",    "group",
                    "samefile",  "open",       "is_absolute", "lstat", "drive",  "root",     "anchor",   "__str__"});
}

}  // namespace

bool is_standard_python_module(std::string_view name) {
  return std::binary_search(std::begin(kStandardModules), std::end(kStandardModules), name);
}

std::string canonical_python_name(std::string name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kSame{{
      {"__builtins__", "builtins"},
      {"__builtin__", "builtins"},
      {"posix", "os"},
      {"nt", "os"},
      {"posixpath", "os.path"},
      {"io.open", "builtins.open"},
      {"_io.open", "builtins.open"},
      {"pathlib.PosixPath", "pathlib.Path"},
      {"pathlib.WindowsPath", "pathlib.Path"},
      {"io.FileIO", "builtins.open"},
      {"_io.FileIO", "builtins.open"},
      {"multiprocess", "multiprocessing"},
      {"importlib._bootstrap", "importlib"},
      {"torch.multiprocessing", "multiprocessing"},
      {"_posixsubprocess", "_posixsubprocess"},
      {"matplotlib.pylab", "matplotlib.pyplot"},
  }};
  // "from os.path import os": what another module hands out is the module itself.
  const std::size_t first = name.find('.');
  for (std::size_t at = first; at != std::string::npos; at = name.find('.', at + 1)) {
    const std::string_view part = std::string_view(name).substr(at + 1, name.find('.', at + 1) - at - 1);
    const std::string_view module = std::string_view(name).substr(0, at);
    if (is_one_of(part, {"os", "sys", "subprocess", "builtins", "_os", "_sys"}) &&
        module.find('(') == std::string_view::npos && is_standard_python_module(first_part(module))) {
      name = std::string(without_underscore(part)) + name.substr(at + 1 + part.size());
      break;
    }
  }
  for (const auto& [other, usual] : kSame)
    if (name == other || (name.size() > other.size() && name.starts_with(other) && name[other.size()] == '.'))
      return std::string(usual) + name.substr(other.size());
  return name;
}

Values PythonAnalyzer::evaluate_name(std::string_view name) {
  for (auto at = overrides_.rbegin(); at != overrides_.rend(); ++at)
    if (at->first == name) return at->second;
  if (const Values* bound = lookup(name)) return *bound;
  // "from socket import *" gives socket.socket, for which the table has but one row of all.
  for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
    for (const std::string& module : (*at)->wildcards)
      if (module == name || (name.starts_with("create_") && module == "socket"))
        return name_value(canonical_python_name(module + "." + std::string(name)));
  for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
    for (const std::string& module : (*at)->wildcards)
      if (std::string full = module + "." + std::string(name); python_rules().exact(full) != nullptr)
        return name_value(canonical_python_name(std::move(full)));
  if (name == "__builtins__") return name_value("builtins");
  // Code of a session goes on where another cell has imported the module.
  if (name != "code" && name != "sh" && python_rules().knows_root(name) && is_standard_python_module(name))
    return name_value(canonical_python_name(std::string(name)));
  return name_value("builtins." + std::string(name));
}

Values PythonAnalyzer::attribute_of(const Values& object, std::string_view name) {
  Values result;
  for (const Value& value : object.items) {
    if (value.kind != Value::Kind::name) {
      result.other = true;
      continue;
    }
    const std::string& base = value.text;
    if (name == "__call__" || name == "__func__" || name == "__wrapped__") {
      result.add(value);
    } else if (name == "__name__" && is_standard_python_module(base)) {
      result.add(text_value(base));
    } else if (name == "__self__" && base.starts_with("builtins.")) {
      result.add(name_value("builtins"));
    } else if (base == "pathlib.Path()" || base == "pathlib.Path.cwd()" || base == "pathlib.Path.home()") {
      const std::string path = "pathlib.Path()." + std::string(name);
      const bool same = python_rules().exact(path) == nullptr && !gives_no_path(name) && name != "parents";
      result.add(same ? name_value("pathlib.Path()") : name_value(path));
    } else if (is_handed_out(without_underscore(name)) && base != name && base.find('(') == std::string::npos &&
               (is_standard_python_module(base) || name.starts_with('_'))) {
      result.add(name_value(canonical_python_name(std::string(without_underscore(name)))));
    } else if (base.ends_with(".__dict__") || base == "sys.modules" || base == "<globals>") {
      result.add(name_value(base + "." + std::string(name)));
    } else {
      Value member = value;
      member.text = canonical_python_name(base + "." + std::string(name));
      result.add(std::move(member));
    }
  }
  if (object.other || object.items.empty()) result.other = true;
  if (result.items.empty())
    if (const Values* stored = known_field(name)) {
      result.add(*stored);
      result.other = true;
    }
  return result;
}

Values PythonAnalyzer::item_of(const Values& object, const Values& key) {
  Values result;
  result.other = object.other || key.other;
  for (const Value& value : object.items) {
    if (value.kind == Value::Kind::list) {
      for (std::size_t i = 0; i < value.elements->size(); ++i) {
        const auto& [name, element] = (*value.elements)[i];
        const Value* wanted = key.only();
        const auto place = static_cast<std::int64_t>(i), size = static_cast<std::int64_t>(value.elements->size());
        if (wanted == nullptr || (wanted->kind == Value::Kind::text && wanted->text == name) ||
            (wanted->kind == Value::Kind::number && (wanted->number == place || wanted->number + size == place)))
          result.add(element);
      }
    } else if (value.kind == Value::Kind::text) {
      const Value* place = key.only();
      const auto size = static_cast<std::int64_t>(value.text.size());
      if (place != nullptr && place->kind == Value::Kind::number && place->number < size && place->number >= -size)
        result.add(text_value(
            value.text.substr(static_cast<std::size_t>(place->number < 0 ? place->number + size : place->number), 1)));
    } else if (value.kind == Value::Kind::name) {
      const std::string* name = key.only_text();
      std::string_view base = value.text;
      if (name == nullptr) {
        result.add(name_value(value.text + "[]"));
      } else if (base == "sys.modules") {
        result.add(name_value(canonical_python_name(*name)));
      } else if (base == "<globals>") {
        result.add(evaluate_name(*name));
      } else if (base.ends_with(".__dict__") || base == "builtins") {
        if (base != "builtins") base.remove_suffix(9);
        result.add(attribute_of(name_value(std::string(base)), *name));
      } else {
        result.add(name_value(value.text + "[]"));
      }
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values PythonAnalyzer::elements_of(const Values& iterable) {
  Values result;
  result.other = iterable.other;
  for (const Value& value : iterable.items) {
    if (value.kind == Value::Kind::list) {
      for (const auto& [name, element] : *value.elements) result.add(name.empty() ? element : text_value(name));
    } else if (value.kind == Value::Kind::name && value.text == "pathlib.Path()") {
      result.add(value);
    } else if (value.kind == Value::Kind::name) {
      result.add(name_value(value.text + "[]"));
    } else {
      result.other = true;
    }
  }
  if (result.items.empty()) result.other = true;
  return result;
}

Values PythonAnalyzer::evaluate_string(Node node) {
  const std::string_view whole = text(node);
  const std::string_view prefix = whole.substr(0, whole.find_first_of("'\""));
  const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
  Values result = text_value({});
  for (const Node part : Children(tree_, node)) {
    if (kind_of(part) == kind("string_content"))
      result = concatenated(result, text_value(raw ? std::string(text(part)) : unescaped(text(part))));
    else if (kind_of(part) == kind("interpolation"))
      result = concatenated(result, evaluate(child(part, field("expression"))));
  }
  return result;
}

Values PythonAnalyzer::evaluate_operator(Node node) {
  // "a" + "b" + ... leans to the left, as deep as the sum is long.
  std::vector<Node> terms;
  Node left = node;
  while (kind_of(left) == kind("binary_operator") && text(child(left, field("operator"))) == "+") {
    terms.push_back(child(left, field("right")));
    left = child(left, field("left"));
  }
  if (!terms.empty()) {
    Values sum = evaluate(left);
    for (auto term = terms.rbegin(); term != terms.rend() && !sum.items.empty(); ++term)
      sum = concatenated(sum, evaluate(*term));
    return sum;
  }
  const Values a = evaluate(left == node ? child(node, field("left")) : left);
  const std::string_view sign = text(child(node, field("operator")));
  if (sign == "/" && a.has_name("pathlib.Path()")) return name_value("pathlib.Path()");
  const Values b = evaluate(child(node, field("right")));
  if (sign == "/" && b.has_name("pathlib.Path()")) return name_value("pathlib.Path()");
  if (sign == "%") {
    const std::string* form = a.only_text();
    const Value* filling = b.only();
    if (form == nullptr || filling == nullptr) return unknown_value();
    std::string text = *form;
    const auto put = [&](const Values& part) {
      const std::string* word = part.only_text();
      const std::size_t place = text.find("%s");
      if (word == nullptr || place == std::string::npos) return false;
      text.replace(place, 2, *word);
      return true;
    };
    if (filling->kind != Value::Kind::list) return put(b) ? text_value(text) : unknown_value();
    for (const auto& [name, element] : *filling->elements)
      if (!put(element)) return unknown_value();
    return text_value(text);
  }
  const Value* x = a.only();
  const Value* y = b.only();
  if (x == nullptr || y == nullptr || x->kind != Value::Kind::number || y->kind != Value::Kind::number)
    return unknown_value();
  if (sign == "-") return number_value(x->number - y->number);
  if (sign == "^") return number_value(x->number ^ y->number);
  if (sign == "|") return number_value(x->number | y->number);
  if (sign == "*" && x->number < 100000 && y->number < 100000 && x->number > -100000 && y->number > -100000)
    return number_value(x->number * y->number);
  return unknown_value();
}

Values PythonAnalyzer::evaluate_subscript(Node node) {
  const Values object = evaluate(child(node, field("value")));
  const Node key = child(node, field("subscript"));
  if (kind_of(key) != kind("slice")) return item_of(object, evaluate(key));
  const std::string* word = object.only_text();
  std::string slice;
  for (const char c : text(key))
    if (c != ' ') slice += c;
  if (word == nullptr) return unknown_value();
  if (slice == "::-1") return text_value(reversed(*word));
  const std::size_t colon = slice.find(':');
  const auto from = parse_i64(slice.substr(0, colon)), to = parse_i64(slice.substr(colon + 1));
  const auto size = static_cast<std::int64_t>(word->size());
  if ((!from && colon != 0) || (!to && colon + 1 != slice.size())) return unknown_value();
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
  const std::int64_t begin = place(from.value_or(0)), end = place(to.value_or(size));
  return text_value(
      word->substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(std::max(begin, end) - begin)));
}

Values PythonAnalyzer::evaluate_sequence(Node node) {
  Elements elements;
  for (const Node part : tree_.children(node)) {
    if (elements.size() >= kMaxElements) return unknown_value();
    if (kind_of(part) == kind("pair")) {
      const Values key = evaluate(child(part, field("key")));
      elements.emplace_back(key.only_text() != nullptr ? *key.only_text() : std::string(),
                            evaluate(child(part, field("value"))));
    } else {
      elements.emplace_back(std::string(), evaluate(part));
    }
  }
  return list_value(std::move(elements));
}

// [chr(c) for c in (101, 118)]: names are hidden like this.
Values PythonAnalyzer::evaluate_comprehension(Node node) {
  const Node clause = tree_.child_of_kind(node, kind("for_in_clause"));
  const Node target = child(clause, field("left"));
  if (clause == kNoNode || kind_of(target) != kind("identifier") ||
      tree_.child_of_kind(node, kind("if_clause")) != kNoNode)
    return unknown_value();
  const Values source = evaluate(child(clause, field("right")));
  const Value* list = source.only();
  Elements items;
  if (list != nullptr && list->kind == Value::Kind::list)
    items = *list->elements;
  else if (list != nullptr && list->kind == Value::Kind::text && list->text.size() <= kMaxElements)
    for (const char c : list->text) items.emplace_back(std::string(), text_value(std::string(1, c)));
  else
    return unknown_value();
  Elements results;
  for (const auto& [name, item] : items) {
    overrides_.emplace_back(text(target), item);
    results.emplace_back(std::string(), evaluate(child(node, field("body"))));
    overrides_.pop_back();
    if (!results.back().second.known()) return unknown_value();
  }
  return list_value(std::move(results));
}

Values PythonAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("identifier"):
      return evaluate_name(text(node));
    case kind("attribute"):
      return attribute_of(evaluate(child(node, field("object"))), text(child(node, field("attribute"))));
    case kind("call"):
      return evaluate_call(node);
    case kind("subscript"):
      return evaluate_subscript(node);
    case kind("string"):
      return evaluate_string(node);
    case kind("concatenated_string"): {
      Values all = text_value({});
      for (const Node part : tree_.children(node)) all = concatenated(all, evaluate(part));
      return all;
    }
    case kind("binary_operator"):
      return evaluate_operator(node);
    case kind("integer"): {
      std::int64_t number = 0;
      return read_number(text(node), number) ? number_value(number) : unknown_value();
    }
    case kind("unary_operator"): {
      const Values inner = evaluate(child(node, field("argument")));
      const Value* number = inner.only();
      return number != nullptr && number->kind == Value::Kind::number && text(node).starts_with('-')
                 ? number_value(-number->number)
                 : unknown_value();
    }
    case kind("list"):
    case kind("tuple"):
    case kind("set"):
    case kind("dictionary"):
    case kind("expression_list"):
      return evaluate_sequence(node);
    case kind("list_comprehension"):
    case kind("generator_expression"):
      return evaluate_comprehension(node);
    case kind("parenthesized_expression"):
    case kind("await"):
    case kind("type"):
    case kind("keyword_argument"):
      return evaluate(kind_of(node) == kind("keyword_argument") ? child(node, field("value"))
                                                                : tree_.first_child(node));
    case kind("named_expression"):
      return evaluate(child(node, field("value")));
    case kind("conditional_expression"):
    case kind("boolean_operator"): {
      const auto parts = tree_.children(node);
      Values all;
      for (std::size_t i = 0; i < parts.size(); ++i)
        if (kind_of(node) != kind("conditional_expression") || i != 1)
          if (tree_[parts[i]].named) all.add(evaluate(parts[i]));
      return all;
    }
    case kind("lambda"):
      return function_value(node);
    default:
      return unknown_value();
  }
}

}  // namespace rh::agent
