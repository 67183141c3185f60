// Pieces of GitHub-flavoured Markdown made of texts that nobody has read: names and messages stand in code
// spans or with every special character escaped, where nothing of them is Markdown, HTML or a mention.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/core.h>

namespace rh::reporters::markdown {

constexpr std::size_t kMaxBytes = 60'000;  // GitHub takes 65,536 characters in a comment

[[nodiscard]] std::string code(std::string_view text);
// For tables, which are cut into cells before code spans are read.
[[nodiscard]] std::string code_cell(std::string_view text);
[[nodiscard]] std::string prose(std::string_view text);
[[nodiscard]] std::string code_block(std::string_view text, std::size_t max_lines);

// Text that grows up to a bound; what does not fit is counted.
class Page {
 public:
  bool add(std::string_view text, std::size_t bound = kMaxBytes) {
    if (text_.size() + text.size() > bound) return false;
    text_ += text;
    return true;
  }
  // Adds `render(item)` of each while they fit, then says how many did not.
  template <class Items, class Render>
  void add_each(const Items& items, std::size_t bound, std::string_view noun, Render render) {
    std::size_t added = 0;
    for (const auto& item : items) {
      if (!add(render(item), bound)) break;
      ++added;
    }
    if (added < items.size())
      text_ += fmt::format("\n... and {} more {}: see the full report.\n", items.size() - added, noun);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace rh::reporters::markdown
