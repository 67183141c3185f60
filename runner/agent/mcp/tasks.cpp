#include "runner/agent/mcp/tasks.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

std::string_view name_of(Task::Status status) {
  constexpr std::array<std::string_view, 4> kNames{"working", "completed", "failed", "cancelled"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace

Task::Task(std::string id, std::string owner, std::string session, std::chrono::milliseconds life)
    : id_(std::move(id)),
      owner_(std::move(owner)),
      session_(std::move(session)),
      life_(life),
      expires_(monotonic_now() + life),
      created_(std::chrono::system_clock::now()),
      done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      updated_(created_) {}

// What a call says meanwhile: its progress is the task's message.
void Task::send(const json& message) {
  const auto params = message.find("params");
  if (params == message.end() || !params->is_object() || !params->contains("message")) return;
  const json& text = params->at("message");
  const std::lock_guard lock(mutex_);
  if (!text.is_string() || status_ != Status::working) return;
  message_ = text.get<std::string>();
  updated_ = std::chrono::system_clock::now();
}

void Task::finish(const json& response, int) {
  const auto result = response.find("result");
  const bool failed = result == response.end() || result->value("isError", json(false)) == true;
  end(failed ? Status::failed : Status::completed, share(response));
}

void Task::abandon() { end(Status::cancelled, nullptr); }

void Task::end(Status status, Json response) {
  const std::lock_guard lock(mutex_);
  if (status_ != Status::working) return;
  status_ = status;
  ended_ = monotonic_now();
  response_ = std::move(response);
  message_ = status == Status::cancelled ? "The call was cancelled." : "";
  updated_ = std::chrono::system_clock::now();
  const std::uint64_t one = 1;
  (void)!::write(done_.get(), &one, sizeof one);
}

bool Task::has_expired() const {
  const std::lock_guard lock(mutex_);
  return status_ != Status::working && monotonic_now() > std::max(expires_, ended_ + Nanoseconds(kTaskKept));
}

Task::Status Task::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Json Task::response() const {
  const std::lock_guard lock(mutex_);
  return response_;
}

json Task::description() const {
  const std::lock_guard lock(mutex_);
  json all = {{"taskId", id_},
              {"status", name_of(status_)},
              {"createdAt", to_rfc3339(created_)},
              {"lastUpdatedAt", to_rfc3339(updated_)},
              {"ttl", life_.count()},
              {"pollInterval", kTaskPoll.count()}};
  if (!message_.empty()) all["statusMessage"] = message_;
  return all;
}

std::shared_ptr<Task> Tasks::begin(const std::string& owner, const std::string& session,
                                   std::chrono::milliseconds life) {
  const auto id = random_hex(16);
  const std::lock_guard lock(mutex_);
  forget_expired();
  if (!id || tasks_.size() >= kMaxTasks) return nullptr;
  auto task = std::make_shared<Task>(*id, owner, session, life);
  tasks_.emplace(*id, task);
  return task;
}

void Tasks::drop(const Task& task) {
  const std::lock_guard lock(mutex_);
  tasks_.erase(task.id());
}

std::shared_ptr<Task> Tasks::find(const std::string& id, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  forget_expired();
  const auto found = tasks_.find(id);
  return found == tasks_.end() || found->second->owner() != owner ? nullptr : found->second;
}

std::vector<std::shared_ptr<Task>> Tasks::of_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  forget_expired();
  std::vector<std::shared_ptr<Task>> all;
  for (const auto& [id, task] : tasks_)
    if (task->session() == session) all.push_back(task);
  return all;
}

// What runs still is not forgotten: its own limits end it.
void Tasks::forget_expired() {
  for (auto one = tasks_.begin(); one != tasks_.end();)
    one = one->second->has_expired() ? tasks_.erase(one) : std::next(one);
}

}  // namespace rh::agent::mcp
