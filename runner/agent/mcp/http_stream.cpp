#include "runner/agent/mcp/http_stream.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace rh::agent::mcp {

void HttpStream::resume(const std::shared_ptr<HttpPeer>& peer, std::uint64_t last) {
  if (const auto before = peer_.lock()) before->close();
  peer_ = peer;
  open_ = false;
  open();
  for (const Event& event : kept_)
    if (event.number > last) write(event);
  if (finished_) end(Clock::now());
}

// The first event of a legacy stream has an id and no data: whoever lost the rest can ask for it.
void HttpStream::open(Clock::time_point now) {
  const auto peer = peer_.lock();
  if (open_ || !peer) return;
  open_ = true;
  last_written_ = now;
  HttpResponse head{200,
                    {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}},
                    {},
                    false};
  head.headers.insert(head.headers.end(), headers_.begin(), headers_.end());
  peer->begin_stream(std::move(head));
  if (number_ != 0) peer->write(fmt::format("id: {}-{}\nretry: {}\ndata: \n\n", number_, 0, kRetryMs));
}

void HttpStream::send(const std::string& message) {
  if (finished_ || !accepts_.events) return;
  open();
  emit(message);
}

void HttpStream::emit(const std::string& message) {
  const Event event{next_event_++, message};
  if (number_ != 0 && all_kept_) keep(event);
  write(event);
}

void HttpStream::keep(const Event& event) {
  kept_bytes_ += event.text.size();
  all_kept_->bytes += event.text.size();
  kept_.push_back(event);
  forget(std::max(kMaxKeptEventBytes, event.text.size()));
  if (all_kept_->bytes > kMaxAllKeptBytes) forget(0);
}

void HttpStream::forget(std::size_t most) {
  while (kept_bytes_ > most) {
    kept_bytes_ -= kept_.front().text.size();
    all_kept_->bytes -= kept_.front().text.size();
    kept_.pop_front();
  }
}

void HttpStream::write(const Event& event) {
  const auto peer = peer_.lock();
  if (!peer) return;
  last_written_ = Clock::now();
  const std::string id = number_ == 0 ? std::string() : fmt::format("id: {}-{}\n", number_, event.number);
  peer->write(fmt::format("event: message\n{}data: {}\n\n", id, event.text));
}

void HttpStream::finish(const std::string& response, int status) {
  if (finished_) return;
  const auto peer = peer_.lock();
  if (!open_ && peer && (accepts_.json || !accepts_.events)) {
    finished_ = true;
    finished_at_ = Clock::now();
    HttpResponse whole{status, {{"Content-Type", "application/json"}}, response, false};
    whole.headers.insert(whole.headers.end(), headers_.begin(), headers_.end());
    peer->respond(std::move(whole));
    peer_.reset();
    return;
  }
  open();
  emit(response);
  end(Clock::now());
}

void HttpStream::end(Clock::time_point now) {
  if (!finished_) finished_at_ = now;
  finished_ = true;
  if (const auto peer = peer_.lock()) peer->end_stream();
  peer_.reset();
}

// A cancelled call has no answer: an empty one where nothing was sent yet.
void HttpStream::abandon() {
  if (finished_) return;
  finished_ = true;
  finished_at_ = Clock::now();
  const auto peer = peer_.lock();
  peer_.reset();
  if (!peer) return;
  constexpr int kAccepted = 202;
  if (open_)
    peer->end_stream();
  else
    peer->respond({kAccepted, headers_, {}, false});
}

void HttpStream::close_for_now() {
  if (number_ == 0 || finished_) return;
  open();
  if (const auto peer = peer_.lock()) peer->end_stream();
  peer_.reset();
}

void HttpStream::tick(Clock::time_point now) {
  if (finished_ || !accepts_.events) return;
  if (!open_ && now - begun_ >= kStreamAfter) open(now);
  const auto peer = peer_.lock();
  if (!open_ || !peer || now - last_written_ < kKeepAlive) return;
  last_written_ = now;
  peer->write(": still here\n\n");
}

void HttpOutlet::send(const nlohmann::json& message) {
  post_([stream = stream_, text = wire_text(message)] { stream->send(text); });
}

void HttpOutlet::finish(const nlohmann::json& response, int http_status) {
  post_([stream = stream_, text = wire_text(response), http_status] { stream->finish(text, http_status); });
}

void HttpOutlet::abandon() {
  post_([stream = stream_] { stream->abandon(); });
}

void HttpOutlet::close_stream() {
  post_([stream = stream_] { stream->close_for_now(); });
}

void HttpOutlet::open_stream() {
  post_([stream = stream_] { stream->open(); });
}

}  // namespace rh::agent::mcp
