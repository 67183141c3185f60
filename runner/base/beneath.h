// Opens what code that is not trusted may have made: only below a folder that the caller names, through
// no symbolic link, regular files only, without ever waiting, and within bounds. The folder itself is
// the caller's, and its own path may lead through links.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh {

struct RegularFile {
  UniqueFd fd;  // for reading
  std::uint64_t size_bytes = 0;
  std::uint64_t disk_bytes = 0;  // allocated; less than the size where the file has holes
  mode_t mode = 0;
};

// How paths are resolved: openat2 where the kernel has it and no filter hides it, else one component
// after the other.
enum class Resolution { automatic, kernel, by_component };

// Paths are relative to the folder; one that is absolute or has ".." in it is refused with EXDEV, one
// that leads through a symbolic link with ELOOP.
class Beneath {
 public:
  struct Options {
    bool one_file_system = false;  // what is mounted below the folder is refused with EXDEV
    Resolution resolution = Resolution::automatic;
  };
  [[nodiscard]] static Result<Beneath> open(const std::filesystem::path& folder, Options options);
  [[nodiscard]] static Result<Beneath> open(const std::filesystem::path& folder) { return open(folder, {}); }

  // Whatever is there, for fstat and readlinkat only: also a symbolic link, a pipe, a device.
  [[nodiscard]] Result<UniqueFd> look_at(std::string_view path) const;
  [[nodiscard]] Result<UniqueFd> open_folder(std::string_view path) const;
  [[nodiscard]] Result<RegularFile> open_regular(std::string_view path) const;
  // Refused when its size says that it is larger than `max_bytes`, or when reading finds that it is.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::uint64_t max_bytes) const;

  // Makes what is missing of these folders, mode 755, and opens the last one.
  [[nodiscard]] Result<UniqueFd> make_folders(std::string_view path) const;
  // As write_file of file.h, with the folders that it needs.
  [[nodiscard]] Result<void> write(std::string_view path, std::string_view bytes) const;

  // A descriptor of look_at opened for reading, without resolving a path again.
  [[nodiscard]] static Result<RegularFile> open_seen(BorrowedFd seen, const std::string& subject);

 private:
  Beneath(UniqueFd fd, std::filesystem::path folder, Options options)
      : fd_(std::move(fd)), folder_(std::move(folder)), options_(options) {}
  [[nodiscard]] Result<UniqueFd> resolve(std::string_view path, int flags) const;
  [[nodiscard]] int by_kernel(const std::vector<std::string_view>& parts, int flags) const;
  [[nodiscard]] int by_component(const std::vector<std::string_view>& parts, int flags) const;
  [[nodiscard]] Failure refusal(std::string_view path, int sys_errno) const;
  [[nodiscard]] std::string first_link(std::string_view path) const;

  UniqueFd fd_;
  std::filesystem::path folder_;
  Options options_;
};

// `file` below the first of `folders` that it lies in; its own folder when it lies in none of them.
[[nodiscard]] Result<RegularFile> open_beneath(const std::vector<std::filesystem::path>& folders,
                                               const std::filesystem::path& file);
[[nodiscard]] Result<std::string> read_beneath(const std::vector<std::filesystem::path>& folders,
                                               const std::filesystem::path& file, std::uint64_t max_bytes);

// Everything up to the end of the file; `limit` error when there is more than `max_bytes` of it.
[[nodiscard]] Result<std::string> read_to_end(BorrowedFd fd, std::uint64_t expected_bytes, std::uint64_t max_bytes,
                                              const std::string& subject);

}  // namespace rh
