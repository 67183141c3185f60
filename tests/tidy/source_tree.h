// The repository's own sources as the tidy tests look at them.
#pragma once

#include <string>
#include <vector>

namespace rh::tidy {

struct SourceFile {
  std::string path;    // relative to the repository, '/'-separated
  std::string folder;  // one of the folders of the layering table, or "" when it is in none
  std::vector<std::string> lines;
};

// Every .h and .cpp below the product's folders (not tests, samples, build).
[[nodiscard]] std::vector<SourceFile> product_sources();
[[nodiscard]] std::string read_text(const std::string& path);  // relative path

// The longest folder of the table that holds the path; "" for none.
[[nodiscard]] std::string layer_of(const std::string& path);

}  // namespace rh::tidy
