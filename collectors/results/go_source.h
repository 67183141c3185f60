// The source files of one Go package, asked what a line of a test's log came from: t.Log and t.Error
// leave the same line in the output, and only the source tells them apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rh::collectors {

class GoSource {
 public:
  // `package_folder` is relative to `suite_root`; nullopt when the package lies elsewhere.
  GoSource(const std::string& suite_root, const std::optional<std::string>& package_folder);

  // False also when nobody can tell: no such file, no such line, a call over several lines.
  [[nodiscard]] bool is_log_call(std::string_view file, std::uint32_t line);

 private:
  const std::string& text_of(std::string_view file);

  std::filesystem::path root_;    // no link below it is followed
  std::filesystem::path folder_;  // empty: unknown
  std::string name_, text_;       // the file that was read last
};

}  // namespace rh::collectors
