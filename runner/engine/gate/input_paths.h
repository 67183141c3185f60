// What the caller names as results: files, folders and globs, spread out into single inputs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/base/result.h"

namespace rh::engine {

constexpr std::size_t kMaxInputs = 100'000;
constexpr int kMaxInputDepth = 32;  // of folders below a named one

enum class InputKind {
  file,           // results or coverage: the content tells
  run_directory,  // of a run of runharness: an events.jsonl lies in it
  go_coverage,    // GOCOVERDIR: covmeta.* and covcounters.*
};

struct InputPath {
  std::filesystem::path path;
  std::string shown;  // as the caller would write it
  InputKind kind = InputKind::file;
  bool named = true;  // by the caller itself; found in a folder: what is neither results nor coverage is no mistake
};

struct InputPaths {
  std::vector<InputPath> inputs;       // in the order of the words, below a folder or glob by name; each once
  std::vector<std::string> missing;    // words that name no file
  std::vector<std::string> unmatched;  // globs and folders in which nothing was found
};

// "-" is standard input. A word that names an existing file is that file, also when it could be a glob.
[[nodiscard]] Result<InputPaths> find_inputs(const std::vector<std::string>& words, const std::filesystem::path& here);

}  // namespace rh::engine
