// The rules of .gitignore files, as gitignore(5) describes them. Patterns are matched without
// recursion; a file with more than kMaxRules rules is read up to there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::engine {

class IgnoreRules {
 public:
  // Adds the rules of the file that lies in `folder` (relative to the root, "." for the root). For a
  // file above the root, `below` is the root's path seen from that file's folder.
  void add(std::string_view folder, std::string_view text, std::string_view below = {});
  // Whether the path (relative to the root) is ignored by the last rule that matches it. Parents are
  // the caller's: a walk never enters an ignored folder.
  [[nodiscard]] bool ignored(std::string_view path, bool is_folder) const;

  static constexpr std::size_t kMaxRules = 20'000;

 private:
  struct Rule {
    std::string base;       // folder of the file with a trailing '/', empty for the root
    std::string pattern;    // relative to base
    std::string below;      // prefix that leads from a file above the root down to it, with a trailing '/'
    bool anchored = false;  // has a slash other than a trailing one
    bool folders_only = false;
    bool negated = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace rh::engine
