#include "runner/agent/exec/isolation_check.h"

#include <atomic>

#include "sandbox/namespace_trial.h"

namespace rh::agent {
namespace {

std::atomic<bool> set_up_failed{false};

bool probed(Service& service) {
  return service.launcher().probe(model::IsolationLevel::contained).reached != model::IsolationLevel::none;
}

}  // namespace

bool can_isolate(Service& service) { return (sandbox::can_make_namespaces() && !set_up_failed) || probed(service); }

bool can_isolate_after_failure(Service& service) {
  set_up_failed = true;
  return probed(service);
}

}  // namespace rh::agent
