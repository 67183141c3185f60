// Does a person have to approve this run, and has one? The decision is made of the configuration, the mode of access
// and what validation found; docs/agents/approvals-sessions.md has the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/config.h"
#include "runner/agent/error_kind.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/tool.h"
#include "runner/agent/validate/validate.h"

namespace rh::agent {

class Service;

// What is due before this run, without asking anybody.
struct ApprovalNeed {
  bool required = false;
  std::vector<std::string> reasons;   // sentences; why it is required
  AccessMode access;                  // the one asked for, else by what the code does
  ErrorKind error = ErrorKind::none;  // the request is refused whoever approves: no such mode, or writes in a mode
  std::string message;                // without them
};

[[nodiscard]] ApprovalNeed approval_need(const AgentConfig& config, const ExecutionRequest& request,
                                         const Assessment& assessment);
// read_only and write_access, and what the configuration changes of them or adds.
[[nodiscard]] std::vector<AccessMode> access_modes(const AgentConfig& config);

enum class ApprovalVerdict {
  go,
  waiting,    // the work stops here; it goes on when a person has approved `id`
  denied,     // by a person, or because nobody can be asked
  invalid,    // changed, used, expired, or for another request
  cancelled,  // the person in front of the terminal said no
  refused     // not allowed whoever approves
};

struct ApprovalDecision {
  ApprovalVerdict verdict = ApprovalVerdict::go;
  ErrorKind error = ErrorKind::none;  // of the record, unless `go`
  std::string message;
  std::string id;        // of the approval; empty: none was needed
  std::string question;  // what a person is to be asked, when `waiting`
  AccessMode access;     // its kernel's name goes into notebooks
};

// Asks the person at the terminal when there is one, uses CallContext::approval_id when one is given, and else leaves
// a waiting approval behind.
[[nodiscard]] ApprovalDecision decide_approval(Service& service, const CallContext& context,
                                               const ExecutionRequest& request, const Assessment& assessment);

// What an approval is for, in one form: request, what its files hold now, findings, limits and policy.
[[nodiscard]] Result<std::string> approval_subject(const AgentConfig& config, const ExecutionRequest& request,
                                                   const Assessment& assessment);
// For the person who decides: why, what the code may do, what validation found, and the code.
[[nodiscard]] std::string approval_question(const AgentConfig& config, const ExecutionRequest& request,
                                            const Assessment& assessment, const ApprovalNeed& need);

}  // namespace rh::agent
