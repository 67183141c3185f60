#include "runner/engine/redact_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEntries = 200'000;
constexpr std::size_t kMaxLevels = 64;
constexpr std::uint64_t kMaxBytes = 4ULL << 30;  // of data, in all files together
constexpr std::size_t kBlock = 256 * 1024;

class FolderRedaction {
 public:
  FolderRedaction(const Beneath& folder, const Secrets& secrets) : folder_(folder), secrets_(secrets) {}

  std::vector<std::string> run() {
    std::vector<std::string> waiting{""};
    while (!waiting.empty()) {
      const std::string path = std::move(waiting.back());
      waiting.pop_back();
      list(path, waiting);
    }
    return std::move(unchecked_);
  }

 private:
  void list(const std::string& path, std::vector<std::string>& waiting) {
    auto fd = folder_.open_folder(path);
    if (!fd) return skip(path, fd.error().message());
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd->get()), ::closedir);
    if (!stream) return skip(path, fail_errno("list", path).error.message());
    [[maybe_unused]] const int given = fd->release();
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > kMaxEntries) return skip(path, fmt::format("more than {} entries", kMaxEntries));
      look_at(path.empty() ? std::string(name) : path + "/" + std::string(name), waiting);
    }
  }

  // What is neither file nor folder holds no text.
  void look_at(const std::string& path, std::vector<std::string>& waiting) {
    const auto seen = folder_.look_at(path);
    struct stat info {};
    if (!seen || ::fstat(seen->get(), &info) != 0) return skip(path, seen ? "fstat" : seen.error().message());
    if (S_ISREG(info.st_mode)) return redact_file(path, *seen, info);
    if (!S_ISDIR(info.st_mode)) return;
    if (std::count(path.begin(), path.end(), '/') + 1 >= static_cast<std::ptrdiff_t>(kMaxLevels))
      return skip(path, fmt::format("more than {} levels deep", kMaxLevels));
    waiting.push_back(path);
  }

  void redact_file(const std::string& path, const UniqueFd& seen, const struct stat& info) {
    const auto file = Beneath::open_seen(seen, path);
    if (!file) return skip(path, file.error().message());
    if (!pass(file->fd.get(), -1, path)) return;
    // Another name of the file may lie outside: it is not changed, only this name goes.
    UniqueFd to;
    if (info.st_nlink == 1)
      to.reset(::open(fmt::format("/proc/self/fd/{}", seen.get()).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (to && pass(file->fd.get(), to.get(), path)) return;
    const std::size_t slash = path.rfind('/');
    const auto parent = folder_.open_folder(slash == std::string::npos ? std::string() : path.substr(0, slash));
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (!parent || ::unlinkat(parent->get(), name.c_str(), 0) != 0)
      skip(path, "it holds a secret and can be neither changed nor removed");
  }

  // True when a secret was found; where `to` is a descriptor it was then written over.
  bool pass(int from, int to, const std::string& path) {
    std::uint64_t found = 0;
    for (off_t at = 0;;) {
      const off_t data = ::lseek(from, at, SEEK_DATA);
      if (data < 0) break;
      off_t end = ::lseek(from, data, SEEK_HOLE);
      if (end < 0) break;
      const auto left = static_cast<off_t>(kMaxBytes - std::min(kMaxBytes, bytes_));
      if (to < 0 && end - data > left) {
        skip(path, fmt::format("beyond the first {} of all files", format_size(kMaxBytes)));
        end = data + left;
      }
      if (end == data) break;
      if (to < 0) bytes_ += static_cast<std::uint64_t>(end - data);
      if (!pass_over(from, to, data, end, found)) return false;
      at = end;
    }
    return found > 0;
  }

  // One part without holes. What comes out is never ahead of what was read, so it can be written in place.
  bool pass_over(int from, int to, off_t at, off_t end, std::uint64_t& found) {
    Redactor redactor(secrets_, Redactor::Form::mask, to < 0);
    std::string out;
    buffer_.resize(kBlock);
    off_t put_at = at;
    const auto put = [&] {
      for (std::string_view rest = out; to >= 0 && !rest.empty();) {
        const ssize_t count = ::pwrite(to, rest.data(), rest.size(), put_at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        rest.remove_prefix(static_cast<std::size_t>(count));
        put_at += count;
      }
      out.clear();
      return true;
    };
    while (at < end) {
      const ssize_t got =
          ::pread(from, buffer_.data(), std::min<std::size_t>(kBlock, static_cast<std::size_t>(end - at)), at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      redactor.feed({buffer_.data(), static_cast<std::size_t>(got)}, out);
      at += got;
      if (!put()) return false;
    }
    redactor.finish(out);
    found += redactor.found();
    return put();
  }

  void skip(const std::string& path, const std::string& why) {
    constexpr std::size_t kMostNamed = 100;
    if (unchecked_.size() < kMostNamed) unchecked_.push_back(fmt::format("{}: {}", path.empty() ? "." : path, why));
  }

  const Beneath& folder_;
  const Secrets& secrets_;
  std::vector<char> buffer_;
  std::size_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> unchecked_;
};

}  // namespace

std::vector<std::string> redact_folder(const fs::path& folder, const Secrets& secrets) {
  const auto beneath = Beneath::open(folder);
  if (!beneath) return {beneath.error().message()};
  return FolderRedaction(*beneath, secrets).run();
}

}  // namespace rh::engine
