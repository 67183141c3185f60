// What language a program was compiled from, as far as its file tells.
#pragma once

#include <string>

#include "profiles/native/elf_file.h"

namespace rh::profiles::native {

// "Go 1.26.8", "Rust 1.95.0", "native".
[[nodiscard]] std::string runtime_of(const ElfFile& elf);

}  // namespace rh::profiles::native
