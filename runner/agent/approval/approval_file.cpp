#include "runner/agent/approval/approval_file.h"

#include <nlohmann/json.hpp>

namespace rh::agent {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::system_clock;

std::string canonical(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

std::int64_t number_of(system_clock::time_point time) {
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

system_clock::time_point time_of(const json& object, const char* name) {
  return system_clock::time_point(microseconds(object.at(name).get<std::int64_t>()));
}

ApprovalState state_of(const std::string& text) {
  for (const ApprovalState state :
       {ApprovalState::waiting, ApprovalState::approved, ApprovalState::denied, ApprovalState::used})
    if (name_of(state) == text) return state;
  return ApprovalState::expired;
}

Failure damaged(const std::string& subject) {
  return fail(rh::ErrorKind::parse, "read the approval: the file is damaged", subject);
}

}  // namespace

std::string seal_text(std::string_view body, std::string_view mac) {
  return canonical({{"schema", "runharness.approval"}, {"approval", body}, {"mac", mac}}) + "\n";
}

Result<SealedText> open_sealed(std::string_view text, const std::string& subject) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return damaged(subject);
  const auto body = object.find("approval"), mac = object.find("mac");
  if (body == object.end() || mac == object.end() || !body->is_string() || !mac->is_string()) return damaged(subject);
  return SealedText{body->get<std::string>(), mac->get<std::string>()};
}

std::string approval_to_json(const Approval& approval) {
  return canonical({{"id", approval.id},
                    {"state", name_of(approval.state)},
                    {"asked", number_of(approval.asked)},
                    {"expires", number_of(approval.expires)},
                    {"decided", number_of(approval.decided)},
                    {"caller", approval.caller},
                    {"decided_by", approval.decided_by},
                    {"reason", approval.reason},
                    {"binding", approval.binding},
                    {"question", approval.question},
                    {"request", approval.request_json},
                    {"context", approval.context_json},
                    {"checkpoint", approval.checkpoint_json}});
}

Result<Approval> approval_from_json(std::string_view text, const std::string& subject) {
  try {
    const json object = json::parse(text);
    Approval approval;
    approval.id = object.at("id");
    approval.state = state_of(object.at("state"));
    approval.asked = time_of(object, "asked");
    approval.expires = time_of(object, "expires");
    approval.decided = time_of(object, "decided");
    approval.caller = object.at("caller");
    approval.decided_by = object.at("decided_by");
    approval.reason = object.at("reason");
    approval.binding = object.at("binding");
    approval.question = object.at("question");
    approval.request_json = object.at("request");
    approval.context_json = object.at("context");
    approval.checkpoint_json = object.at("checkpoint");
    return approval;
  } catch (const json::exception&) {
    return damaged(subject);
  }
}

}  // namespace rh::agent
