#include "runner/agent/mcp/sealed_state.h"

#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"
#include "runner/agent/mcp/base64.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;
using std::chrono::duration_cast;
using std::chrono::seconds;

// Time that does not go back when the clock is set.
std::int64_t now_s() { return duration_cast<seconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Failure refused(std::string why) { return fail(rh::ErrorKind::parse, "accept requestState: " + std::move(why)); }

}  // namespace

StateSeal::StateSeal() : key_(random_bytes(32).value_or({})) {
  RH_ASSERT(!key_.empty());  // a server without random numbers must not run
}

std::string StateSeal::tag_of(std::string_view payload) const { return hmac_sha256_hex(key_, payload); }

std::string StateSeal::seal(const json& state, std::string_view principal, std::string_view request) {
  const json payload = {{"state", state},
                        {"principal", principal},
                        {"request", sha256_hex(request)},
                        {"expires", now_s() + duration_cast<seconds>(kStateLife).count()},
                        {"nonce", random_hex(16).value_or({})}};
  const std::string text = base64_of(payload.dump(-1, ' ', false, json::error_handler_t::replace));
  return text + "." + tag_of(text);
}

Result<Json> StateSeal::open(std::string_view sealed, std::string_view principal, std::string_view request) {
  if (sealed.size() > kMaxStateBytes) return refused("it is too long");
  const std::size_t dot = sealed.rfind('.');
  if (dot == std::string_view::npos || !same_digest(tag_of(sealed.substr(0, dot)), sealed.substr(dot + 1)))
    return refused("it was changed, or another server made it");
  const auto text = bytes_of_base64(sealed.substr(0, dot));
  const json payload = text ? json::parse(*text, nullptr, false) : json();
  if (!payload.is_object()) return refused("it holds no state");
  if (payload.at("principal") != principal) return refused("another caller was asked");
  if (payload.at("request") != sha256_hex(request)) return refused("it belongs to another request");
  const auto expires = payload.at("expires").get<std::int64_t>();
  const std::int64_t now = now_s();
  if (expires < now) return refused("it has expired; make the call again without it");

  const std::lock_guard lock(mutex_);
  if (spent_.size() >= kMaxSpentStates)
    for (auto one = spent_.begin(); one != spent_.end();) one = one->second < now ? spent_.erase(one) : std::next(one);
  if (spent_.size() >= kMaxSpentStates) return refused("too many questions were answered; try again later");
  if (!spent_.emplace(payload.at("nonce").get<std::string>(), expires).second)
    return refused("it was used before; make the call again without it");
  return share(payload.at("state"));
}

}  // namespace rh::agent::mcp
