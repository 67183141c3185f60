#include "runner/agent/notebook/read.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 200;

// Texts are one string or a list of lines.
std::string joined(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  if (value.is_array())
    for (const json& line : value)
      if (line.is_string()) text += line.get_ref<const std::string&>();
  return text;
}

json member(const json& object, const char* name, json fallback) {
  const auto at = object.find(name);
  return at == object.end() ? std::move(fallback) : *at;
}

bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// nbformat 3: "input" in place of source, "pyout" and "pyerr", headings, one worksheet around the cells.
json output_of_3(const json& output) {
  const std::string type = output.value("output_type", "");
  if (type == "stream")
    return {{"output_type", "stream"},
            {"name", output.value("stream", "stdout")},
            {"text", joined(member(output, "text", ""))}};
  if (type == "pyerr")
    return {{"output_type", "error"},
            {"ename", output.value("ename", "")},
            {"evalue", output.value("evalue", "")},
            {"traceback", member(output, "traceback", json::array())}};
  json data = json::object();
  for (const auto& [name, mime] : std::initializer_list<std::pair<const char*, const char*>>{{"text", "text/plain"},
                                                                                             {"html", "text/html"},
                                                                                             {"png", "image/png"},
                                                                                             {"jpeg", "image/jpeg"},
                                                                                             {"svg", "image/svg+xml"},
                                                                                             {"latex", "text/latex"}})
    if (output.contains(name)) data[mime] = joined(output[name]);
  json converted = {{"output_type", type == "pyout" ? "execute_result" : "display_data"},
                    {"data", data},
                    {"metadata", json::object()}};
  if (type == "pyout") converted["execution_count"] = member(output, "prompt_number", nullptr);
  return converted;
}

json cell_of_3(const json& cell) {
  const std::string type = cell.value("cell_type", "code");
  json converted = {{"cell_type", type}, {"metadata", member(cell, "metadata", json::object())}};
  if (type == "code") {
    converted["source"] = joined(member(cell, "input", ""));
    converted["execution_count"] = member(cell, "prompt_number", nullptr);
    converted["outputs"] = json::array();
    for (const json& output : member(cell, "outputs", json::array()))
      if (output.is_object()) converted["outputs"].push_back(output_of_3(output));
    return converted;
  }
  converted["source"] = joined(member(cell, "source", ""));
  if (type == "heading") {
    const int level = std::clamp(cell.value("level", 1), 1, 6);
    converted["cell_type"] = "markdown";
    converted["source"] =
        std::string(static_cast<std::size_t>(level), '#') + " " + converted["source"].get<std::string>();
  } else if (type != "markdown" && type != "raw") {
    converted["cell_type"] = "raw";
  }
  return converted;
}

json cells_of_3(const json& document) {
  json cells = json::array();
  for (const json& sheet : member(document, "worksheets", json::array()))
    for (const json& cell : member(sheet, "cells", json::array()))
      if (cell.is_object()) cells.push_back(cell_of_3(cell));
  return cells;
}

// What 4.5 demands of each cell, whatever the file left out.
void complete_cell(json& cell, std::size_t index, std::set<std::string>& ids) {
  const std::string type = cell.value("cell_type", "");
  if (type != "code" && type != "markdown" && type != "raw") cell["cell_type"] = "raw";
  cell["source"] = joined(member(cell, "source", ""));
  if (!member(cell, "metadata", nullptr).is_object()) cell["metadata"] = json::object();
  std::string id = member(cell, "id", "").is_string() ? member(cell, "id", "").get<std::string>() : std::string();
  if (!is_id(id) || !ids.insert(id).second) {
    for (std::size_t number = index;; ++number) {
      id = fmt::format("cell-{}", number);
      if (ids.insert(id).second) break;
    }
  }
  cell["id"] = id;
  if (cell["cell_type"] == "code") {
    if (!member(cell, "outputs", nullptr).is_array()) cell["outputs"] = json::array();
    if (!member(cell, "execution_count", nullptr).is_number_integer()) cell["execution_count"] = nullptr;
  } else {
    cell.erase("outputs");
    cell.erase("execution_count");
  }
}

bool has_tag(const json& cell, std::string_view tag) {
  const json tags = member(cell["metadata"], "tags", json::array());
  return tags.is_array() && std::find(tags.begin(), tags.end(), tag) != tags.end();
}

