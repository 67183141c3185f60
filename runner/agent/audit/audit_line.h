// One line of the audit log: a JSON object in one canonical form, with the digest of the line before it and its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace rh::agent {

struct AuditLine {
  std::uint64_t seq = 0;
  std::string prev, mac, event, time, execution_id, short_id;
};

// Without the newline. `fields` get seq, time, event, prev and mac.
[[nodiscard]] std::string make_audit_line(std::string_view key, std::uint64_t seq, std::string_view prev,
                                          std::string_view time, std::string_view event, const nlohmann::json& fields,
                                          std::string& mac);
// Absent: not as make_audit_line writes it, or its digest is not that of its bytes.
[[nodiscard]] std::optional<AuditLine> read_audit_line(std::string_view key, std::string_view line);

// What the first line names as the one before it.
[[nodiscard]] std::string audit_origin();

}  // namespace rh::agent
