// Profiles for the tests in a browser: made up, the same for the same name, with shares that a test can know.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "runner/model/profile.h"
#include "runner/model/source_text.h"

namespace rh::browser {

struct ProfileFixture {
  model::Profile profile;
  std::vector<model::SourceText> sources;
};

// A Python program with threads, a child and a node process, `samples` in all. The first fifth imports, then
// `compute` runs up to 70 % of the time, then `write_report`. Half of compute's time is in `hot`, which calls native
// code; `walk` calls itself. With `varied`, samples hop between thousands of stacks, so that few are equal.
[[nodiscard]] ProfileFixture usual_profile(std::size_t samples, bool varied);
// Names, files and texts that would act on a page that took them for markup or a terminal.
[[nodiscard]] ProfileFixture hostile_profile();
// A program that ended before the first sample.
[[nodiscard]] ProfileFixture empty_profile();

}  // namespace rh::browser
