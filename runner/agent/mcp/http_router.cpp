#include "runner/agent/mcp/http_router.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"
#include "runner/agent/mcp/http_headers.h"
#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr int kLegacySessionError = -32000;  // what the SDKs of the legacy era say
constexpr int kLegacySessionUnknown = -32001;

bool lists(const std::string* header, std::string_view type) {
  if (header == nullptr) return true;
  for (const std::string_view part : split(*header, ',')) {
    const std::string_view name = trim(part.substr(0, part.find(';')));
    if (name == type || name == "*/*" || (name.ends_with("/*") && type.starts_with(name.substr(0, name.size() - 1))))
      return true;
  }
  return false;
}

HttpStream::Accepts accepted_by(const HttpRequest& request) {
  const std::string* header = request.header("accept");
  return {lists(header, "application/json"), lists(header, "text/event-stream")};
}

std::string_view path_of(const HttpRequest& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

bool says_modern(const HttpRequest& request) {
  const std::string* version = request.header("mcp-protocol-version");
  return version != nullptr && !is_legacy_version(*version);
}

std::size_t requests_in(const Frame& frame) {
  return static_cast<std::size_t>(std::count_if(frame.messages.begin(), frame.messages.end(),
                                                [](const Message& one) { return one.kind == Message::Kind::request; }));
}

}  // namespace

std::optional<HttpResponse> HttpRouter::check_head(const HttpRequest& head) const {
  if (auto refused = refusal_of(access_, head)) return refused;
  if (path_of(head) != kEndpoint) return plain_response(404, fmt::format("the endpoint is {}", kEndpoint));
  if (!is_one_of(head.method, {"POST", "GET", "DELETE", "OPTIONS"})) {
    HttpResponse response = plain_response(405, "the endpoint takes POST, GET and DELETE");
    response.headers.emplace_back("Allow", "POST, GET, DELETE, OPTIONS");
    return response;
  }
  if (head.method != "POST") return std::nullopt;
  const std::string* type = head.header("content-type");
  if (type == nullptr || trim(std::string_view(*type).substr(0, type->find(';'))) != "application/json")
    return plain_response(415, "the body must be application/json");
  const auto accepts = accepted_by(head);
  if (!accepts.json && !accepts.events) return plain_response(406, "answers are application/json or text/event-stream");
  return std::nullopt;
}

void HttpRouter::respond(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request,
                         HttpResponse response) const {
  const HttpHeaders cross = cross_origin_headers(request);
  response.headers.insert(response.headers.end(), cross.begin(), cross.end());
  peer->respond(std::move(response));
}

void HttpRouter::respond_error(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, int status, int code,
                               std::string_view message, const json* id) const {
  respond(peer, request,
          {status, {{"Content-Type", "application/json"}}, wire_text(error_message(id, code, message)), false});
}

void HttpRouter::handle(const std::shared_ptr<HttpPeer>& peer, HttpRequest request) {
  if (request.method == "OPTIONS") {
    constexpr int kNoContent = 204;
    return respond(peer, request,
                   {kNoContent,
                    {{"Access-Control-Allow-Methods", "POST, GET, DELETE"},
                     {"Access-Control-Allow-Headers",
                      "Authorization, Content-Type, Accept, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, "
                      "Mcp-Name, Last-Event-ID"},
                     {"Access-Control-Max-Age", "600"}},
                    {},
                    false});
  }
  if (request.method == "POST") return post(peer, request);
  if (says_modern(request)) return respond(peer, request, {405, {{"Allow", "POST"}}, {}, false});
  request.method == "GET" ? get(peer, request) : end_session(peer, request);
}

void HttpRouter::post(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request) {
  const Frame frame = read_frame(request.body);
  if (frame.error_code != 0)
    return respond_error(peer, request, 400, frame.error_code, frame.error, frame.error_id.get());
  const bool one = !frame.batch && frame.messages.size() == 1;
  const bool has_session = request.header("mcp-session-id") != nullptr;
  if (one && Server::era_of(frame.messages.front(), says_modern(request) && !has_session) == Era::modern)
    return post_modern(peer, request, frame.messages.front());
  post_legacy(peer, request, frame);
}

