// Text that tests left behind, made fit for a report: one-line messages, bounded output, paths as
// seen from the suite's root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rh::collectors {

constexpr std::size_t kMaxMessageBytes = 4U << 10;
constexpr std::size_t kMaxDetailBytes = 64U << 10;

// The first line with something on it: without colours, control bytes and outer blanks, bounded.
[[nodiscard]] std::string one_line(std::string_view text);
// Without colours and control bytes (tab and newline stay); head and tail when above the bound.
[[nodiscard]] std::string clean_details(std::string_view text);
// As it is, made valid UTF-8; head and tail when above the bound.
[[nodiscard]] std::string bounded_output(std::string_view text);

// A path of a test's file relative to `suite_root` when it lies below; "file://" and "./" are dropped.
[[nodiscard]] std::string test_file(std::string_view path, std::string_view suite_root);

// Collects output piece by piece in bounded memory: the first and the last part of it.
class BoundedText {
 public:
  explicit BoundedText(std::size_t max_bytes = kMaxDetailBytes) : half_(max_bytes / 2) {}
  void append(std::string_view text);
  [[nodiscard]] bool empty() const { return length_ == 0; }
  // With a line "... (N bytes cut)" in place of what is missing. Valid UTF-8.
  [[nodiscard]] std::string text() const;

 private:
  std::size_t half_;
  std::string head_, tail_;
  std::uint64_t length_ = 0;
};

}  // namespace rh::collectors
