// What code of a session prints, on its way to the record and to whoever watches: secrets taken out, cut to what a
// record keeps.
#pragma once

#include <string>
#include <string_view>

#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/tool.h"
#include "runner/base/redact.h"

namespace rh::agent {

class SessionOutput {
 public:
  SessionOutput(const Secrets& secrets, model::Stream which, std::uint64_t kept, const CallContext& context)
      : redactor_(secrets), which_(which), kept_(kept), context_(context) {}

  void take(std::string_view bytes) {
    std::string clean;
    redactor_.feed(bytes, clean);
    pass(clean);
  }
  model::CapturedText finish() {
    std::string clean;
    redactor_.finish(clean);
    pass(clean);
    return kept_.finish();
  }

 private:
  void pass(const std::string& bytes) {
    if (bytes.empty()) return;
    kept_.add(bytes);
    if (context_.on_output) context_.on_output(which_, bytes);
  }

  Redactor redactor_;
  model::Stream which_;
  KeptText kept_;
  const CallContext& context_;
};

}  // namespace rh::agent
