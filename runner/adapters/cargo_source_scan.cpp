#include "runner/adapters/cargo_source_scan.h"

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr std::uint64_t kSourceLimit = 4ULL << 20;
constexpr std::size_t kMaxFiles = 2000;

// The attribute behind "#[": its path without arguments, "tokio::test".
bool is_test_attribute(std::string_view attribute) {
  const std::string_view path = trim(attribute.substr(0, attribute.find_first_of("](, \n")));
  return path == "test" || path.ends_with("::test") ||
         is_one_of(path, {"rstest", "test_case", "test_matrix", "quickcheck", "wasm_bindgen_test", "test_log",
                          "proptest", "parameterized", "bench"});
}

bool is_doc_line(std::string_view line) {
  return line.starts_with("///") || line.starts_with("//!") || line.starts_with("/**") || line.starts_with("/*!") ||
         line.starts_with("*");
}

}  // namespace

bool source_has_tests(std::string_view source) {
  for (std::size_t at = source.find("#["); at != std::string_view::npos; at = source.find("#[", at + 2))
    if (is_test_attribute(source.substr(at + 2, 64))) return true;
  for (const std::string_view macro : {"proptest!", "quickcheck!", "libtest_mimic"})
    if (source.find(macro) != std::string_view::npos) return true;
  if (source.find("doc = include_str!") != std::string_view::npos) return true;
  for (std::size_t at = source.find("```"); at != std::string_view::npos; at = source.find("```", at + 3)) {
    const std::size_t line = source.rfind('\n', at) + 1;  // npos + 1 is the start of the file
    if (is_doc_line(trim(source.substr(line, at - line)))) return true;
  }
  return false;
}

bool package_has_tests(const model::Repository& repository, const std::string& folder) {
  const std::string prefix = folder == "." ? "" : folder + "/";
  std::size_t seen = 0;
  for (auto found = repository.folders.lower_bound(folder == "." ? "" : folder); found != repository.folders.end();
       ++found) {
    const auto& [name, files] = *found;
    if (name != folder && !name.starts_with(prefix)) {
      if (name > prefix + '\xff') break;
      continue;
    }
    if (name != folder && repository.has(name, "Cargo.toml")) continue;
    for (const std::string& file : files) {
      if (!file.ends_with(".rs")) continue;
      if (++seen > kMaxFiles) return true;
      const auto source = read_file(repository.absolute(name, file), kSourceLimit);
      if (!source || source_has_tests(*source)) return true;
    }
  }
  return false;
}

}  // namespace rh::adapters
