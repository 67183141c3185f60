#include "runner/agent/session/session_manager.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/digest.h"
#include "runner/agent/session/session_process.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::seconds kReaperPace{30};

// Two clients of one server cannot reach each other's state by using the same id.
std::string owner_of(const CallContext& context) { return context.caller; }

void refuse(ExecutionRecord& record, ErrorKind kind, std::string message) {
  record.status = ExecutionStatus::failed;
  record.error.kind = kind;
  record.error.message = std::move(message);
}

}  // namespace

struct SessionManager::Session {
  SessionInfo info;
  std::timed_mutex calls;  // held by the call that runs
  std::unique_ptr<SessionProcess> process;
  std::vector<std::string> packages;  // installed when it was made
};

bool keeps_state(Language language) {
  return language == Language::python || language == Language::javascript || language == Language::bash;
}

bool is_session_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxSessionIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

SessionManager::SessionManager(Service& service) : service_(service) {
  reaper_ = std::thread([this] { end_idle_ones(); });
}

SessionManager::~SessionManager() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  reaper_.join();
  end_all();
}

void SessionManager::end_idle_ones() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kReaperPace, [this] { return stop_; })) {
    std::vector<std::shared_ptr<Session>> idle;
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      const bool over = !at->second->info.busy && (system_clock::now() - at->second->info.last_used > kSessionIdle ||
                                                   !at->second->process || !at->second->process->alive());
      if (over) idle.push_back(at->second);
      at = over ? sessions_.erase(at) : std::next(at);
    }
    lock.unlock();
    idle.clear();  // ending one takes a moment
    lock.lock();
  }
}

Result<std::string> SessionManager::new_id() {
  RH_TRY(const std::string suffix, random_hex(6));
  return "session-" + suffix;
}

Result<std::shared_ptr<SessionManager::Session>> SessionManager::find_or_start(const CallContext& context,
                                                                               const ExecutionRequest& request,
                                                                               ExecutionMethod method) {
  if (!is_session_id(request.session))
    return fail(rh::ErrorKind::usage,
                fmt::format("use the session: an id has 1 to {} letters, digits, '-', '_' and '.'", kMaxSessionIdBytes),
                to_valid_utf8(request.session.substr(0, kMaxSessionIdBytes)));
  if (!keeps_state(request.language))
    return fail(rh::ErrorKind::usage,
                fmt::format("use the session: {} has no state to keep; there are sessions of python, javascript and "
                            "bash",
                            name_of(request.language)));
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Session>& session = sessions_[{owner_of(context), request.session}];
  if (session && session->process && session->process->alive()) {
    for (const std::string& package : request.packages)
      if (std::find(session->packages.begin(), session->packages.end(), package) == session->packages.end())
        return fail(rh::ErrorKind::usage,
                    fmt::format("use the session: '{}' cannot be installed into one that is there; its first call can "
                                "ask for packages",
                                to_valid_utf8(package)),
                    request.session);
    if (session->info.language == request.language) return session;
    return fail(rh::ErrorKind::usage,
                fmt::format("use the session: it is one of {}, not of {}", name_of(session->info.language),
                            name_of(request.language)),
                request.session);
  }
  if (!session && sessions_.size() > kMaxSessions) {
    sessions_.erase({owner_of(context), request.session});
    return fail(rh::ErrorKind::limit,
                fmt::format("start the session: there are {}, as many as there can be; end one of them", kMaxSessions));
  }
  auto fresh = std::make_shared<Session>();
  fresh->info.id = request.session;
  fresh->info.language = request.language;
  fresh->info.started = fresh->info.last_used = system_clock::now();
  ExecutionRequest shape = request;
  shape.files.clear();  // files and code are given with each call
  shape.code.assign(1, '\n');
  auto process = SessionProcess::start(service_, context, shape, method);
  if (!process) {
    sessions_.erase({owner_of(context), request.session});
    return Failure{process.error()};
  }
  fresh->process = *std::move(process);
  fresh->packages = request.packages;
  session = fresh;
  return fresh;
}

void SessionManager::run(const CallContext& context, ExecutionRecord& record, ExecutionMethod method) {
  const auto session = find_or_start(context, record.request, method);
  if (!session) {
    const Error& error = session.error();
    return refuse(record,
                  error.kind == rh::ErrorKind::usage       ? ErrorKind::invalid_request
                  : error.kind == rh::ErrorKind::limit     ? ErrorKind::quota_exceeded
                  : error.kind == rh::ErrorKind::not_found ? ErrorKind::runtime_missing
                  : error.kind == rh::ErrorKind::process   ? ErrorKind::package_install_failed
                                                           : ErrorKind::sandbox_error,
                  error.message());
  }
  const auto patience = record.request.timeout.value_or(service_.config().timeout);
  const std::unique_lock call((*session)->calls, patience);
  if (!call)
    return refuse(
        record, ErrorKind::quota_exceeded,
        fmt::format("another call ran in the session {} for {}", record.request.session, format_duration(patience)));
  {
    const std::lock_guard lock(mutex_);
    if ((*session)->info.calls == 0)
      record.diagnostics.push_back({model::Severity::info,
                                    "session-is-new",
                                    fmt::format("nothing was run in the session {} before", record.request.session),
                                    record.request.session,
                                    {}});
    (*session)->info.busy = true;
    ++(*session)->info.calls;
  }
  (*session)->process->run(service_, context, record);
  std::shared_ptr<Session> over;
  const std::lock_guard lock(mutex_);
  (*session)->info.busy = false;
  (*session)->info.last_used = system_clock::now();
  if ((*session)->process->alive()) return;
  const auto at = sessions_.find({owner_of(context), record.request.session});
  if (at != sessions_.end() && at->second == *session) sessions_.erase(at);
}

Result<std::string> SessionManager::start(const CallContext& context, const ExecutionRequest& request) {
  ExecutionRequest wanted = request;
  if (wanted.session.empty()) {
    RH_TRY(wanted.session, new_id());
  }
  RH_CHECK(find_or_start(context, wanted, wanted.method.value_or(ExecutionMethod::local)));
  return wanted.session;
}

std::vector<SessionInfo> SessionManager::list(const CallContext& context) {
  const std::lock_guard lock(mutex_);
  std::vector<SessionInfo> found;
  for (const auto& [key, session] : sessions_) {
    if (key.first != owner_of(context) || !session->process || !session->process->alive()) continue;
    found.push_back(session->info);
    found.back().memory_bytes = session->process->memory_bytes();
  }
  return found;
}

bool SessionManager::end(const CallContext& context, const std::string& id) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    const auto at = sessions_.find({owner_of(context), id});
    if (at == sessions_.end()) return false;
    session = at->second;
    sessions_.erase(at);
  }
  return true;  // a call that still runs in it ends first
}

std::size_t SessionManager::end_all() {
  Sessions all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(sessions_);
  }
  return all.size();
}

std::size_t SessionManager::count() {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace rh::agent
