#include "runner/adapters/cargo_config.h"

#include <toml++/toml.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kConfigLimit = 1ULL << 20;
constexpr char kEncodedSeparator = '\x1f';  // of CARGO_ENCODED_RUSTFLAGS

void append_words(std::vector<std::string>& into, std::string_view text, char separator) {
  for (const std::string_view word : split(text, separator))
    if (!word.empty()) into.emplace_back(word);
}

// `rustflags` may be a list or one text.
void append_flags(std::vector<std::string>& into, const toml::node_view<const toml::node>& node) {
  if (const auto text = node.value<std::string>()) return append_words(into, *text, ' ');
  const toml::array* list = node.as_array();
  if (list == nullptr) return;
  for (const toml::node& element : *list)
    if (const auto flag = element.value<std::string>()) into.push_back(*flag);
}

// `base` is the folder that holds .cargo: relative paths start there.
void read_env(const toml::table& table, const fs::path& base, CargoConfig& config) {
  for (const auto& [key, node] : table) {
    CargoConfig::Variable variable;
    if (const auto text = node.value<std::string>()) variable.value = *text;
    if (const toml::table* spec = node.as_table()) {
      variable.value = (*spec)["value"].value_or(std::string());
      if ((*spec)["relative"].value_or(false)) variable.value = (base / variable.value).string();
      variable.force = (*spec)["force"].value_or(false);
    }
    config.env.emplace(std::string(key.str()), variable);
  }
}

void read_config(const toml::table& root, const fs::path& base, const std::string& host_triple, CargoConfig& config) {
  if (const toml::table* env = root["env"].as_table()) read_env(*env, base, config);
  append_flags(config.build_rustflags, root["build"]["rustflags"]);
  append_flags(config.target_rustflags, root["target"][host_triple]["rustflags"]);
  if (const auto folder = root["build"]["target-dir"].value<std::string>(); folder && config.target_dir.empty())
    config.target_dir = (base / *folder).lexically_normal();
  if (root["source"]["crates-io"]["replace-with"].is_string()) config.replaces_sources = true;
}

// The old spelling without .toml wins when both exist, as in cargo.
void read_folder(const fs::path& folder, const fs::path& base, const std::string& host_triple, CargoConfig& config) {
  for (const char* name : {"config", "config.toml"}) {
    const auto text = read_file(folder / name, kConfigLimit);
    if (!text) continue;
    try {
      read_config(toml::parse(*text), base, host_triple, config);
    } catch (const toml::parse_error&) {
      return;
    }
    return;
  }
}

}  // namespace

CargoConfig read_cargo_config(fs::path folder, const fs::path& top, const fs::path& cargo_home,
                              const std::string& host_triple) {
  CargoConfig config;
  for (;; folder = folder.parent_path()) {
    if (folder / ".cargo" != cargo_home) read_folder(folder / ".cargo", folder, host_triple, config);
    config.target_dir_of_repository = !config.target_dir.empty();
    if (folder == top || folder == folder.parent_path()) break;
  }
  read_folder(cargo_home, cargo_home.parent_path(), host_triple, config);
  return config;
}

std::vector<std::string> user_rustflags(const CargoConfig& config, const model::Environment& environment) {
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  std::vector<std::string> flags;
  if (const std::string encoded = variable("CARGO_ENCODED_RUSTFLAGS"); !encoded.empty())
    append_words(flags, encoded, kEncodedSeparator);
  else if (const std::string plain = variable("RUSTFLAGS"); !plain.empty())
    append_words(flags, plain, ' ');
  else if (!config.target_rustflags.empty())
    flags = config.target_rustflags;
  else if (const std::string build = variable("CARGO_BUILD_RUSTFLAGS"); !build.empty())
    append_words(flags, build, ' ');
  else
    flags = config.build_rustflags;
  return flags;
}

}  // namespace rh::adapters
