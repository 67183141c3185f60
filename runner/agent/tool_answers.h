// Answers that tools of several areas give alike.
#pragma once

#include "runner/agent/tool.h"
#include "runner/base/result.h"

namespace rh::agent {

// An Error of a store as an answer: a wrong id is the request's fault, a full disk is not.
[[nodiscard]] ToolAnswer answer_of_error(const Error& error);

}  // namespace rh::agent
