// Judgement of what Python code calls, hands on and reaches for.
#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/python.h"
#include "runner/agent/validate/python_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// How a name is told: as people write it.
std::string shown(std::string_view name) {
  if (name.starts_with("builtins.")) name.remove_prefix(9);
  return std::string(name);
}

std::string shown_as(std::string_view name, std::string_view written) {
  const std::string usual = shown(name);
  if (written.empty() || written == usual || written.size() > 60 || written.find('\n') != std::string_view::npos)
    return usual;
  return fmt::format("{} (written {})", usual, written);
}

bool is_exception_type(std::string_view name) {
  const std::string_view last = last_part(name);
  return last.ends_with("Error") || last.ends_with("Exception") || last.ends_with("Warning") ||
         last.ends_with("Expired");
}

// Functions that open a file with a mode among their arguments: its place, and its keyword.
struct Opener {
  std::string_view name, keyword, usual;
  std::size_t place;
};
constexpr Opener kOpeners[]{
    {"builtins.open", "mode", "r", 1},     {"codecs.open", "mode", "r", 1},
    {"gzip.open", "mode", "r", 1},         {"bz2.open", "mode", "r", 1},
    {"lzma.open", "mode", "r", 1},         {"gzip.GzipFile", "mode", "r", 1},
    {"bz2.BZ2File", "mode", "r", 1},       {"lzma.LZMAFile", "mode", "r", 1},
    {"tarfile.open", "mode", "r", 1},      {"tarfile.TarFile.open", "mode", "r", 1},
    {"tarfile.TarFile", "mode", "r", 1},   {"zipfile.ZipFile", "mode", "r", 1},
    {"os.fdopen", "mode", "r", 1},         {"pathlib.Path().open", "mode", "r", 0},
    {"wave.open", "mode", "r", 1},         {"aiofiles.open", "mode", "r", 1},
    {"h5py.File", "mode", "r", 1},         {"tokenize.open", "", "r", 9},
    {"fileinput.input", "inplace", "", 1}, {"builtins.file", "mode", "r", 1},
    {"rasterio.open", "mode", "r", 1},     {"pathlib.Path.open", "mode", "r", 1},
    {"smart_open.open", "mode", "r", 1},   {"fsspec.open", "mode", "r", 1},
    {"netCDF4.Dataset", "mode", "r", 1},   {"zarr.open", "mode", "r", 1},
    {"uproot.recreate", "", "w", 9},
};

bool is_nowhere(const Values& file) {
  return file.has_name("os.devnull") || std::any_of(file.items.begin(), file.items.end(), [](const Value& value) {
           return value.kind == Value::Kind::text && is_one_of(value.text, {"/dev/null", "/dev/stdout", "/dev/stderr"});
         });
}

// Methods that write wherever they stand, unless a class of the program has one of that name.
constexpr RuleRow kMethods[]{
    {"write_text", RuleClass::file_write},
    {"write_bytes", RuleClass::file_write},
    {"to_csv", RuleClass::file_write},
    {"to_excel", RuleClass::file_write},
    {"to_parquet", RuleClass::file_write},
    {"to_pickle", RuleClass::file_write},
    {"to_feather", RuleClass::file_write},
    {"to_hdf", RuleClass::file_write},
    {"to_stata", RuleClass::file_write},
    {"savefig", RuleClass::file_write},
    {"to_json", RuleClass::file_write},
    {"to_html", RuleClass::file_write},
    {"to_latex", RuleClass::file_write},
    {"to_xml", RuleClass::file_write},
    {"to_markdown", RuleClass::file_write},
    {"to_netcdf", RuleClass::file_write},
    {"to_zarr", RuleClass::file_write},
    {"to_orc", RuleClass::file_write},
    {"tofile", RuleClass::file_write},
    {"write_image", RuleClass::file_write},
    {"write_html", RuleClass::file_write},
    {"write_parquet", RuleClass::file_write},
    {"write_csv", RuleClass::file_write},
    {"to_sql", RuleClass::database_write},
    {"insert_one", RuleClass::database_write},
    {"insert_many", RuleClass::database_write},
    {"update_one", RuleClass::database_write},
    {"update_many", RuleClass::database_write},
    {"replace_one", RuleClass::database_write},
    {"delete_one", RuleClass::database_write},
    {"delete_many", RuleClass::database_write},
    {"drop_collection", RuleClass::database_write},
    {"drop_database", RuleClass::database_write},
    {"bulk_write", RuleClass::database_write},
    {"bulk_save_objects", RuleClass::database_write},
    {"executemany", RuleClass::database_write},
    {"executescript", RuleClass::database_write},
};

}  // namespace

