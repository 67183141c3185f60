// How frames are shown: the names and files that summaries and exports agree upon, and which frames are the
// same function to a reader: processes may know one file by different paths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/profile.h"

namespace rh::profiles {

// "Worker.run"; machine code "qsort_r [native]", the kernel "do_sys_poll [kernel]". Never empty.
[[nodiscard]] std::string shown_name(const model::ProfileFrame& frame);
// Relative to `cwd` where inside it, without "file://"; machine code without a file: the name of its module.
[[nodiscard]] std::string shown_file(const model::ProfileFrame& frame, std::string_view cwd);
// "name (file:line)", without what is not known.
[[nodiscard]] std::string place_text(std::string_view name, std::string_view file, std::uint32_t line);

struct ShownFunction {
  std::uint32_t frame = 0;  // the first frame of the profile that is this function
  std::string name, file;
  std::uint32_t line = 0;  // first line of the function; 0: unknown
  model::FrameKind kind = model::FrameKind::native;

  [[nodiscard]] std::string text() const { return place_text(name, file, line); }
};

// The functions of a profile: frames that are shown alike are one.
class FrameNames {
 public:
  explicit FrameNames(const model::Profile& profile);

  [[nodiscard]] const std::vector<ShownFunction>& functions() const { return functions_; }
  [[nodiscard]] std::uint32_t function_of_frame(std::uint32_t frame) const { return function_of_[frame]; }
  [[nodiscard]] const ShownFunction& of_frame(std::uint32_t frame) const { return functions_[function_of_[frame]]; }

 private:
  std::vector<ShownFunction> functions_;
  std::vector<std::uint32_t> function_of_;  // by frame
};

// The texts of a stack, root first, with the lines that are executed or called from.
[[nodiscard]] std::vector<std::string> stack_texts(const model::Profile& profile, const FrameNames& names,
                                                   std::uint32_t stack);

}  // namespace rh::profiles
