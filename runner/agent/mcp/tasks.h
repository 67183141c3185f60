// Calls that go on though nobody waits for them (tasks of revision 2025-11-25): the client gets a handle at once, asks
// how it goes, and takes the result when it is there, also after its own time-out or on another connection.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runner/agent/mcp/call.h"
#include "runner/agent/mcp/protocol.h"
#include "runner/base/clock.h"
#include "runner/base/unique_fd.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxTasks = 256;         // of a server, those that ended and are kept included
constexpr std::chrono::minutes kTaskLife{15};  // after its begin, where the client does not say
constexpr std::chrono::hours kLongestTaskLife{6};
constexpr std::chrono::minutes kTaskKept{5};  // after its end at least, also where the client's time was too short
constexpr std::chrono::milliseconds kTaskPoll{1'000};

class Task : public Outlet {
 public:
  enum class Status { working, completed, failed, cancelled };

  Task(std::string id, std::string owner, std::string session, std::chrono::milliseconds life);

  // Outlet of the call that does the work.
  void send(const nlohmann::json& message) override;
  void finish(const nlohmann::json& response, int http_status) override;
  void abandon() override;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] const std::string& session() const { return session_; }
  [[nodiscard]] Status status() const;
  [[nodiscard]] bool is_over() const { return status() != Status::working; }
  [[nodiscard]] bool has_expired() const;
  [[nodiscard]] BorrowedFd done() const { return done_; }  // readable when it is over
  [[nodiscard]] Json response() const;                     // as JSON-RPC; null: there is none
  [[nodiscard]] nlohmann::json description() const;        // {"taskId", "status", ...}

  std::weak_ptr<Call> call;  // set once, before it runs

 private:
  void end(Status status, Json response);

  const std::string id_, owner_, session_;
  const std::chrono::milliseconds life_;
  const Nanoseconds expires_;
  const std::chrono::system_clock::time_point created_;
  const UniqueFd done_;
  mutable std::mutex mutex_;
  std::chrono::system_clock::time_point updated_;
  Status status_ = Status::working;
  Nanoseconds ended_{0};
  std::string message_ = "The call is being worked on.";
  Json response_;
};

class Tasks {
 public:
  // Null: there are too many.
  [[nodiscard]] std::shared_ptr<Task> begin(const std::string& owner, const std::string& session,
                                            std::chrono::milliseconds life);
  void drop(const Task& task);  // it never ran
  // Of this caller; ids are not guessable. Null: there is none.
  [[nodiscard]] std::shared_ptr<Task> find(const std::string& id, const std::string& owner);
  [[nodiscard]] std::vector<std::shared_ptr<Task>> of_session(const std::string& session);

 private:
  void forget_expired();

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Task>> tasks_;
};

}  // namespace rh::agent::mcp
