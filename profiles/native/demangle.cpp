#include "profiles/native/demangle.h"

#include <libiberty/demangle.h>

#include <cstdlib>
#include <memory>

namespace rh::profiles::native {

std::string demangle(std::string_view name) {
  // What a linker adds for symbol versions is no part of the name.
  const std::string plain(name.substr(0, name.find('@')));
  if (plain.size() > kMaxMangledName ||
      !(plain.starts_with("_Z") || plain.starts_with("_R") || plain.starts_with("_D")))
    return plain;
  // libiberty bounds its recursion unless DMGL_NO_RECURSE_LIMIT is given. Without the type of the result, which
  // only templates have in their names: a name begins with the name.
  const std::unique_ptr<char, decltype(&std::free)> text(
      cplus_demangle(plain.c_str(), DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP), &std::free);
  return text != nullptr && *text != 0 ? std::string(text.get()) : plain;
}

}  // namespace rh::profiles::native