bool PythonAnalyzer::opens_for_writing(const Values& mode) const {
  return std::any_of(mode.items.begin(), mode.items.end(), [](const Value& value) {
    return value.kind == Value::Kind::text && value.text.size() < 8 &&
           value.text.find_first_of("wax+") != std::string::npos;
  });
}

void PythonAnalyzer::judge_call(Node node) {
  const Node callee = child(node, field("function"));
  judged_.insert(callee);
  const Arguments arguments = arguments_of(node);
  const Values values = evaluate(callee);
  bool named = false;
  judge_format(node, callee);
  for (const Value& value : values.items) {
    if (value.kind == Value::Kind::function) call_function(value.function, arguments);  // remembers the arguments
    if (value.kind != Value::Kind::name) continue;
    named = true;
    judge_named_call(node, value, arguments);
  }
  if (kind_of(callee) == kind("attribute") && !(named && values.items.front().text.starts_with("builtins.open")))
    judge_method(node, text(child(callee, field("attribute"))), arguments);
  // What a call gives can be the thing itself: getattr(os, "system").
  if (judging()) judge_reference(node);
}

void PythonAnalyzer::judge_named_call(Node node, const Value& callee, const Arguments& arguments) {
  std::string name = callee.text;
  if (name.starts_with("@attrgetter:")) {  // methodcaller("system", "ls")(os)
    const Values target = attribute_of(evaluate(argument(arguments, 0, {})), std::string_view(name).substr(12));
    if (target.items.empty() || target.items.front().kind != Value::Kind::name) return;
    name = target.items.front().text;
  }
  const std::string_view last = last_part(name);
  check_policy(node, shown(name), last);
  const Node place = child(node, field("function"));
  if (judge_open(node, name, arguments) || judge_special(node, name, arguments)) return;
  const RuleRow* row = python_rules().of_call(name, callee.annotated);
  if (row == nullptr || is_exception_type(name)) return;
  report(node, *row, shown_as(name, text(place)));
}

