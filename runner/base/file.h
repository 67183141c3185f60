// Bounded file access with errors as values, and the owner of a temporary directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh {

constexpr std::uint64_t kDefaultReadLimit = 64ULL << 20;

// Whole file; `limit` error when larger. Follows symlinks (repository files may be links).
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::uint64_t max_bytes = kDefaultReadLimit);
// Writes a temporary neighbour, then renames over `path`: readers see the old or the new bytes.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);
[[nodiscard]] Result<void> write_all(BorrowedFd fd, std::string_view bytes, std::string_view subject);
[[nodiscard]] Result<void> make_directories(const std::filesystem::path& path);

[[nodiscard]] bool is_file(const std::filesystem::path& path);
[[nodiscard]] bool is_directory(const std::filesystem::path& path);
// `path` seen from `base`, '/'-separated; `path` itself when it is not below `base`.
[[nodiscard]] std::string relative_to(const std::filesystem::path& path, const std::filesystem::path& base);
[[nodiscard]] bool is_below(const std::filesystem::path& path, const std::filesystem::path& base);

class TempDir {
 public:
  [[nodiscard]] static Result<TempDir> make(std::string_view prefix);
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace rh
