#include "runner/adapters/go_toolchain.h"

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSettingsLimit = 1ULL << 20;

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// NAME=value lines; what is set already stays.
void read_settings(const fs::path& file, std::map<std::string, std::string>& settings) {
  const auto text = read_file(file, kSettingsLimit);
  if (!text) return;
  for (const std::string_view line : split_lines(*text)) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0 || line.front() == '#') continue;
    settings.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
}

fs::path config_home(const Host& host) {
  const std::string xdg = variable(host.environment(), "XDG_CONFIG_HOME");
  return xdg.empty() ? host.home() / ".config" : fs::path(xdg);
}

fs::path cache_home(const Host& host) {
  const std::string xdg = variable(host.environment(), "XDG_CACHE_HOME");
  return xdg.empty() ? host.home() / ".cache" : fs::path(xdg);
}

// Distributions split GOROOT over two folders and link VERSION; a binary that is not in GOROOT/bin
// (a shim of a version manager) has no VERSION beside it.
fs::path goroot_of(const fs::path& go, const std::string& configured) {
  if (!configured.empty()) return configured;
  std::error_code code;
  const fs::path real = fs::canonical(go, code);
  if (code) return {};
  const fs::path root = real.parent_path().parent_path();
  return is_file(root / "VERSION") ? root : fs::path();
}

}  // namespace

std::string GoToolchain::setting(const model::Environment& environment, const std::string& name) const {
  if (const std::string value = variable(environment, name); !value.empty()) return value;
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

GoToolchain find_go(const Host& host) {
  const model::Environment& environment = host.environment();
  GoToolchain found;
  found.go = host.find_tool("go").value_or(fs::path());
  const std::string env_file = variable(environment, "GOENV");
  if (env_file != "off") found.env_file = env_file.empty() ? config_home(host) / "go/env" : fs::path(env_file);
  if (!found.env_file.empty()) read_settings(found.env_file, found.settings);
  found.goroot = goroot_of(found.go, found.setting(environment, "GOROOT"));
  if (!found.goroot.empty()) {
    read_settings(found.goroot / "go.env", found.settings);
    if (const auto text = read_file(found.goroot / "VERSION", kSettingsLimit)) found.version = go_version_in(*text);
  }
  const std::string gopath = found.setting(environment, "GOPATH");
  found.gopath = gopath.empty() ? host.home() / "go" : fs::path(std::string(split(gopath, ':').front()));
  const std::string module_cache = found.setting(environment, "GOMODCACHE");
  found.module_cache = module_cache.empty() ? found.gopath / "pkg/mod" : fs::path(module_cache);
  const std::string build_cache = found.setting(environment, "GOCACHE");
  found.build_cache = build_cache.empty() ? cache_home(host) / "go-build" : fs::path(build_cache);
  return found;
}

std::vector<std::string> split_go_flags(std::string_view text) {
  std::vector<std::string> flags;
  std::string flag;
  char quote = 0;
  bool open = false;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        flag += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) flags.push_back(std::exchange(flag, {}));
      open = false;
    } else {
      flag += c;
      open = true;
    }
  }
  if (open) flags.push_back(flag);
  return flags;
}

std::string go_version_in(std::string_view text) {
  const std::size_t begin = text.starts_with("go1") || text.starts_with("go2") ? 0 : text.find(" go1");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin == 0 ? 2 : begin + 3);
  return std::string(text.substr(0, text.find_first_of(" \r\n\t")));
}

}  // namespace rh::adapters
