// Two traces of an editable installation: a line of a .pth file (setuptools' path mode, flit, hatch,
// poetry) and direct_url.json of PEP 610, which alone names the checkout where setuptools installs an
// import hook.
#include "runner/adapters/python_editable.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxTraceBytes = 64 << 10;
constexpr std::size_t kMaxSiteEntries = 20'000;
constexpr std::size_t kMaxFolders = 200;

std::optional<unsigned char> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned char>(c - 'A' + 10);
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_value(text[i + 2]) : std::nullopt;
    if (low) {
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::vector<fs::path> named_by_pth(const fs::path& file) {
  std::vector<fs::path> folders;
  const std::string text = read_file(file, kMaxTraceBytes).value_or("");
  for (const std::string_view line : split_lines(text))
    if (const std::string_view path = trim(line); path.starts_with('/')) folders.emplace_back(path);
  return folders;
}

std::optional<fs::path> named_by_direct_url(const fs::path& file) {
  constexpr std::string_view scheme = "file://";
  const auto json = nlohmann::json::parse(read_file(file, kMaxTraceBytes).value_or(""), nullptr, false);
  if (!json.is_object() || !json.contains("dir_info") || !json["dir_info"].is_object()) return std::nullopt;
  const auto editable = json["dir_info"].find("editable");
  if (editable == json["dir_info"].end() || *editable != true) return std::nullopt;
  const auto url = json.find("url");
  if (url == json.end() || !url->is_string()) return std::nullopt;
  const std::string text = url->get<std::string>();
  if (!text.starts_with(scheme)) return std::nullopt;
  return fs::path(percent_decoded(std::string_view(text).substr(scheme.size())));
}

}  // namespace

std::vector<fs::path> editable_folders(const PythonEnvironment& python, const Host& host) {
  if (python.in_repository) return {};
  std::set<fs::path> found;
  const auto add = [&](const fs::path& named) {
    const fs::path folder = named.lexically_normal();
    const bool too_wide = folder == "/" || (!host.home().empty() && is_below(host.home(), folder));
    if (folder.is_absolute() && !too_wide && found.size() < kMaxFolders && rh::is_directory(folder))
      found.insert(folder);
  };
  for (const fs::path& site : python.site_folders) {
    std::error_code error;
    std::size_t seen = 0;
    for (fs::directory_iterator each(site, error), end; !error && each != end && seen < kMaxSiteEntries;
         each.increment(error), ++seen) {
      const fs::path& entry = each->path();
      if (entry.extension() == ".pth") {
        for (const fs::path& folder : named_by_pth(entry)) add(folder);
      } else if (entry.extension() == ".dist-info" && is_file(entry / "direct_url.json")) {
        if (const auto folder = named_by_direct_url(entry / "direct_url.json")) add(*folder);
      }
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace rh::adapters
