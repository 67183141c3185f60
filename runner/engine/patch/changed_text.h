// Lines of whole texts, where the diff does not show them: untracked files, and copies, whose every line is new.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/patch/git.h"
#include "runner/engine/patch/patch.h"

namespace rh::engine {

// A text with a NUL byte near its start is binary, as for git: it has no lines.
void take_all_lines(ChangedFile& file, std::string_view text);

// Fills the lines of copies from git's store, or from the work tree at `root` when git has not stored them.
[[nodiscard]] Result<void> read_copies(const Git& git, const std::filesystem::path& root, ChangedFiles& changes);

// Adds the work tree's files that git neither tracks nor ignores.
[[nodiscard]] Result<void> add_untracked(const Git& git, const std::filesystem::path& root, ChangedFiles& changes);

}  // namespace rh::engine
