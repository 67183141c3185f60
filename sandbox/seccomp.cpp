// The programs are made by the build, see seccomp_compiler.cpp; the child only installs one.
#include "sandbox/seccomp.h"

#include <span>

namespace rh::sandbox {

#ifndef RH_HAVE_SECCOMP

Ability seccomp_ability() { return {false, "this runharness was built without libseccomp"}; }
Result<std::vector<sock_filter>> make_filter(const FilterOptions&) {
  return fail(ErrorKind::unsupported, "make a system call filter: built without libseccomp");
}

#else

namespace {
#include "sandbox/seccomp_filters.inc"
static_assert(std::size(kFilters) == kFilterCount);
}  // namespace

Ability seccomp_ability() { return {true, {}}; }

Result<std::vector<sock_filter>> make_filter(const FilterOptions& options) {
  const std::span<const sock_filter> filter = kFilters[number_of(options)];
  return std::vector<sock_filter>(filter.begin(), filter.end());
}

#endif

}  // namespace rh::sandbox
