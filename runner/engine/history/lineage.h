// Which commits a run may be compared with, and what its branch is called. Asked of git itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"

namespace rh::engine {

constexpr std::size_t kMaxAncestors = 5000;

struct Lineage {
  std::string branch;                  // by CI's variables, else by git; empty: not known, or detached
  std::vector<std::string> ancestors;  // full hashes, nearest first, the commit itself among them; bounded
};

// Of `commit`, or of HEAD when it is empty. Outside of a repository both members are empty.
[[nodiscard]] Lineage ask_lineage(const adapters::Host& host, const std::filesystem::path& root,
                                  const std::string& commit);

// The text of a file of the repository as it is at that commit; not_found: it has none of that path.
[[nodiscard]] Result<std::string> text_at_commit(const adapters::Host& host, const std::filesystem::path& file,
                                                 const std::string& commit);

}  // namespace rh::engine
