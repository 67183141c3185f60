// pytest.toml, pytest.ini, pyproject.toml, tox.ini and setup.cfg (order of pytest 9.0's
// _pytest/config/findpaths.py); .coveragerc and its relatives (order of coverage.py 7).
#include "runner/adapters/pytest_config.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <map>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/model/repository.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxManifestBytes = 4 << 20;

// section -> key -> value; lines that start with a blank continue the value before.
using Ini = std::map<std::string, std::map<std::string, std::string>>;

Ini parse_ini(std::string_view text) {
  Ini ini;
  std::string section;
  std::string* value = nullptr;
  for (const std::string_view line : split_lines(text)) {
    const std::string_view content = trim(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if ((line[0] == ' ' || line[0] == '\t') && value != nullptr) {
      *value += '\n';
      *value += content;
    } else if (content[0] == '[' && content.back() == ']') {
      section = trim(content.substr(1, content.size() - 2));
      ini[section];
      value = nullptr;
    } else {
      const std::size_t mark = content.find_first_of("=:");
      value = &ini[section][std::string(trim(content.substr(0, mark)))];
      if (mark != std::string_view::npos) *value = trim(content.substr(mark + 1));
    }
  }
  return ini;
}

Ini read_ini(const fs::path& path) {
  if (!is_file(path)) return {};
  return parse_ini(read_file(path, kMaxManifestBytes).value_or(""));
}

std::string ini_value(const Ini& ini, const std::string& section, const std::string& key) {
  const auto keys = ini.find(section);
  if (keys == ini.end()) return {};
  const auto value = keys->second.find(key);
  return value == keys->second.end() ? std::string() : value->second;
}

// nullopt when missing or broken; broken is a diagnostic when someone wants to know.
std::optional<toml::table> read_toml(const fs::path& path, const std::string& relative,
                                     std::vector<model::Diagnostic>* diagnostics) {
  if (!is_file(path)) return std::nullopt;
  const auto report = [&](std::string message, std::string subject) {
    if (diagnostics != nullptr)
      diagnostics->push_back({model::Severity::error, "bad-manifest", std::move(message), std::move(subject), {}});
  };
  const auto text = read_file(path, kMaxManifestBytes);
  if (!text) {
    report(text.error().message(), relative);
    return std::nullopt;
  }
  try {
    return toml::parse(*text);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    report(fmt::format("{}:{}: {}; pytest refuses to start with it", relative, line, error.description()),
           fmt::format("{}:{}", relative, line));
    return std::nullopt;
  }
}

std::vector<std::string> toml_words(const toml::node_view<const toml::node> node) {
  if (const auto text = node.value<std::string>()) return split_words(*text);
  std::vector<std::string> words;
  if (const toml::array* array = node.as_array())
    for (const toml::node& each : *array)
      if (const auto word = each.value<std::string>()) words.push_back(*word);
  return words;
}

PytestConfig from_toml(const toml::table& table, const std::string& file) {
  const auto native = table["tool"]["pytest"];
  if (const auto options = native["ini_options"]; options.is_table())
    return {file + " has [tool.pytest.ini_options]", toml_words(options["addopts"])};
  if (native.is_table()) return {file + " has [tool.pytest]", toml_words(native["addopts"])};
  return {};
}

constexpr std::string_view kSelectingKeys[] = {"source", "source_pkgs", "source_dirs", "include", "omit"};

bool is_true(std::string_view text) { return is_one_of(text, {"true", "True", "yes", "on", "1"}); }

void read_coverage_ini(const Ini& ini, const std::string& prefix, CoverageConfig& config) {
  const std::string run = prefix + "run";
  for (const std::string_view key : kSelectingKeys)
    config.selects_files |= !ini_value(ini, run, std::string(key)).empty();
  config.parallel |= is_true(ini_value(ini, run, "parallel")) || !ini_value(ini, run, "patch").empty() ||
                     ini_value(ini, run, "concurrency").find("multiprocessing") != std::string::npos;
}

void read_coverage_toml(const toml::table& table, CoverageConfig& config) {
  const auto run = table["tool"]["coverage"]["run"];
  for (const std::string_view key : kSelectingKeys) config.selects_files |= static_cast<bool>(run[key]);
  config.parallel |= run["parallel"].value_or(false) || static_cast<bool>(run["patch"]);
  for (const std::string& word : toml_words(run["concurrency"])) config.parallel |= word == "multiprocessing";
}

bool has_coverage_section(const Ini& ini) {
  for (const auto& [section, keys] : ini)
    if (section.starts_with("coverage:")) return true;
  return false;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
      continue;
    }
    inside = true;
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < text.size())
      word += text[++i];
    else
      word += c;
  }
  if (inside) words.push_back(word);
  return words;
}

bool may_configure_pytest(std::string_view file) {
  return is_one_of(
      file, {"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"});
}

PytestConfig read_pytest_config(const fs::path& folder, const std::string& relative,
                                std::vector<model::Diagnostic>& diagnostics) {
  // pytest refuses other tables here: such a file is another tool's.
  for (const char* file : {"pytest.toml", ".pytest.toml"})
    if (const auto table = read_toml(folder / file, model::join_relative(relative, file), &diagnostics))
      if (table->empty() || (*table)["pytest"].is_table()) return {file, toml_words((*table)["pytest"]["addopts"])};
  // These two count even when they are empty.
  for (const char* file : {"pytest.ini", ".pytest.ini"})
    if (is_file(folder / file)) return {file, split_words(ini_value(read_ini(folder / file), "pytest", "addopts"))};
  if (const auto table =
          read_toml(folder / "pyproject.toml", model::join_relative(relative, "pyproject.toml"), &diagnostics))
    if (PytestConfig config = from_toml(*table, "pyproject.toml"); !config.reason.empty()) return config;
  for (const auto& [file, section] : {std::pair("tox.ini", "pytest"), std::pair("setup.cfg", "tool:pytest")}) {
    const Ini ini = read_ini(folder / file);
    if (ini.contains(section))
      return {fmt::format("{} has [{}]", file, section), split_words(ini_value(ini, section, "addopts"))};
  }
  return {};
}

CoverageConfig read_coverage_config(const fs::path& folder) {
  CoverageConfig config;
  if (is_file(folder / ".coveragerc")) {
    read_coverage_ini(read_ini(folder / ".coveragerc"), "", config);
    return config;
  }
  for (const char* file : {"setup.cfg", "tox.ini"}) {
    const Ini ini = read_ini(folder / file);
    if (!has_coverage_section(ini)) continue;
    read_coverage_ini(ini, "coverage:", config);
    return config;
  }
  if (const auto table = read_toml(folder / "pyproject.toml", "pyproject.toml", nullptr))
    read_coverage_toml(*table, config);
  return config;
}

}  // namespace rh::adapters
