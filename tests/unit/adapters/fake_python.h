// Interpreters and virtual environments as far as files show them; the programs are empty.
#pragma once

#include <filesystem>
#include <string>

#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {

inline void write_program(const TempRepository& files, const std::string& path) {
  files.write(path, "");
  std::filesystem::permissions(files.path(path), std::filesystem::perms::owner_all);
}

// `folder`/bin/`name`, or `folder`/`name` for a folder of shims (`bin` empty).
inline void install_python(const TempRepository& files, const std::string& folder, const std::string& bin,
                           const std::string& shim = {}) {
  write_program(files,
                (std::filesystem::path(folder) / (bin.empty() ? shim : "bin/" + bin)).lexically_normal().string());
}

inline void install_venv(const TempRepository& files, const std::string& folder, const std::string& home) {
  files.write(folder + "/pyvenv.cfg", "home = " + home + "\ninclude-system-site-packages = false\nversion = 3.11.7\n");
  files.write(folder + "/lib/python3.11/site-packages/README", "");
  write_program(files, folder + "/bin/python");
}

}  // namespace rh::adapters
