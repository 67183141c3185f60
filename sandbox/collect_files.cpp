#include "sandbox/collect_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/sparse_copy.h"
#include "runner/base/text.h"
#include "sandbox/file_search.h"

namespace rh::sandbox {
namespace {

using model::CollectedFile;
using model::CollectState;
namespace fs = std::filesystem;

constexpr std::uint64_t kBytesOfABlock = 512;  // st_blocks counts these
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// Writes below one folder of the runner's, through no link.
class Destination {
 public:
  static Result<Destination> open(const fs::path& folder) {
    RH_CHECK(make_directories(folder));
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("open the folder", folder.string());
    return Destination(std::move(fd));
  }

  Result<std::uint64_t> write(const std::string& path, const RegularFile& file, std::uint64_t most) {
    const std::size_t slash = path.rfind('/');
    RH_TRY(const UniqueFd folder, make_folders(slash == std::string::npos ? std::string() : path.substr(0, slash)));
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT) return fail_errno("replace", path);
    const UniqueFd to(::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to) return fail_errno("write a copy of", path);
    auto copied = copy_data(file.fd, to, most, path);
    constexpr mode_t kOwnerReads = 0600, kPermissions = 0777;
    if (copied && ::fchmod(to.get(), (file.mode & kPermissions) | kOwnerReads) != 0)
      copied = fail_errno("set the mode of the copy of", path);
    if (!copied) ::unlinkat(folder.get(), name.c_str(), 0);
    return copied;
  }

 private:
  explicit Destination(UniqueFd fd) : fd_(std::move(fd)) {}

  Result<UniqueFd> make_folders(const std::string& path) const {
    UniqueFd at(::openat(fd_.get(), ".", kFolderFlags));
    for (const std::string_view part : split(path, '/')) {
      if (!at || part.empty()) break;
      const std::string name(part);
      if (::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("make the folder", path);
      at.reset(::openat(at.get(), name.c_str(), kFolderFlags));
    }
    if (!at) return fail_errno("open the folder", path);
    return at;
  }

  UniqueFd fd_;
};

class Collection {
 public:
  Collection(const Beneath& folder, const CollectBounds& bounds, Destination* destination)
      : folder_(folder), bounds_(bounds), destination_(destination) {}

  CollectedFile collect(const std::string& path) {
    CollectedFile file;
    file.path = path;
    const auto seen = folder_.look_at(path);
    if (!seen) return refuse(std::move(file), state_of(seen.error()), seen.error().message());
    struct stat info {};
    if (::fstat(seen->get(), &info) != 0)
      return refuse(std::move(file), CollectState::unreadable, fail_errno("inspect", path).error.message());
    if (S_ISLNK(info.st_mode))
      return refuse(std::move(file), CollectState::symlink, "a symbolic link to " + target_of(*seen));
    if (!S_ISREG(info.st_mode)) return refuse(std::move(file), CollectState::not_regular, kind_of(info.st_mode));
    file.size_bytes = static_cast<std::uint64_t>(info.st_size);
    file.disk_bytes = static_cast<std::uint64_t>(info.st_blocks) * kBytesOfABlock;
    const auto opened = Beneath::open_seen(*seen, path);
    if (!opened) return refuse(std::move(file), CollectState::unreadable, opened.error().message());
    return take(std::move(file), *opened);
  }

 private:
  CollectedFile take(CollectedFile file, const RegularFile& opened) {
    const std::uint64_t left = bounds_.total_bytes - total_;
    const std::uint64_t most = std::min(bounds_.file_bytes, left);
    // The holes are not counted; a file without any need not be searched for them.
    auto data =
        file.size_bytes <= most ? Result<std::uint64_t>(file.size_bytes) : data_bytes(opened.fd, most, file.path);
    if (!data) return refuse(std::move(file), CollectState::unreadable, data.error().message());
    if (*data > bounds_.file_bytes)
      return refuse(std::move(file), CollectState::too_large,
                    fmt::format("more than {} of data, the limit of one file", format_size(bounds_.file_bytes)));
    if (*data > left)
      return refuse(
          std::move(file), CollectState::too_large,
          fmt::format("with it all files would be larger than {}, their limit", format_size(bounds_.total_bytes)));
    if (destination_ != nullptr) {
      data = destination_->write(file.path, opened, most);
      const bool grew = !data && data.error().kind == ErrorKind::limit;
      if (!data)
        return refuse(std::move(file), grew ? CollectState::too_large : CollectState::unreadable,
                      data.error().message());
    }
    total_ += *data;
    file.state = CollectState::collected;
    return file;
  }

  static CollectState state_of(const Error& error) {
    switch (error.sys_errno) {
      case ENOENT:
      case ENOTDIR:
        return CollectState::missing;
      case ELOOP:
        return CollectState::symlink;
      default:
        return CollectState::unreadable;
    }
  }

  static std::string target_of(const UniqueFd& link) {
    std::array<char, 4096> text{};
    const ssize_t length = ::readlinkat(link.get(), "", text.data(), text.size());
    return length < 0 ? "somewhere" : std::string(text.data(), static_cast<std::size_t>(length));
  }

  static CollectedFile refuse(CollectedFile file, CollectState state, std::string detail) {
    file.state = state;
    file.detail = std::move(detail);
    return file;
  }

  const Beneath& folder_;
  const CollectBounds& bounds_;
  Destination* destination_;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<std::vector<CollectedFile>> collect_files(const fs::path& folder, const std::vector<std::string>& patterns,
                                                 const CollectBounds& bounds,
                                                 const std::optional<fs::path>& destination) {
  RH_TRY(const Beneath beneath, Beneath::open(folder));
  std::optional<Destination> target;
  if (destination) {
    RH_TRY(target, Destination::open(*destination));
  }
  FoundFiles found = find_files(beneath, patterns, bounds.files);
  std::vector<CollectedFile> files = std::move(found.unfounded);
  Collection collection(beneath, bounds, target ? &*target : nullptr);
  for (const std::string& path : found.paths) files.push_back(collection.collect(path));
  std::stable_sort(files.begin(), files.end(),
                   [](const CollectedFile& left, const CollectedFile& right) { return left.path < right.path; });
  return files;
}

}  // namespace rh::sandbox
