#include "runner/agent/exec/root_image.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMaxLinks = 40;  // as the kernel has it

// The real place in `root` of `path`, which is one inside: links never lead out of it. Empty: there is none.
fs::path place_in(const fs::path& root, const fs::path& path) {
  fs::path done;  // inside, without links
  std::vector<fs::path> rest;
  const auto push = [&rest](const fs::path& more) {
    const fs::path relative = more.relative_path();
    const std::vector<fs::path> parts(relative.begin(), relative.end());
    rest.insert(rest.end(), parts.rbegin(), parts.rend());
  };
  push(path);
  unsigned links = 0;
  while (!rest.empty()) {
    const fs::path part = rest.back();
    rest.pop_back();
    if (part == "..") done = done.parent_path();
    if (part == ".." || part == "." || part.empty()) continue;
    std::error_code problem;
    const fs::path here = root / done / part;
    const fs::file_status status = fs::symlink_status(here, problem);
    if (problem || !fs::exists(status)) return {};
    if (!fs::is_symlink(status)) {
      done /= part;
      continue;
    }
    const fs::path target = fs::read_symlink(here, problem);
    if (problem || ++links > kMaxLinks) return {};
    if (target.is_absolute()) done.clear();
    push(target);
  }
  return root / done;
}

bool is_program(const fs::path& file) {
  std::error_code problem;
  const fs::file_status status = fs::status(file, problem);
  return !problem && fs::is_regular_file(status) &&
         (status.permissions() & (fs::perms::owner_exec | fs::perms::others_exec)) != fs::perms::none;
}

// Folders below `folder` that have a `bin`, the newest name first.
void add_installations(const fs::path& root, const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code problem;
  std::vector<fs::path> names;
  const fs::path place = place_in(root, folder);
  if (place.empty()) return;
  for (fs::directory_iterator at(place, problem), end; !problem && at != end; at.increment(problem))
    if (fs::is_directory(root / folder.relative_path() / at->path().filename() / "bin", problem))
      names.push_back(folder / at->path().filename() / "bin");
  std::sort(names.rbegin(), names.rend());
  found.insert(found.end(), names.begin(), names.end());
}

Failure no_root(const fs::path& root, std::string_view why) {
  return fail(ErrorKind::not_found, fmt::format("use the root file system: {}", why), root.string());
}

Result<void> check_root(const fs::path& root) {
  std::error_code problem;
  if (!fs::exists(root, problem)) return no_root(root, "there is no such folder");
  if (!fs::is_directory(root, problem)) return no_root(root, "it is no folder; an image has to be unpacked into one");
  for (const char* folder : {"bin", "usr/bin"})
    if (fs::is_directory(place_in(root, folder), problem)) return {};
  if (fs::exists(root / "manifest.json", problem) || fs::exists(root / "index.json", problem))
    return no_root(root, "it is a packed image; its layers have to be unpacked into one folder");
  return no_root(root, "it is none: it has neither bin nor usr/bin");
}

}  // namespace

std::vector<fs::path> program_folders_of_root(const fs::path& root) {
  std::vector<fs::path> found{"/usr/local/bin",       "/usr/bin", "/bin", "/usr/local/go/bin", "/usr/local/cargo/bin",
                              "/opt/java/openjdk/bin"};
  // Toolchains before rustup's own program, which wants to be told which one.
  std::vector<fs::path> toolchains;
  add_installations(root, "/usr/local/rustup/toolchains", toolchains);
  found.insert(found.begin(), toolchains.begin(), toolchains.end());
  for (const char* folder : {"/usr/lib/jvm", "/usr/local", "/opt", "/usr/lib"}) add_installations(root, folder, found);
  return found;
}

Result<RootProgram> program_of_root(const fs::path& root, std::string_view program) {
  RH_CHECK(check_root(root));
  for (const fs::path& folder : program_folders_of_root(root))
    if (const fs::path real = place_in(root, folder / program); !real.empty() && is_program(real))
      return RootProgram{folder / program, "/" / real.lexically_relative(root)};
  return fail(ErrorKind::not_found, fmt::format("find {} in the root file system", program), root.string());
}

}  // namespace rh::agent
