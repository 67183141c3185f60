#include "collectors/coverage/suffix_index.h"

namespace rh::collectors {
namespace {

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The next tail that starts behind a '/'; empty: there is none.
std::string_view next_tail(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

}  // namespace

bool has_path_suffix(std::string_view path, std::string_view suffix) {
  if (!path.ends_with(suffix)) return false;
  return path.size() == suffix.size() || path[path.size() - suffix.size() - 1] == '/';
}

SuffixIndex::SuffixIndex(const std::vector<std::string>& files) : known_(files.begin(), files.end()) {
  for (const std::string& file : files) by_name_[name_of(file)].files.push_back(&file);
}

void SuffixIndex::fill(Group& group) {
  for (const std::string* file : group.files)
    for (std::string_view tail = *file; !tail.empty(); tail = next_tail(tail)) {
      const auto [found, added] = group.by_tail.emplace(tail, file);
      if (!added && found->second != file) found->second = nullptr;
    }
}

SuffixIndex::Matches SuffixIndex::find(std::string_view path) {
  Matches matches;
  const auto group = by_name_.find(name_of(path));
  if (group == by_name_.end()) return matches;
  if (group->second.by_tail.empty()) fill(group->second);
  if (const auto longer = group->second.by_tail.find(path); longer != group->second.by_tail.end()) {
    matches.longer = longer->second;
    matches.several_longer = longer->second == nullptr;
  }
  for (std::string_view tail = path; !tail.empty(); tail = next_tail(tail))
    if (known_.contains(tail)) matches.shorter.push_back(tail);
  return matches;
}

}  // namespace rh::collectors
