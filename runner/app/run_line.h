// The command line of `run`, read without the command-line library: making that library's options takes longer than
// many a command. Only what is surely right is read here. Whatever is not (help, an unknown option, a missing value) is
// left to the library, which knows how to say so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/app/options.h"

namespace rh::app {

// `words`: those behind the program's name, the first of them "run".
[[nodiscard]] std::optional<CommandLine> read_run_line(const std::vector<std::string>& words);

}  // namespace rh::app
