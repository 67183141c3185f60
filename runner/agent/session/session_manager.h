// Sessions of one process: state that is kept between calls, apart from that of every other session and caller, within
// bounds, and gone after an idle time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runner/agent/exec/record.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

class SessionProcess;

constexpr std::size_t kMaxSessions = 16;          // of one process
constexpr std::chrono::minutes kSessionIdle{30};  // without a call, then it ends
constexpr std::size_t kMaxSessionIdBytes = 64;

// Compiled languages have none.
[[nodiscard]] bool keeps_state(Language language);
// Letters, digits, '-', '_', '.': it becomes part of answers and logs, never of a path.
[[nodiscard]] bool is_session_id(std::string_view id);

struct SessionInfo {
  std::string id;
  Language language = Language::python;
  std::chrono::system_clock::time_point started, last_used;
  std::uint64_t calls = 0;
  bool busy = false;
  std::optional<std::uint64_t> memory_bytes;
};

// Thread-safe; one call at a time runs in a session, the others wait.
class SessionManager {
 public:
  explicit SessionManager(Service& service);
  ~SessionManager();
  SessionManager(const SessionManager&) = delete;

  // Runs the record's request in its session, which is made where there is none of that id.
  void run(const CallContext& context, ExecutionRecord& record, ExecutionMethod method);
  // Makes one without running anything; `id` empty: one is made up.
  [[nodiscard]] Result<std::string> start(const CallContext& context, const ExecutionRequest& request);
  // Those of the caller.
  [[nodiscard]] std::vector<SessionInfo> list(const CallContext& context);
  [[nodiscard]] bool end(const CallContext& context, const std::string& id);
  std::size_t end_all();
  [[nodiscard]] std::size_t count();
  [[nodiscard]] static Result<std::string> new_id();

 private:
  struct Session;
  using Sessions = std::map<std::pair<std::string, std::string>, std::shared_ptr<Session>>;
  [[nodiscard]] Result<std::shared_ptr<Session>> find_or_start(const CallContext& context,
                                                               const ExecutionRequest& request, ExecutionMethod method);
  void end_idle_ones();

  Service& service_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  Sessions sessions_;
  std::thread reaper_;
};

}  // namespace rh::agent
