// Run by the build: prints one filter program for each set of options, as initialisers of kFilters in
// seccomp.cpp.
#include <fmt/format.h>

#include <cstdio>

#include "sandbox/seccomp_rules.h"

int main() {
  using rh::sandbox::FilterOptions;
  for (unsigned number = 0; number < rh::sandbox::kFilterCount; ++number) {
    const FilterOptions options = rh::sandbox::options_of(number);
    const auto program = rh::sandbox::compile_filter(options);
    if (!program) {
      fmt::print(stderr, "seccomp_compiler: {}\n", program.error().message());
      return 1;
    }
    fmt::print("constexpr sock_filter kFilter{}[] = {{\n", number);
    for (const sock_filter& one : *program)
      fmt::print("    {{{:#06x}, {}, {}, {:#010x}}},\n", one.code, one.jt, one.jf, one.k);
    fmt::print("}};\n\n");
  }
  fmt::print("constexpr std::span<const sock_filter> kFilters[] = {{");
  for (unsigned number = 0; number < rh::sandbox::kFilterCount; ++number)
    fmt::print("{}kFilter{}", number == 0 ? "" : ", ", number);
  fmt::print("}};\n");
}
