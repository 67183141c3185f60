// UniqueFd owns a file descriptor from the line it is born; BorrowedFd only looks at one.
#pragma once

#include <utility>

namespace rh {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct BorrowedFd {
  int fd = -1;
  BorrowedFd() = default;
  explicit BorrowedFd(int raw) : fd(raw) {}
  BorrowedFd(const UniqueFd& owner) : fd(owner.get()) {}  // borrowing is meant to be effortless
  [[nodiscard]] bool valid() const { return fd >= 0; }
};

}  // namespace rh
