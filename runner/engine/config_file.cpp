#include "runner/engine/config_file.h"

#include <algorithm>

#include <fmt/core.h>
#include <toml++/toml.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/rules_file.h"
#include "runner/engine/repository_walk.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLimitKeys[] = {"wall",   "cpu",        "cpus",      "memory", "pids",
                                           "output", "open_files", "file_size", "tmp",    "grace"};
const std::vector<std::string> kSuiteKeys = {"id",  "exclude", "root",           "command",  "args",
                                             "env", "results", "results_format", "coverage", "limits"};

class ConfigReader {
 public:
  ConfigReader(const std::string& name, std::string_view text, Settings& settings, Layer layer)
      : nodes_(name, text, layer == Layer::preset ? name : std::string()), settings_(settings), layer_(layer) {}

  Result<ConfigFile> read(const toml::table& root) {
    RH_CHECK(read_table(root, ""));
    RH_CHECK(check_components(file_.gates));
    return std::move(file_);
  }

 private:
  template <class Node>
  [[nodiscard]] std::string where(const Node& node) const {
    return nodes_.where(node);
  }
  [[nodiscard]] static Failure wrong(std::string what, std::string where) {
    return TomlNodes::wrong(std::move(what), std::move(where));
  }
  [[nodiscard]] static std::string_view type_name(const toml::node& node) { return TomlNodes::type_name(node); }
  [[nodiscard]] Result<std::string> text_of(const toml::node& node, std::string_view key,
                                            std::string_view wanted) const {
    return nodes_.text_of(node, key, wanted);
  }

  static std::vector<std::string> known_keys() {
    std::vector<std::string> known = {"suite", "reports", "gates.rule", "components"};
    known.insert(known.end(), std::begin(kAgentSections), std::end(kAgentSections));
    for (const OptionRow& row : option_rows())
      if (row.in_file) known.emplace_back(row.key);
    return known;
  }

  static bool is_section(std::string_view dotted) {
    for (const OptionRow& row : option_rows())
      if (row.key.size() > dotted.size() && row.key.starts_with(dotted) && row.key[dotted.size()] == '.') return true;
    return false;
  }