void HttpRouter::post_modern(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request,
                             const Message& message) {
  if (message.kind != Message::Kind::request) return respond(peer, request, {202, {}, {}, false});
  if (const std::string problem = header_mismatch(server_.host(), request, message); !problem.empty())
    return respond_error(peer, request, 400, kHeaderMismatch, "Header mismatch: " + problem, &message.id());
  auto stream = std::make_shared<HttpStream>(0, accepted_by(request), cross_origin_headers(request));
  stream->attach(peer);
  auto session = std::make_shared<Session>("");
  open_[peer.get()] = {stream, session};
  server_.receive(session, message, std::make_shared<HttpOutlet>(post_, stream), principal_of(access_, request),
                  Era::modern);
}

HttpRouter::HttpSession* HttpRouter::session_of(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request) {
  const std::string* id = request.header("mcp-session-id");
  if (id == nullptr) {
    respond_error(peer, request, 400, kLegacySessionError,
                  "Mcp-Session-Id is missing: send 'initialize' first, or say the protocol version in _meta");
    return nullptr;
  }
  const auto found = sessions_.find(*id);
  if (found == sessions_.end() || found->second.principal != principal_of(access_, request)) {
    respond_error(peer, request, 404, kLegacySessionUnknown, "Session not found");
    return nullptr;
  }
  const std::string* version = request.header("mcp-protocol-version");
  if (version != nullptr && !is_legacy_version(*version)) {
    respond_error(peer, request, 400, kLegacySessionError, "the MCP-Protocol-Version is not one of a session");
    return nullptr;
  }
  found->second.used = Clock::now();
  return &found->second;
}

void HttpRouter::post_legacy(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, const Frame& frame) {
  const Message& first = frame.messages.front();
  if (!frame.batch && first.kind == Message::Kind::request && first.method == "initialize" &&
      request.header("mcp-session-id") == nullptr)
    return begin_session(peer, request, first);
  HttpSession* known = session_of(peer, request);
  if (known == nullptr) return;
  const std::string principal = principal_of(access_, request);
  const std::size_t requests = requests_in(frame);
  if (frame.batch && known->session->requester(principal).version != "2025-03-26")
    return respond_error(peer, request, 400, kInvalidRequest, "batches exist in revision 2025-03-26 only");
  std::shared_ptr<Outlet> outlet;
  if (requests == 0) {
    respond(peer, request, {202, {}, {}, false});
  } else {
    if (known->streams.size() >= kMaxKeptStreams)
      for (auto one = known->streams.begin(); one != known->streams.end();)
        one = one->second->finished() ? known->streams.erase(one) : std::next(one);
    auto stream =
        std::make_shared<HttpStream>(known->next_stream++, accepted_by(request), cross_origin_headers(request), kept_);
    stream->attach(peer);
    known->streams.emplace(stream->number(), stream);
    open_[peer.get()] = {stream, nullptr};
    outlet = std::make_shared<HttpOutlet>(post_, stream);
    if (frame.batch) outlet = std::make_shared<BatchOutlet>(outlet, requests);
  }
  for (const Message& message : frame.messages)
    server_.receive(known->session, message, outlet, principal, Era::legacy);
}

void HttpRouter::begin_session(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request,
                               const Message& message) {
  make_room();
  const auto id = random_hex(16);
  if (!id || sessions_.size() >= kMaxSessions)
    return respond_error(peer, request, 503, kInternalError, "too many sessions are open", &message.id());
  HttpSession fresh;
  fresh.principal = principal_of(access_, request);
  fresh.session = std::make_shared<Session>(*id);
  fresh.used = Clock::now();
  fresh.notices = std::make_shared<HttpStream>(1, HttpStream::Accepts{}, HttpHeaders{}, kept_);
  fresh.streams.emplace(1, fresh.notices);
  fresh.session->set_notices([post = post_, stream = fresh.notices](const json& notice) {
    post([stream, text = wire_text(notice)] { stream->send(text); });
  });
  HttpHeaders headers = cross_origin_headers(request);
  headers.emplace_back("Mcp-Session-Id", *id);
  auto stream = std::make_shared<HttpStream>(0, accepted_by(request), std::move(headers));
  stream->attach(peer);
  open_[peer.get()] = {stream, nullptr};
  server_.receive(fresh.session, message, std::make_shared<HttpOutlet>(post_, stream), fresh.principal, Era::legacy);
  if (!fresh.session->initialized()) return;  // it was refused
  server_.join(fresh.session);
  sessions_.emplace(*id, std::move(fresh));
}

