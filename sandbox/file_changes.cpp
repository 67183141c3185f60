#include "sandbox/file_changes.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "sandbox/layer_walk.h"
#include "sandbox/layer_writer.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

UniqueFd receive_descriptor(BorrowedFd socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(socket.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

class LayeredChanges : public FileChanges {
 public:
  explicit LayeredChanges(std::vector<Layer> layers) : layers_(std::move(layers)) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const UniqueFd lower(open(layers_[i].root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!lower) continue;
      LayerChanges of_layer = walk_layer(layers_[i].upper, lower);
      truncated_ = truncated_ || of_layer.truncated;
      for (model::FileChange& change : of_layer.changes) {
        list_.push_back(std::move(change));
        layer_of_.push_back(i);
      }
    }
  }

  [[nodiscard]] const std::vector<model::FileChange>& list() const override { return list_; }
  [[nodiscard]] bool truncated() const override { return truncated_; }

  Result<std::vector<std::string>> apply() override {
    std::vector<UniqueFd> roots;
    for (const Layer& layer : layers_) {
      roots.emplace_back(open(layer.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!roots.back()) return fail_errno("open", layer.root.string());
    }
    return carry(roots, true);
  }

  Result<std::vector<std::string>> copy_to(const fs::path& folder) override {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail_errno("make folder", folder.string(), error.value());
    std::vector<UniqueFd> roots;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      roots.emplace_back(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!roots.back()) return fail_errno("open", folder.string());
    }
    return carry(roots, false);
  }

 private:
  Result<std::vector<std::string>> carry(const std::vector<UniqueFd>& roots, bool deletions) {
    if (truncated_)
      return fail(ErrorKind::limit, "carry over changes that are too many or too deep to be listed",
                  layers_.front().root.string());
    std::vector<LayerWriter> writers;
    for (std::size_t i = 0; i < layers_.size(); ++i) writers.emplace_back(layers_[i].upper, roots[i]);
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (deletions || list_[i].kind != model::FileChangeKind::deleted) RH_CHECK(writers[layer_of_[i]].write(list_[i]));
    std::vector<std::string> left_out;
    for (LayerWriter& writer : writers)
      for (std::string& one : writer.take_left_out()) left_out.push_back(std::move(one));
    return left_out;
  }

  std::vector<Layer> layers_;
  std::vector<model::FileChange> list_;
  std::vector<std::size_t> layer_of_;  // of each change
  bool truncated_ = false;
};

}  // namespace

std::vector<Layer> receive_layers(BorrowedFd socket, const std::vector<fs::path>& roots) {
  std::vector<Layer> layers;
  for (const fs::path& root : roots) {
    UniqueFd upper = receive_descriptor(socket);
    if (!upper) break;
    layers.push_back({root, std::move(upper)});
  }
  return layers;
}

std::shared_ptr<FileChanges> read_changes(std::vector<Layer> layers) {
  return std::make_shared<LayeredChanges>(std::move(layers));
}

}  // namespace rh::sandbox