bool PythonAnalyzer::judge_open(Node node, std::string_view name, const Arguments& arguments) {
  if (name == "os.open") {
    const Node flags = argument(arguments, 1, "flags");
    const std::string_view written = text(flags);
    const Values value = evaluate(flags);
    const bool writes =
        written.find("O_WRONLY") != std::string_view::npos || written.find("O_RDWR") != std::string_view::npos ||
        written.find("O_CREAT") != std::string_view::npos || written.find("O_APPEND") != std::string_view::npos ||
        written.find("O_TRUNC") != std::string_view::npos;
    const bool reads =
        written.find("O_RDONLY") != std::string_view::npos ||
        (value.only() != nullptr && value.only()->kind == Value::Kind::number && value.only()->number == 0);
    if (writes || !reads) report(node, RuleClass::file_write, "os.open", "os.open: opens a file for writing");
    return true;
  }
  const auto* opener =
      std::find_if(std::begin(kOpeners), std::end(kOpeners), [&](const Opener& one) { return one.name == name; });
  if (opener == std::end(kOpeners)) return false;
  const std::string_view rule = name.starts_with("builtins.") ? name.substr(9) : name;
  const Node mode_node = argument(arguments, opener->place, opener->keyword);
  if (mode_node == kNoNode && !arguments.spread) {
    if (opener->usual == "w")
      report(node, RuleClass::file_write, rule, fmt::format("{}: opens a file for writing", rule));
    return true;
  }
  const Values mode = mode_node == kNoNode ? unknown_value() : evaluate(mode_node);
  if (is_nowhere(evaluate(argument(arguments, 0, "file")))) return true;
  if (opener->keyword == "inplace") {
    if (text(mode_node).find("True") != std::string_view::npos)
      report(node, RuleClass::file_write, rule, "fileinput.input: rewrites files in place");
  } else if (opens_for_writing(mode)) {
    report(node, RuleClass::file_write, rule, fmt::format("{}: opens a file for writing", rule));
  } else if (mode.other && !(mode_node != kNoNode && kind_of(mode_node) == kind("none"))) {
    // A parameter whose default reads is what every helper function looks like.
    bool parameter = false;
    if (mode_node != kNoNode)
      for (auto at = scopes().rbegin(); at != scopes().rend(); ++at)
        parameter = parameter || parameters_.contains({*at, std::string(last_part(text(mode_node), "="))});
    if (parameter && !mode.items.empty()) return true;
    report(node, RuleClass::file_write, rule, fmt::format("{}: opens a file in a mode that is not known here", rule),
           parameter ? Severity::warn : Severity::block);
  }
  return true;
}

bool PythonAnalyzer::judge_special(Node node, std::string_view name, const Arguments& arguments) {
  const auto at = [&](std::size_t place, std::string_view key) { return evaluate(argument(arguments, place, key)); };
  if (name == "yaml.load" || name == "yaml.load_all" || name == "ruamel.yaml.load") {
    const Node loader = argument(arguments, 1, "Loader");
    if (loader == kNoNode || text(loader).find("Safe") == std::string_view::npos)
      report(node, RuleClass::dynamic_code, "yaml.load",
             "yaml.load without a safe loader: can run code of the document");
    return true;
  }
  if (name == "numpy.load") {
    if (text(argument(arguments, 2, "allow_pickle")).find("True") != std::string_view::npos)
      report(node, RuleClass::dynamic_code, "numpy.load", "numpy.load with allow_pickle: can run code of the file");
    return true;
  }
  if (judge_inner_text(node, name, arguments)) return true;
  if (name == "logging.basicConfig") {
    if (argument(arguments, 99, "filename") != kNoNode)
      report(node, RuleClass::file_write, "logging.basicConfig", "logging.basicConfig: writes a log file");
    return true;
  }
  if (name == "builtins.type") {  // type(name, bases, dict) is harmless; so is type(x)
    return true;
  }
  if (name == "builtins.getattr" || name == "builtins.setattr" || name == "builtins.delattr") {
    const Values object = at(0, {}), wanted = at(1, {});
    for (const Value& value : object.items) {
      if (value.kind != Value::Kind::name || value.text.find('(') != std::string::npos) continue;
      const bool risky =
          is_one_of(first_part(value.text), {"os", "sys", "subprocess", "builtins", "shutil", "socket", "importlib",
                                             "ctypes", "pathlib", "io", "posix", "<globals>"});
      if (!risky || value.text.starts_with("builtins.")) continue;
      if (name != "builtins.getattr")
        report(node, RuleClass::introspection, shown(name),
               fmt::format("{} on {}: changes a module", shown(name), value.text));
      else if (wanted.other || wanted.items.empty() ||
               std::any_of(wanted.items.begin(), wanted.items.end(),
                           [](const Value& one) { return one.kind != Value::Kind::text; }))
        report(node, RuleClass::introspection, "getattr",
               fmt::format("getattr on {} with a name that is not known here", shown(value.text)));
    }
    for (const Value& value : wanted.items)
      if (value.kind == Value::Kind::text &&
          is_one_of(value.text, {"__subclasses__", "__globals__", "__builtins__", "__code__", "__bases__", "__base__",
                                 "__mro__", "f_globals", "f_locals", "f_builtins", "gi_frame", "tb_frame"}))
        report(node, RuleClass::introspection, value.text,
               fmt::format("{} by getattr: {}", value.text, effect_of(RuleClass::introspection)));
    return true;
  }
  return false;
}

