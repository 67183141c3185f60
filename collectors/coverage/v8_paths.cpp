#include "collectors/coverage/v8_paths.h"

#include <algorithm>
#include <filesystem>

#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/source_map.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// "file:///C:/a" is C:/a.
std::string file_url_path(std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("?#"));
  if (!rest.starts_with('/')) rest.remove_prefix(std::min(rest.find('/'), rest.size()));  // a host
  std::string path = source_path(decode_percent(rest));
  if (path.size() > 2 && path[2] == ':') path.erase(0, 1);
  return path;
}

}  // namespace

std::optional<std::string> script_path(std::string_view url) {
  if (url.starts_with("file://")) return file_url_path(url.substr(7));
  if (url.starts_with("http://") || url.starts_with("https://")) {
    std::string_view rest = url.substr(url.find("//") + 2);
    rest = rest.substr(0, rest.find_first_of("?#"));
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || slash + 1 == rest.size()) return std::nullopt;  // the page itself
    return source_path(decode_percent(rest.substr(slash + 1)));
  }
  const bool drive = url.size() > 2 && url[1] == ':' && (url[2] == '/' || url[2] == '\\');
  if (url.starts_with('/') || drive) return source_path(url);
  return std::nullopt;
}

bool is_dependency(std::string_view path) {
  return path.find("/node_modules/") != std::string_view::npos || path.starts_with("node_modules/");
}

std::string map_source_path(std::string_view source, std::string_view script) {
  if (source.starts_with("file://")) return file_url_path(source.substr(7));
  std::string path = source_path(source.substr(0, source.find('?')));
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    const std::size_t slash = path.find('/', scheme + 3);
    path = slash == std::string::npos ? path.substr(scheme + 3) : path.substr(slash + 1);
    return std::filesystem::path(path).lexically_normal().generic_string();
  }
  const std::filesystem::path folder = std::filesystem::path(std::string(script)).parent_path();
  return (folder / path).lexically_normal().generic_string();
}

}  // namespace rh::collectors
