#include "runner/agent/audit/audit_line.h"

#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"

namespace rh::agent {
namespace {

using nlohmann::json;

std::string canonical(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string audit_origin() { return std::string(64, '0'); }

std::string make_audit_line(std::string_view key, std::uint64_t seq, std::string_view prev, std::string_view time,
                            std::string_view event, const json& fields, std::string& mac) {
  json line = fields;
  line["seq"] = seq;
  line["prev"] = prev;
  line["time"] = time;
  line["event"] = event;
  line.erase("mac");
  mac = hmac_sha256_hex(key, canonical(line));
  line["mac"] = mac;
  return canonical(line);
}

std::optional<AuditLine> read_audit_line(std::string_view key, std::string_view line) {
  json object = json::parse(line, nullptr, false);
  // Two texts of the same meaning: only the one that was written counts.
  if (!object.is_object() || canonical(object) != line) return std::nullopt;
  AuditLine found;
  found.mac = text_at(object, "mac");
  object.erase("mac");
  if (!same_digest(found.mac, hmac_sha256_hex(key, canonical(object)))) return std::nullopt;
  if (const auto seq = object.find("seq"); seq == object.end() || !seq->is_number_unsigned()) return std::nullopt;
  found.seq = object["seq"].get<std::uint64_t>();
  found.prev = text_at(object, "prev");
  found.event = text_at(object, "event");
  found.time = text_at(object, "time");
  found.execution_id = text_at(object, "execution_id");
  found.short_id = text_at(object, "id");
  return found;
}

}  // namespace rh::agent
