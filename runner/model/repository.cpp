#include "runner/model/repository.h"

#include <algorithm>

namespace rh::model {

bool Repository::has(const std::string& folder, const std::string& file) const {
  const auto found = folders.find(folder);
  return found != folders.end() && std::binary_search(found->second.begin(), found->second.end(), file);
}

std::filesystem::path Repository::absolute(const std::string& folder, const std::string& file) const {
  std::filesystem::path path = folder == "." || folder.empty() ? root : root / folder;
  return file.empty() ? path : path / file;
}

std::string join_relative(const std::string& folder, const std::string& name) {
  if (folder.empty() || folder == ".") return name;
  if (name.empty() || name == ".") return folder;
  return folder + "/" + name;
}

}  // namespace rh::model
