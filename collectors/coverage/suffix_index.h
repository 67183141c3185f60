// Finds the file of a repository that a path written elsewhere can only mean: the one whose path ends like it, or that
// it ends with. Both are looked up by hash, so thousands of files of one name cost no more than thousands of names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rh::collectors {

// `a` equals `suffix`, or ends with it behind a '/'.
[[nodiscard]] bool has_path_suffix(std::string_view path, std::string_view suffix);

class SuffixIndex {
 public:
  // `files` must outlive the index.
  explicit SuffixIndex(const std::vector<std::string>& files);

  [[nodiscard]] bool has(std::string_view file) const { return known_.contains(file); }

  struct Matches {
    const std::string* longer = nullptr;    // the only file whose path ends with the one that was asked for
    bool several_longer = false;            // there are more of them
    std::vector<std::string_view> shorter;  // files that the path ends with, longest first; may hold itself
  };
  [[nodiscard]] Matches find(std::string_view path);

 private:
  // The files of one name, by every tail of their paths; made when the name is asked for first.
  struct Group {
    std::vector<const std::string*> files;
    std::unordered_map<std::string_view, const std::string*> by_tail;  // null: several
  };
  static void fill(Group& group);

  std::unordered_set<std::string_view> known_;
  std::unordered_map<std::string_view, Group> by_name_;
};

}  // namespace rh::collectors