NotebookCell cell_of(const json& cell) {
  using Type = NotebookCell::Type;
  const std::string type = cell["cell_type"];
  return {type == "code"       ? Type::code
          : type == "markdown" ? Type::markdown
                               : Type::raw,
          cell["id"], cell["source"], has_tag(cell, "raises-exception")};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string quoted(std::string_view text) { return json(to_valid_utf8(text)).dump(); }
std::string shell_call(std::string_view words) { return "__import__('os').system(" + quoted(words) + ")"; }

// What a line magic does, as an expression; the rest changes nothing outside of the notebook.
std::string magic_as_python(std::string_view magic) {
  const std::string_view name = magic.substr(0, magic.find(' '));
  const std::string_view rest = trim(magic.substr(std::min(magic.size(), name.size())));
  if (is_one_of(name, {"sx", "system", "sc"})) return shell_call(rest);
  if (is_one_of(name, {"time", "timeit", "prun"}) && !rest.empty() && !rest.starts_with('-')) return std::string(rest);
  if (name == "run") return "exec(open(" + quoted(rest) + ").read())";
  return "None  # %" + std::string(magic);
}

std::string cell_magic_as_python(std::string_view text);

// Lines of IPython as what they do, so that they can be checked like Python: a command of the shell is os.system.
std::string plain_python(std::string_view source) {
  if (trim(source).starts_with("%%")) return cell_magic_as_python(trim(source));
  std::string plain;
  for (const std::string_view line : split_lines(source)) {
    const std::string_view bare = trim(line);
    const std::string indent(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
    const std::size_t shell = bare.find("= !"), magic = bare.find("= %");
    const std::size_t code_end = std::min(bare.find_first_of("'\"#"), bare.size());
    if (bare.starts_with('!'))
      plain += indent + shell_call(bare.substr(1));
    else if (bare.starts_with('%'))
      plain += indent + magic_as_python(bare.substr(1));
    else if (shell < code_end)
      plain += indent + std::string(bare.substr(0, shell + 2)) + shell_call(bare.substr(shell + 3));
    else if (magic < code_end)
      plain += indent + std::string(bare.substr(0, magic + 2)) + magic_as_python(bare.substr(magic + 3));
    else
      plain += line;
    plain += '\n';
  }
  return plain;
}

std::string cell_magic_as_python(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view head = text.substr(2, end - 2), rest = text.substr(std::min(text.size(), end + 1));
  const std::string_view name = head.substr(0, head.find(' '));
  if (is_one_of(name, {"bash", "sh", "script"})) return shell_call(rest);
  if (is_one_of(name, {"writefile", "file"}))
    return "open(" + quoted(head.substr(head.rfind(' ') + 1)) + ", 'w').write(" + quoted(rest) + ")";
  if (is_one_of(name, {"time", "timeit", "capture"})) return plain_python(rest);
  return "None  # %%" + std::string(name);
}

}  // namespace

Result<Notebook> read_notebook(std::string_view text, const std::string& subject) {
  const auto bad = [&](std::string why) {
    return fail(rh::ErrorKind::parse, "read the notebook: " + std::move(why), subject);
  };
  if (text.size() > kMaxNotebookBytes)
    return fail(rh::ErrorKind::limit, "read the notebook: it is larger than " + format_size(kMaxNotebookBytes),
                subject);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) throw std::length_error("it is nested too deeply");
    return true;
  };
  json document;
  try {
    document = json::parse(text, shallow, false);
  } catch (const std::length_error& problem) {
    return bad(problem.what());
  }
  if (!document.is_object()) return bad("it is no JSON object");
  if (!member(document, "nbformat", nullptr).is_number_integer()) return bad("it has no nbformat: this is no notebook");
  Notebook notebook;
  const auto major = document["nbformat"].get<std::int64_t>();
  const json minor = member(document, "nbformat_minor", 0);
  if (major != 3 && major != 4) return bad(fmt::format("nbformat {} is not known: 3 and 4 are", major));
  notebook.major = static_cast<unsigned>(major);
  notebook.minor = minor.is_number_unsigned() ? minor.get<unsigned>() : 0;
  json cells = major == 3 ? cells_of_3(document) : member(document, "cells", json::array());
  if (!cells.is_array()) return bad("its cells are no list");
  if (cells.size() > kMaxNotebookCells) return bad(fmt::format("it has more than {} cells", kMaxNotebookCells));
  std::set<std::string> ids;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].is_object()) return bad(fmt::format("cell {} is no object", i));
    complete_cell(cells[i], i, ids);
    notebook.cells.push_back(cell_of(cells[i]));
  }
  json metadata = member(document, "metadata", json::object());
  if (!metadata.is_object()) metadata = json::object();
  const json kernel = member(metadata, "kernelspec", json::object()),
             info = member(metadata, "language_info", json::object());
  const auto text_in = [](const json& object, const char* name) {
    const json value = object.is_object() ? member(object, name, "") : json("");
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  notebook.kernel = text_in(kernel, "name");
  notebook.language = lower(text_in(info, "name").empty() ? text_in(kernel, "language") : text_in(info, "name"));
  metadata.erase("signature");
  if (metadata.contains("kernelspec") && (!kernel.is_object() || text_in(kernel, "display_name").empty()))
    metadata["kernelspec"] = {{"name", notebook.kernel.empty() ? "python3" : notebook.kernel},
                              {"display_name", notebook.kernel.empty() ? "Python 3" : notebook.kernel}};
  notebook.document = json{{"nbformat", 4}, {"nbformat_minor", 5}, {"metadata", metadata}, {"cells", cells}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
  return notebook;
}

std::string code_of(const Notebook& notebook) {
  std::string code;
  std::size_t number = 0;
  for (const NotebookCell& cell : notebook.cells)
    if (cell.type == NotebookCell::Type::code)
      code += fmt::format("# cell {}\n{}\n", ++number, plain_python(cell.source));
  return code;
}

}  // namespace rh::agent