void HttpRouter::get(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request) {
  if (!accepted_by(request).events) return respond(peer, request, plain_response(406, "it is a text/event-stream"));
  HttpSession* known = session_of(peer, request);
  if (known == nullptr) return;
  std::shared_ptr<HttpStream> stream = known->notices;
  std::uint64_t last = 0;
  if (const std::string* id = request.header("last-event-id")) {
    const std::size_t dash = id->find('-');
    const auto number = parse_u64(std::string_view(*id).substr(0, dash));
    const auto event = dash == std::string::npos ? std::nullopt : parse_u64(std::string_view(*id).substr(dash + 1));
    const auto found = number ? known->streams.find(*number) : known->streams.end();
    if (!event || found == known->streams.end())
      return respond(peer, request, plain_response(400, "Last-Event-ID names no stream of this session"));
    stream = found->second;
    last = *event;
  } else if (stream->attached()) {
    return respond(peer, request, plain_response(409, "the session has a stream; one is enough"));
  }
  open_[peer.get()] = {stream, nullptr};
  stream->resume(peer, last);
}

void HttpRouter::end_session(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request) {
  if (session_of(peer, request) == nullptr) return;
  const auto found = sessions_.find(*request.header("mcp-session-id"));
  const HttpSession ended = std::move(found->second);
  sessions_.erase(found);
  respond(peer, request, {200, {}, {}, false});
  ended.session->cancel_all();
  ended.notices->abandon();
}

void HttpRouter::disconnected(const HttpPeer& peer) {
  const auto found = open_.find(&peer);
  if (found == open_.end()) return;
  const Open open = std::move(found->second);
  open_.erase(found);
  open.stream->detach();
  if (open.to_cancel) open.to_cancel->cancel_all();
}

// The one that was used least recently goes, when nothing runs in it.
void HttpRouter::make_room() {
  while (sessions_.size() >= kMaxSessions) {
    auto oldest = sessions_.end();
    for (auto one = sessions_.begin(); one != sessions_.end(); ++one)
      if (one->second.session->in_flight() == 0 &&
          (oldest == sessions_.end() || one->second.used < oldest->second.used))
        oldest = one;
    if (oldest == sessions_.end()) return;
    oldest->second.notices->abandon();
    sessions_.erase(oldest);
  }
}

void HttpRouter::tick(Clock::time_point now) {
  // Writing can end a connection, which changes the list.
  std::vector<std::shared_ptr<HttpStream>> streams;
  for (const auto& [peer, open] : open_) streams.push_back(open.stream);
  for (const auto& stream : streams) stream->tick(now);
  for (auto one = sessions_.begin(); one != sessions_.end();) {
    HttpSession& session = one->second;
    for (auto stream = session.streams.begin(); stream != session.streams.end();)
      stream = stream->second->finished() && now - stream->second->finished_at() > kStreamKept
                   ? session.streams.erase(stream)
                   : std::next(stream);
    const bool idle =
        now - session.used > kSessionIdle && session.session->in_flight() == 0 && !session.notices->attached();
    one = idle ? sessions_.erase(one) : std::next(one);
  }
}

void HttpRouter::stop() {
  for (auto& [id, session] : sessions_) session.session->cancel_all();
  const auto open = std::move(open_);
  open_.clear();
  for (const auto& [peer, one] : open)
    if (one.to_cancel) one.to_cancel->cancel_all();
}

}  // namespace rh::agent::mcp
