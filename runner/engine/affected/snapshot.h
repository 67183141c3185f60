// What the files of a repository hold at a moment, as git names texts. Where git knows the repository it is asked,
// which reads only what changed; else every file is read.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/base/result.h"
#include "runner/model/repository.h"

namespace rh::engine {

// A larger file is known by its size and time of change.
constexpr std::uint64_t kMaxHashedBytes = 16ULL << 20;

struct Snapshot {
  std::map<std::string, std::string> files;  // path relative to the repository -> blob id
  std::set<std::string> tracked;             // by git
  std::string commit;                        // HEAD; empty without git or commits
};

// `include`: whether a path that git lists is of interest. Without git it is what `repository` lists.
[[nodiscard]] Snapshot take_snapshot(const adapters::Host& host, const model::Repository& repository,
                                     const std::function<bool(const std::string&)>& include);

// Adds files that neither git nor the walk of the repository tells of, and that were measured all the same.
void add_files(Snapshot& snapshot, const std::filesystem::path& root, const std::vector<std::string>& paths);

// The files of a commit below the repository's root.
struct BaseSnapshot {
  std::string commit;  // the merge base, full hash
  std::map<std::string, std::string> files;
};
[[nodiscard]] Result<BaseSnapshot> base_snapshot(const adapters::Host& host, const std::filesystem::path& root,
                                                 const std::string& ref);

// Texts that git has of these blob ids; absent: it has not.
[[nodiscard]] std::map<std::string, std::string> stored_texts(const adapters::Host& host,
                                                              const std::filesystem::path& root,
                                                              const std::set<std::string>& ids);

// Whether no suite cares about a path: dependencies, caches, what test runs leave behind.
[[nodiscard]] bool is_left_behind(std::string_view path);

}  // namespace rh::engine
