// A folder for temporary files, where no mount namespace gives the command a /tmp of its own.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "runner/base/result.h"

namespace rh::sandbox {

class PrivateTmp {
 public:
  // Below the runner's own folder for temporary files; `name` as own_group_name makes them. What dead
  // runners left there is removed.
  [[nodiscard]] static Result<PrivateTmp> make(const std::string& name);
  PrivateTmp(PrivateTmp&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateTmp& operator=(PrivateTmp&&) = delete;
  ~PrivateTmp();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit PrivateTmp(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace rh::sandbox
