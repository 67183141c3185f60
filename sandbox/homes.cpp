// Reads the host's tree, changes nothing.
#include "sandbox/homes.h"

namespace rh::sandbox {

namespace fs = std::filesystem;

namespace {

void add_dot_entries(std::vector<fs::path>& into) {
  std::error_code error;
  for (fs::directory_iterator at("/", error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    const bool kept = !at->is_directory(ignored) && !at->is_regular_file(ignored);
    if (!kept && !at->is_symlink(ignored) && at->path().filename().native().front() == '.') into.push_back(at->path());
  }
}

}  // namespace

std::vector<fs::path> private_paths(const FilesystemPolicy& policy) {
  std::vector<fs::path> paths;
  std::vector<fs::path> homes = policy.other_homes;
  homes.push_back(policy.home);
  for (const fs::path& home : homes) {
    std::error_code error;
    const fs::path real = home.is_absolute() ? fs::canonical(home, error) : fs::path();
    if (error || real.empty()) continue;
    if (real == "/")
      add_dot_entries(paths);
    else
      paths.push_back(real);
  }
  return paths;
}

}  // namespace rh::sandbox
