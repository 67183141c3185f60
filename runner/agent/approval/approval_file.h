// The file of an approval: {"approval": {...}, "mac": "..."}; the digest is over the inner object's text.
#pragma once

#include <string>
#include <string_view>

#include "runner/agent/approval/approval_store.h"
#include "runner/base/result.h"

namespace rh::agent {

struct SealedText {
  std::string body, mac;
};

[[nodiscard]] std::string seal_text(std::string_view body, std::string_view mac);
[[nodiscard]] Result<SealedText> open_sealed(std::string_view text, const std::string& subject);

[[nodiscard]] std::string approval_to_json(const Approval& approval);
[[nodiscard]] Result<Approval> approval_from_json(std::string_view text, const std::string& subject);

}  // namespace rh::agent
