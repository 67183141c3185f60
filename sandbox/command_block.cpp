#include "sandbox/command_block.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

constexpr std::size_t kSlack = 4096;  // alignment and the block itself

// Every place where the name may be, in the order of PATH.
std::vector<std::string> candidates(const model::Command& command) {
  if (command.argv.empty()) return {};
  const std::string& name = command.argv.front();
  if (name.find('/') != std::string::npos) return {name};
  const auto path = command.env.find("PATH");
  std::string_view folders = "/usr/local/bin:/usr/bin:/bin";
  if (path != command.env.end()) folders = path->second;
  std::vector<std::string> found;
  for (const std::string_view folder : split(folders, ':'))
    found.push_back(folder.empty() ? "./" + name : fmt::format("{}/{}", folder, name));
  return found;
}

// Hands out the memory from its beginning on; the caller has made sure that it is enough.
class Room {
 public:
  Room(void* memory, std::size_t bytes) : next_(static_cast<char*>(memory)), left_(bytes) {}

  template <class T>
  T* take(std::size_t count) {
    void* at = next_;
    if (std::align(alignof(T), sizeof(T) * count, at, left_) == nullptr) return nullptr;
    next_ = static_cast<char*>(at) + sizeof(T) * count;
    left_ -= sizeof(T) * count;
    return new (at) T[count];
  }
  const char* text(std::string_view text) {
    char* at = take<char>(text.size() + 1);
    memcpy(at, text.data(), text.size());
    at[text.size()] = '\0';
    return at;
  }
  const char* const* texts(const std::vector<std::string>& list) {
    const char** at = take<const char*>(list.size() + 1);
    for (std::size_t i = 0; i < list.size(); ++i) at[i] = text(list[i]);
    at[list.size()] = nullptr;
    return at;
  }

 private:
  char* next_;
  std::size_t left_;
};

std::vector<std::string> assignments(const model::Environment& environment) {
  std::vector<std::string> list;
  for (const auto& [name, value] : environment) list.push_back(name + "=" + value);
  return list;
}

std::size_t size_of(const std::vector<std::string>& list) {
  std::size_t bytes = 2 * sizeof(char*);
  for (const std::string& text : list) bytes += text.size() + 1 + sizeof(char*);
  return bytes;
}

}  // namespace

std::size_t SharedCommand::bytes_for(const model::Command& command, std::size_t limits) {
  return kSlack + command.cwd.native().size() + size_of(candidates(command)) + size_of(command.argv) +
         size_of(assignments(command.env)) + limits * sizeof(ResourceLimit);
}

Result<SharedCommand> SharedCommand::make(std::size_t bytes) {
  SharedCommand made;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return fail_errno("share memory with a child", "mmap");
  made.memory_ = memory;
  made.bytes_ = bytes;
  return made;
}

SharedCommand::SharedCommand(SharedCommand&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

SharedCommand& SharedCommand::operator=(SharedCommand&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedCommand::~SharedCommand() {
  if (memory_ != nullptr) munmap(memory_, bytes_);
}

bool SharedCommand::write(const model::Command& command, std::span<const ResourceLimit> limits) {
  if (bytes_for(command, limits.size()) > bytes_) return false;
  Room room(memory_, bytes_);
  auto* block = room.take<CommandBlock>(1);
  block->working_folder = room.text(command.cwd.empty() ? "/" : command.cwd.native());
  block->executables = room.texts(candidates(command));
  block->argv = room.texts(command.argv);
  block->env = room.texts(assignments(command.env));
  auto* own_limits = room.take<ResourceLimit>(limits.size());
  for (std::size_t i = 0; i < limits.size(); ++i) own_limits[i] = limits[i];
  block->limits = own_limits;
  block->limit_count = limits.size();
  return true;
}

}  // namespace rh::sandbox
