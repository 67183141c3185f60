// Where a file's bytes come from, piece by piece: never the whole file at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::collectors {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes into `into`; 0 at the end. An error ends the reading.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;
};

// A file, or whatever else can be opened for reading (a pipe, /dev/stdin).
class FileSource : public ByteSource {
 public:
  [[nodiscard]] static Result<FileSource> open(const std::filesystem::path& path);
  // `fd` stays the caller's.
  FileSource(BorrowedFd fd, std::string subject) : fd_(fd), subject_(std::move(subject)) {}
  Result<std::size_t> read(char* into, std::size_t size) override;

 private:
  UniqueFd own_;
  BorrowedFd fd_;
  std::string subject_;
};

class TextSource : public ByteSource {
 public:
  // `text` must outlive it. `piece`: the most that one read gives.
  explicit TextSource(std::string_view text, std::size_t piece = SIZE_MAX) : rest_(text), piece_(piece) {}
  Result<std::size_t> read(char* into, std::size_t size) override;

 private:
  std::string_view rest_;
  std::size_t piece_;
};

}  // namespace rh::collectors
