// Judgement of what leads to the insides of the interpreter, of names that hide, and of texts that are code, places or
// settings.
#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/python.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// Readers of tables take addresses as well as names of files.
bool reads_from_network(std::string_view name, const Values& source) {
  const bool reader = name.starts_with("pandas.read_") || name.starts_with("polars.read_") ||
                      name.starts_with("polars.scan_") || name.starts_with("dask.dataframe.read_") ||
                      is_one_of(name, {"numpy.loadtxt", "numpy.genfromtxt", "numpy.DataSource().open",
                                       "matplotlib.pyplot.imread", "imageio.imread", "xarray.open_dataset",
                                       "skimage.io.imread", "geopandas.read_file", "smart_open.open", "fsspec.open"});
  return reader && std::any_of(source.items.begin(), source.items.end(), [](const Value& value) {
           if (value.kind != Value::Kind::text) return false;
           const std::size_t scheme = value.text.find("://");
           return scheme != std::string::npos && scheme > 1 && scheme < 8 && !value.text.starts_with("file:");
         });
}

// {0.__class__} in a text that is filled in leads to the insides as well as an attribute does.
bool has_inner_field(const std::string& form) {
  for (std::size_t at = form.find('{'); at != std::string::npos; at = form.find('{', at + 1)) {
    const std::string_view field = std::string_view(form).substr(at, form.find('}', at) - at);
    if (field.find(".__") != std::string_view::npos || field.find("[__") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

void PythonAnalyzer::judge_format(Node node, Node callee) {
  if (kind_of(callee) == kind("attribute") &&
      is_one_of(text(child(callee, field("attribute"))), {"format", "format_map"}))
    if (const Values form = evaluate(child(callee, field("object")));
        form.only_text() != nullptr && has_inner_field(*form.only_text()))
      report(node, RuleClass::introspection, "format",
             fmt::format("format of an inner attribute: {}", effect_of(RuleClass::introspection)));
}

bool PythonAnalyzer::judge_inner_text(Node node, std::string_view name, const Arguments& arguments) {
  const auto at = [&](std::size_t place, std::string_view key) { return evaluate(argument(arguments, place, key)); };
  if (reads_from_network(name, at(0, {}))) {
    report(node, RuleClass::network, name, fmt::format("{} of an address: {}", name, effect_of(RuleClass::network)));
    return true;
  }
  if (name == "functools.reduce" && at(0, {}).has_name("builtins.getattr")) {
    report(node, RuleClass::introspection, "getattr", "reduce over getattr: reaches members by names in a list");
    return true;
  }
  if (is_one_of(name, {"timeit.timeit", "timeit.repeat", "timeit.Timer", "cProfile.run", "profile.run"})) {
    for (const std::string_view key : {"stmt", "setup"})
      if (const Values code = at(key == "stmt" ? 0 : 1, key); code.only_text() != nullptr)
        judge_inner(node, Language::python, *code.only_text());
    return true;
  }
  if (name == "os.environ.update" || name == "os.putenv" || name == "os.environ.setdefault" ||
      name == "os.environ.__setitem__") {
    judge_environment(node, at(0, "key"));
    for (const auto& [key, value] : arguments.named) judge_environment(node, text_value(key));
    return true;
  }
  return false;
}

// What the loader and the interpreter obey in whatever is started afterwards.
void PythonAnalyzer::judge_environment(Node node, const Values& name) {
  const auto judge_name = [&](const std::string& one) {
    if (one.starts_with("LD_") || one.starts_with("DYLD_") ||
        is_one_of(one, {"PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS"}))
      report(node, RuleClass::native_code, "os.environ",
             fmt::format("{} in os.environ: changes what other programs load or run", one));
  };
  for (const Value& value : name.items) {
    if (value.kind == Value::Kind::text) judge_name(value.text);
    if (value.kind == Value::Kind::list)
      for (const auto& [key, element] : *value.elements) judge_name(key);
  }
}

// Python takes 𝐞val and ｅval for eval: letters of these blocks stand for those of ASCII in names.
void PythonAnalyzer::judge_letters(Node node) {
  const std::string_view name = text(node);
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(name[at]); };
  for (std::size_t at = 0; at + 2 < name.size(); ++at) {
    const bool full_width = byte(at) == 0xef && (byte(at + 1) == 0xbc || byte(at + 1) == 0xbd);
    const bool mathematical = byte(at) == 0xf0 && byte(at + 1) == 0x9d && byte(at + 2) >= 0x90;
    const bool letter_like = byte(at) == 0xe2 && (byte(at + 1) == 0x84 || byte(at + 1) == 0x81);
    if (!full_width && !mathematical && !letter_like) continue;
    return report(node, RuleClass::module_trick, "look_alike",
                  fmt::format("{}: letters that Python takes for other ones hide what a name is", name));
  }
}

// Attributes that lead from any object to everything that is loaded.
void PythonAnalyzer::judge_inside(Node node) {
  const std::string_view name = text(child(node, field("attribute")));
  if (!name.starts_with("__") && !name.starts_with("f_") && !name.ends_with("_frame") && name != "mro") return;
  const Node object_node = child(node, field("object"));
  const std::string_view object = text(object_node);
  const bool from_instance = object.ends_with("__class__") || object.ends_with("__base__") ||
                             object.ends_with("__mro__") || object.ends_with(']') || object.ends_with("mro()") ||
                             object.starts_with("type(") || object == "object";
  const bool always = is_one_of(
      name, {"__globals__", "__builtins__", "f_globals", "f_locals", "f_builtins", "f_back", "gi_frame", "cr_frame",
             "ag_frame", "tb_frame", "__closure__", "__code__", "__getattribute__", "__reduce_ex__"});
  const bool chained = is_one_of(name, {"__subclasses__", "__base__", "__bases__", "__mro__", "mro"}) && from_instance;
  if (name == "__getattribute__" && object.starts_with("super(")) return;
  if (!always && !chained) return;
  // Code that is put together anew, not looked at.
  const bool changed = is_one_of(name, {"__code__", "__closure__", "__globals__"}) &&
                       (text(tree_.parent(node)).substr(text(node).size()).starts_with(".replace") ||
                        (kind_of(tree_.parent(node)) == kind("assignment") && tree_.field(node) == field("left")));
  const bool usual = !changed && is_one_of(name, {"__code__", "__closure__", "tb_frame", "__getattribute__", "f_back",
                                                  "__reduce_ex__"});
  report(node, RuleClass::introspection, name, fmt::format("{}: {}", name, effect_of(RuleClass::introspection)),
         usual ? Severity::warn : Severity::block);
}

}  // namespace rh::agent