  Result<void> read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string dotted = prefix + std::string(key.str());
      if (prefix.empty() && is_agent_section(dotted)) {
        continue;
      } else if (dotted == "suite") {
        RH_CHECK(read_suites(node));
      } else if (dotted == "reports") {
        RH_CHECK(read_reports(node));
      } else if (dotted == "gates.rule") {
        RH_CHECK(read_rules(nodes_, node, file_.gates));
      } else if (dotted == "components") {
        RH_CHECK(read_components(nodes_, node, file_.gates));
      } else if (is_section(dotted)) {
        if (!node.is_table())
          return wrong(fmt::format("read '{}': write it as a table, [{}]", dotted, dotted), where(node));
        RH_CHECK(read_table(*node.as_table(), dotted + "."));
      } else {
        const OptionRow* row = option_row(dotted);
        if (row == nullptr || !row->in_file) return nodes_.unknown_key(key, dotted, known_keys());
        RH_TRY(auto values, texts_of(*row, node));
        RH_CHECK(settings_.set(dotted, std::move(values), layer_, where(node)));
      }
    }
    return {};
  }

  // Numbers may be written as numbers where the option is one; sizes and durations need their unit.
  Result<std::vector<std::string>> texts_of(const OptionRow& row, const toml::node& node) const {
    if (row.type == OptionType::list) return nodes_.list_of(node, row.key);
    const auto* whole = node.as_integer();
    const bool fraction = node.is_floating_point();
    const auto* truth = node.as_boolean();
    const bool fractional = row.type == OptionType::percent || row.type == OptionType::decimal;
    if ((row.type == OptionType::integer || row.type == OptionType::count || fractional) && whole != nullptr)
      return std::vector<std::string>{fmt::format("{}", whole->get())};
    if (fractional && fraction) return std::vector<std::string>{nodes_.number_text(node)};
    if (const auto* text = node.as_string(); text != nullptr && text->get() == kUnlimited)
      return std::vector<std::string>{text->get()};  // where it makes no sense, the setting says so
    if ((row.type == OptionType::boolean || row.type == OptionType::slowest) && truth != nullptr)
      return std::vector<std::string>{truth->get() ? "true" : "false"};
    if (row.type == OptionType::boolean || row.type == OptionType::integer)
      return wrong(fmt::format("read '{}': {} is wanted, {} was found", row.key,
                               row.type == OptionType::boolean ? "true or false" : "a whole number", type_name(node)),
                   where(node));
    RH_TRY(auto text, text_of(node, row.key, wanted_text(row.type)));
    return std::vector<std::string>{std::move(text)};
  }

  static std::string_view wanted_text(OptionType type) {
    if (type == OptionType::size) return "a size such as \"512M\"";
    if (type == OptionType::duration) return "a duration such as \"90s\"";
    if (type == OptionType::count) return "a whole number or a part such as \"2%\"";
    if (type == OptionType::slowest) return "true, false or a text such as \"slowest:10\"";
    if (type == OptionType::percent || type == OptionType::decimal) return "a number";
    return "a text";
  }

  Result<void> read_reports(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return wrong("read 'reports': a table of NAME = \"PATH\" is wanted", where(node));
    for (const auto& [key, value] : *table) {
      RH_TRY(auto path, text_of(value, key.str(), "a path"));
      file_.reports.push_back({std::string(key.str()), std::move(path), where(value)});
    }
    return {};
  }

  Result<void> read_suites(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return wrong("read 'suite': write each one as [[suite]]", where(node));
    for (const toml::node& item : *array) {
      if (!item.is_table()) return wrong("read 'suite': write each one as [[suite]]", where(item));
      RH_TRY(auto entry, read_suite(*item.as_table()));
      file_.suites.push_back(std::move(entry));
    }
    return {};
  }

  Result<SuiteEntry> read_suite(const toml::table& table) {
    SuiteEntry entry;
    entry.origin = where(table);
    for (const auto& [key, node] : table) RH_CHECK(read_suite_member(entry, key, node));
    if (entry.id.empty()) return wrong("read [[suite]]: it has no id", entry.origin);
    return entry;
  }

  Result<void> read_suite_member(SuiteEntry& entry, const toml::key& key, const toml::node& node) {
    const std::string_view name = key.str();
    const auto text_into = [&](std::string& target) -> Result<void> {
      RH_TRY(target, text_of(node, name, "a text"));
      return {};
    };
    if (name == "id") return text_into(entry.id);
    if (name == "root") return text_into(entry.root);
    if (name == "results") return text_into(entry.results);
    if (name == "results_format") return text_into(entry.results_format);
    if (name == "coverage") return text_into(entry.coverage);
    if (name == "exclude") {
      if (!node.is_boolean()) return wrong("read 'exclude': true or false is wanted", where(node));
      entry.exclude = node.as_boolean()->get();
      return {};
    }
    if (name == "command" || name == "args") {
      RH_TRY(auto values, nodes_.list_of(node, name));
      if (name == "args")
        entry.args = std::move(values);
      else if (values.empty())
        return wrong("read 'command': it is empty", where(node));
      else
        entry.command = std::move(values);
      return {};
    }
    if (name == "env") return read_env(entry, node);
    if (name == "limits") return read_limits(entry, node);
    return nodes_.unknown_key(key, std::string(name), kSuiteKeys);
  }

  Result<void> read_env(SuiteEntry& entry, const toml::node& node) {
    if (!node.is_table()) return wrong("read 'env': a table of NAME = \"VALUE\" is wanted", where(node));
    for (const auto& [name, value] : *node.as_table()) {
      RH_TRY(entry.env[std::string(name.str())], text_of(value, name.str(), "a text"));
    }
    return {};
  }

  Result<void> read_limits(SuiteEntry& entry, const toml::node& node) {
    if (!node.is_table()) return wrong("read 'limits': a table is wanted", where(node));
    for (const auto& [key, value] : *node.as_table()) {
      const OptionRow* row = option_row("limits." + std::string(key.str()));
      if (row == nullptr)
        return nodes_.unknown_key(key, std::string(key.str()), {std::begin(kLimitKeys), std::end(kLimitKeys)});
      RH_TRY(auto values, texts_of(*row, value));
      if (auto good = check_value(*row, values.front()); !good) return wrong(good.error().what, where(value));
      entry.limits[std::string(key.str())] = values.front();
    }
    return {};
  }

  TomlNodes nodes_;
  Settings& settings_;
  Layer layer_;
  ConfigFile file_;
};

}  // namespace

bool is_agent_section(std::string_view name) {
  return std::find(std::begin(kAgentSections), std::end(kAgentSections), name) != std::end(kAgentSections);
}

std::vector<std::string> top_level_keys() {
  std::vector<std::string> keys = {"suite", "reports", "gates", "components"};
  keys.insert(keys.end(), std::begin(kAgentSections), std::end(kAgentSections));
  for (const OptionRow& row : option_rows())
    if (row.in_file) keys.emplace_back(row.key.substr(0, row.key.find('.')));
  return keys;
}

Result<ConfigFile> read_config(std::string_view text, const fs::path& path, Settings& settings, Layer layer,
                               const std::string& origin_name) {
  const std::string name = origin_name.empty() ? path.string() : origin_name;
  try {
    const toml::table root = toml::parse(text, path.string());
    RH_TRY(auto file, ConfigReader(name, text, settings, layer).read(root));
    file.path = path;
    return file;
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    return fail(ErrorKind::config, fmt::format("read configuration: {}", problem.description()),
                fmt::format("{}:{}:{}", name, at.line, at.column));
  }
}

std::optional<fs::path> find_config(const fs::path& root) {
  const fs::path top = git_toplevel(root);
  for (fs::path folder = root;; folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / "runharness.toml", ignored)) return folder / "runharness.toml";
    if (top.empty() || folder == top || folder == folder.root_path()) return std::nullopt;
  }
}

}  // namespace rh::engine