void PythonAnalyzer::judge_method(Node node, std::string_view method, const Arguments& arguments) {
  if (methods_.contains(std::string(method))) return;
  const Node object_node = child(child(node, field("function")), field("object"));
  if (method == "execute" || method == "executemany" || method == "executescript") {
    judge_database(node, evaluate(object_node), arguments);
    return;
  }
  const auto* row =
      std::find_if(std::begin(kMethods), std::end(kMethods), [&](const RuleRow& one) { return one.name == method; });
  if (row == std::end(kMethods) || (arguments.positional.empty() && arguments.named.empty())) return;
  const Values target = evaluate(argument(arguments, 0, {}));
  const bool to_memory = std::any_of(target.items.begin(), target.items.end(), [](const Value& value) {
    return value.kind == Value::Kind::name &&
           (value.text == "io.StringIO()" || value.text == "io.BytesIO()" || value.text.starts_with("sys.std"));
  });
  // Without a place to go to, these give a text.
  if (method.starts_with("to_") && !is_one_of(method, {"to_excel", "to_parquet", "to_pickle", "to_feather", "to_hdf",
                                                       "to_stata", "to_netcdf", "to_zarr", "to_orc", "to_sql"})) {
    bool goes = !arguments.positional.empty();
    for (const std::string_view key : {"path_or_buf", "buf", "path", "fname", "path_or_buffer"})
      goes = goes || argument(arguments, 99, key) != kNoNode;
    if (!goes) return;
  }
  if (to_memory || kind_of(argument(arguments, 0, {})) == kind("none")) return;
  report(node, *row, fmt::format(".{}", method));
}

void PythonAnalyzer::judge_database(Node node, const Values& object, const Arguments& arguments) {
  for (const Value& value : object.items)
    if (value.kind == Value::Kind::name && value.text.starts_with("memory_database()")) return;
  // The words in front of what is not known are enough: f"INSERT INTO {table} ...".
  Node sql = argument(arguments, 0, "sql");
  while (sql != kNoNode && kind_of(sql) != kind("string") && kind_of(sql) != kind("identifier") &&
         tree_.first_child(sql) != kNoNode)
    sql = tree_.first_child(sql);
  Node given = argument(arguments, 0, "sql");
  if (kind_of(given) == kind("call") && kind_of(child(given, field("function"))) == kind("identifier")) {
    const Arguments inner = arguments_of(given);
    if (!inner.positional.empty()) sql = given = inner.positional.front();  // text("INSERT ...")
  }
  Values words = evaluate(given);
  if (words.items.empty() && kind_of(sql) == kind("string"))
    words = text_value(std::string(text(tree_.child_of_kind(sql, kind("string_content")))));
  for (const Value& value : words.items)
    if (value.kind == Value::Kind::text && changes_database(value.text))
      return report(node, RuleClass::database_write, "execute",
                    fmt::format("SQL that begins with {}: {}", trim(value.text).substr(0, trim(value.text).find(' ')),
                                effect_of(RuleClass::database_write)));
}

void PythonAnalyzer::judge_reference(Node node) {
  if (!judging() || judged_.contains(node)) return;
  const Values values = evaluate(node);
  for (const Value& value : values.items) {
    if (value.kind != Value::Kind::name) continue;
    if (const RuleRow* row = python_rules().exact(value.text)) report(node, *row, shown_as(value.text, text(node)));
  }
}

}  // namespace rh::agent
