#include "collectors/results/go_source.h"

#include "runner/base/beneath.h"

namespace rh::collectors {

namespace {

constexpr std::uint64_t kMaxSourceBytes = 4ULL << 20;

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

bool has(std::string_view line, std::string_view part) { return line.find(part) != std::string_view::npos; }

}  // namespace

GoSource::GoSource(const std::string& suite_root, const std::optional<std::string>& package_folder)
    : root_(suite_root) {
  if (!suite_root.empty() && package_folder) folder_ = std::filesystem::path(suite_root) / *package_folder;
}

const std::string& GoSource::text_of(std::string_view file) {
  if (file != name_) {
    name_ = file;
    // The name comes from a test's output.
    text_ = read_beneath({root_}, folder_ / name_, kMaxSourceBytes).value_or(std::string());
  }
  return text_;
}

bool GoSource::is_log_call(std::string_view file, std::uint32_t line) {
  if (folder_.empty()) return false;
  const std::string_view code = line_of(text_of(file), line);
  return (has(code, ".Log(") || has(code, ".Logf(")) && !has(code, ".Error") && !has(code, ".Fatal") &&
         !has(code, ".Skip");
}

}  // namespace rh::collectors
