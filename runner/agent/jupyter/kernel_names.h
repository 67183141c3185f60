// Kernels call their language by their own names: "ipython", "nodejs", "go".
#pragma once

#include <string>

namespace rh::agent {

// Whether a kernel of `kernel_language`, as its specification says, runs the language `wanted`, in runharness's words.
[[nodiscard]] bool speaks(const std::string& kernel_language, const std::string& wanted);

}  // namespace rh::agent
