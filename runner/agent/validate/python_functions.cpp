// What calls give in Python: modules by name, decoded texts, results of the program's own functions.
#include <algorithm>

#include "runner/agent/validate/python.h"
#include "runner/base/text.h"

namespace rh::agent {

PythonAnalyzer::Arguments PythonAnalyzer::arguments_of(Node call) const {
  Arguments all;
  const Node list = child(call, field("arguments"));
  if (tree_.kind(list) == kind("generator_expression")) {
    all.positional.push_back(list);
    return all;
  }
  for (const Node part : tree_.children(list)) {
    if (kind_of(part) == kind("keyword_argument"))
      all.named.emplace_back(text(child(part, field("name"))), part);
    else if (kind_of(part) == kind("list_splat") || kind_of(part) == kind("dictionary_splat"))
      all.spread = true;
    else
      all.positional.push_back(part);
  }
  return all;
}

// evaluate() sees through a keyword argument.
Node PythonAnalyzer::argument(const Arguments& all, std::size_t place, std::string_view name) const {
  for (const auto& [key, node] : all.named)
    if (key == name) return node;
  return place < all.positional.size() ? all.positional[place] : kNoNode;
}

Values PythonAnalyzer::evaluate_call(Node node) {
  const Node function_node = child(node, field("function"));
  Values callees;
  if (kind_of(function_node) == kind("attribute")) {
    // The object is looked at once: calls of calls of calls would double the work with each.
    const Values object = evaluate(child(function_node, field("object")));
    const std::string_view name = text(child(function_node, field("attribute")));
    const bool literal = std::any_of(object.items.begin(), object.items.end(), [](const Value& value) {
      return value.kind == Value::Kind::text || value.kind == Value::Kind::list;
    });
    if (literal) return call_on_text(object, name, arguments_of(node));
    callees = attribute_of(object, name);
  } else {
    callees = evaluate(function_node);
  }
  Values result;
  for (const Value& callee : callees.items) result.add(call_value(callee, node));
  if (result.items.empty()) result.other = true;
  return result;
}

Values PythonAnalyzer::call_value(const Value& callee, Node node) {
  const Arguments arguments = arguments_of(node);
  const auto first = [&] { return evaluate(argument(arguments, 0, {})); };
  if (callee.kind == Value::Kind::function) return call_function(callee.function, arguments);
  if (callee.kind != Value::Kind::name) return unknown_value();
  const std::string& name = callee.text;
  if (name.starts_with("@attrgetter:")) return attribute_of(first(), std::string_view(name).substr(12));
  if (name.starts_with("@itemgetter:")) return item_of(first(), text_value(name.substr(12)));
  if (name == "builtins.__import__" || name == "importlib.__import__") return module_named(arguments, true);
  if (name == "importlib.import_module" || name == "importlib.reload" || name == "pkgutil.resolve_name" ||
      name == "imp.load_module")
    return module_named(arguments, false);
  if (name != "builtins.open" && name.starts_with("builtins.") && name.find('.', 9) == std::string::npos &&
      name.find('(') == std::string::npos)
    return call_builtin(std::string_view(name).substr(9), arguments);
  for (const std::string_view getter : {".get", ".pop", ".__getitem__", ".setdefault", ".__getattribute__"}) {
    if (!name.ends_with(getter)) continue;
    const std::string base = name.substr(0, name.size() - getter.size());
    if (getter == ".__getattribute__") {
      const Values wanted = first();
      if (wanted.only_text() != nullptr) return attribute_of(name_value(base), *wanted.only_text());
    } else if (base.ends_with(".__dict__") || base == "sys.modules" || base == "<globals>" || base == "builtins") {
      return item_of(name_value(base), first());
    }
  }
  if (name == "builtins.object.__getattribute__" || name == "builtins.type.__getattribute__") {
    const Values wanted = evaluate(argument(arguments, 1, {}));
    return wanted.only_text() == nullptr ? unknown_value() : attribute_of(first(), *wanted.only_text());
  }
  if (name == "functools.partial" || name == "functools.partialmethod") return first();
  if (name == "operator.attrgetter" || name == "operator.itemgetter" || name == "operator.methodcaller") {
    const Values wanted = first();
    if (wanted.only_text() == nullptr) return unknown_value();
    return name_value((name.ends_with("itemgetter") ? "@itemgetter:" : "@attrgetter:") + *wanted.only_text());
  }
  if (is_one_of(name, {"base64.b64decode", "base64.urlsafe_b64decode", "base64.standard_b64decode",
                       "base64.decodebytes", "binascii.a2b_base64", "binascii.unhexlify", "binascii.a2b_hex",
                       "bytes.fromhex", "builtins.bytes.fromhex", "builtins.bytearray.fromhex", "base64.b16decode",
                       "codecs.decode", "codecs.encode"})) {
    const Values coded = first();
    const Values codec = evaluate(argument(arguments, 1, "encoding"));
    std::string plain;
    if (coded.only_text() == nullptr) return unknown_value();
    if (name.starts_with("codecs.")) {
      if (codec.only_text() == nullptr) return unknown_value();
      if (codec.only_text()->starts_with("rot")) return text_value(rot13(*coded.only_text()));
      const bool hex = codec.only_text()->starts_with("hex");
      return (hex ? decode_hex : decode_base64)(*coded.only_text(), plain) ? text_value(plain) : unknown_value();
    }
    const bool base64 = name.find("64") != std::string::npos || name == "base64.decodebytes";
    return (base64 ? decode_base64 : decode_hex)(*coded.only_text(), plain) ? text_value(plain) : unknown_value();
  }
  if (name == "sqlite3.connect") {
    const Values file = evaluate(argument(arguments, 0, "database"));
    if (file.only_text() != nullptr && *file.only_text() == ":memory:") return name_value("memory_database()");
  }
  if (name == "builtins.open") {
    const Node mode = argument(arguments, 1, "mode");
    if (mode == kNoNode || (evaluate(mode).known() && !opens_for_writing(evaluate(mode))))
      return name_value("reader()");
  }
  if (name == "pathlib.Path.cwd" || name == "pathlib.Path.home") return name_value("pathlib.Path()");
  if (name == "os.path.join") return unknown_value();
  Value made = callee;
  made.text = name == "pathlib.Path()" ? name : name + "()";
  made.annotated = false;
  Values result;
  result.add(std::move(made));
  return result;
}

Values PythonAnalyzer::call_function(Node node, const Arguments& arguments) {
  Function& known = function(node);
  const std::size_t skip = !known.parameters.empty() && is_one_of(known.parameters.front(), {"self", "cls"}) ? 1 : 0;
  known.arguments.resize(std::max(known.arguments.size(), known.parameters.size()));
  for (std::size_t i = 0; i < arguments.positional.size() && i + skip < known.parameters.size(); ++i)
    known.arguments[i + skip].add(evaluate(arguments.positional[i]));
  for (const auto& [name, value] : arguments.named)
    for (std::size_t i = 0; i < known.parameters.size(); ++i)
      if (known.parameters[i] == name) known.arguments[i].add(evaluate(value));
  return known.returns;
}

Values PythonAnalyzer::module_named(const Arguments& arguments, bool top) {
  const Values wanted = evaluate(argument(arguments, 0, "name"));
  Values result;
  for (const Value& value : wanted.items) {
    if (value.kind == Value::Kind::name) result.add(value);  // importlib.reload(os)
    if (value.kind != Value::Kind::text) continue;
    const bool whole = !top || arguments.positional.size() > 3 || argument(arguments, 3, "fromlist") != kNoNode;
    result.add(name_value(canonical_python_name(whole ? value.text : std::string(first_part(value.text)))));
  }
  result.other = result.other || wanted.other || result.items.empty();
  return result;
}

Values PythonAnalyzer::call_builtin(std::string_view name, const Arguments& arguments) {
  const auto at = [&](std::size_t place) { return evaluate(argument(arguments, place, {})); };
  const std::string full = "builtins." + std::string(name);
  if (name == "getattr") {
    const Values object = at(0), wanted = at(1);
    Values result;
    for (const Value& one : wanted.items)
      if (one.kind == Value::Kind::text) result.add(attribute_of(object, one.text));
    result.other = result.other || wanted.other || result.items.empty();
    return result;
  }
  if (name == "vars" || name == "globals" || name == "locals") {
    if (arguments.positional.empty()) return name_value("<globals>");
    return attribute_of(at(0), "__dict__");
  }
  if (name == "chr") {
    const Values code = at(0);
    const Value* number = code.only();
    if (number != nullptr && number->kind == Value::Kind::number) return text_value(utf8_of(number->number));
    return unknown_value();
  }
  if (name == "ord") {
    const Values letter = at(0);
    if (letter.only_text() != nullptr && letter.only_text()->size() == 1)
      return number_value(static_cast<unsigned char>(letter.only_text()->front()));
    return unknown_value();
  }
  if (name == "bytes" || name == "bytearray") {
    const Values list = at(0);
    const Value* value = list.only();
    if (value != nullptr && value->kind == Value::Kind::text) return list;
    if (value == nullptr || value->kind != Value::Kind::list) return name_value(full + "()");
    std::string text;
    for (const auto& [key, element] : *value->elements) {
      const Value* number = element.only();
      if (number == nullptr || number->kind != Value::Kind::number) return unknown_value();
      text += static_cast<char>(static_cast<unsigned char>(number->number));
    }
    return text_value(std::move(text));
  }
  if (name == "map" && arguments.positional.size() == 2) {
    const Values source = at(1);
    const Value* list = source.only();
    if (list == nullptr || list->kind != Value::Kind::list || !at(0).has_name("builtins.chr")) return unknown_value();
    Elements letters;
    for (const auto& [key, element] : *list->elements) {
      const Value* number = element.only();
      if (number == nullptr || number->kind != Value::Kind::number) return unknown_value();
      letters.emplace_back(std::string(), text_value(utf8_of(number->number)));
    }
    return list_value(std::move(letters));
  }
  if (name == "reversed") {
    const Values word = at(0);
    if (word.only_text() != nullptr) return text_value(rh::agent::reversed(*word.only_text()));
  }
  if (is_one_of(name, {"str", "list", "tuple", "sorted", "reversed", "iter", "next", "set", "enumerate", "zip"})) {
    const Values inner = at(0);
    if (name == "next") return elements_of(inner);
    if (name == "str" || name == "list" || name == "tuple" || name == "iter" || name == "sorted") {
      const Value* value = inner.only();
      if (value != nullptr && (value->kind != Value::Kind::name || name != "str")) return inner;
    }
    return unknown_value();
  }
  return name_value(full + "()");
}

Values PythonAnalyzer::call_on_text(const Values& object, std::string_view method, const Arguments& arguments) {
  const auto at = [&](std::size_t place) { return evaluate(argument(arguments, place, {})); };
  const Value* value = object.only();
  if (value == nullptr) return unknown_value();
  if (value->kind == Value::Kind::list) {
    if (method == "get") return item_of(object, at(0));
    if (method == "pop") return elements_of(object);
    if (method == "values") return object;
    return unknown_value();
  }
  const std::string& text = value->text;
  if (method == "join") return joined(object, at(0));
  if (method == "lower" || method == "casefold") return text_value(lower_case(text));
  if (method == "upper") return text_value(upper_case(text));
  if (method == "strip" && arguments.positional.empty()) return text_value(std::string(trim(text)));
  if (method == "decode" || method == "encode") {
    const Values codec = at(0);
    return codec.only_text() != nullptr && codec.only_text()->starts_with("rot") ? text_value(rot13(text)) : object;
  }
  if (method == "replace") {
    const Values from = at(0), to = at(1);
    if (from.only_text() != nullptr && to.only_text() != nullptr)
      return text_value(replaced(text, *from.only_text(), *to.only_text()));
  }
  if (method == "fromhex") {
    std::string bytes;
    const Values hex = at(0);
    if (hex.only_text() != nullptr && decode_hex(*hex.only_text(), bytes)) return text_value(bytes);
  }
  if (method == "format") {
    std::string filled = text;
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
      const Values part = at(i);
      if (part.only_text() == nullptr) return unknown_value();
      const std::string numbered = "{" + std::to_string(i) + "}";
      const std::size_t place = filled.find("{}");
      if (filled.find(numbered) != std::string::npos)
        filled = replaced(filled, numbered, *part.only_text());
      else if (place != std::string::npos)
        filled.replace(place, 2, *part.only_text());
    }
    return filled.find('{') == std::string::npos ? text_value(filled) : unknown_value();
  }
  if (method == "split") {
    const Values separator = at(0);
    const std::string* by = separator.only_text();
    if (!arguments.positional.empty() && (by == nullptr || by->size() != 1)) return unknown_value();
    Elements parts;
    for (const std::string_view part : rh::split(text, by == nullptr ? ' ' : by->front()))
      parts.emplace_back(std::string(), text_value(std::string(part)));
    return list_value(std::move(parts));
  }
  return unknown_value();
}

}  // namespace rh::agent
