// What our limits, the sandbox and the machine say, in every language; and what the kinds of errors of runharness mean.
#include <utility>

#include "runner/agent/help/error_rules.h"

namespace rh::agent {
namespace {

using C = ErrorCategory;

constexpr ErrorRule kRules[] = {
    {"limit-memory-python", "^MemoryError", "the code wants more memory than it may have",
     "process the data in pieces: generators, chunks", "raise memory_limit", "", C::limit},
    {"limit-memory-numpy", "Unable to allocate {} for an array", "an array of {1} does not fit into the memory limit",
     "use a smaller type or pieces", "raise memory_limit", "", C::limit},
    {"limit-memory-alloc", "std::bad_alloc", "the code wants more memory than it may have", "keep less in memory",
     "raise memory_limit", "", C::limit},
    {"limit-memory-go", "runtime: out of memory", "the code wants more memory than it may have", "keep less in memory",
     "raise memory_limit", "", C::limit},
    {"limit-memory-rust", "memory allocation of {} bytes failed", "{1} bytes do not fit into the memory limit",
     "keep less in memory", "raise memory_limit", "", C::limit},
    {"limit-memory-errno", "Cannot allocate memory", "the memory limit is reached", "keep less in memory",
     "raise memory_limit", "", C::limit},
    {"limit-killed", "^Killed", "the kernel killed it: most often the memory limit", "keep less in memory",
     "raise memory_limit", "", C::limit},
    {"limit-processes", "Resource temporarily unavailable", "the process limit is reached",
     "start fewer processes or threads", "", "", C::limit},
    {"limit-new-thread", "can't start new thread", "the process limit is reached", "use a pool with fewer threads", "",
     "", C::limit},
    {"limit-open-files", "Too many open files", "the limit of open files is reached",
     "close files: with, defer, try-with-resources", "", "", C::limit},
    {"limit-file-size", "File too large", "a file became larger than the limit", "write less, or in several files", "",
     "", C::limit},
    {"limit-disk", "No space left on device", "the private folder is full",
     "write less to /tmp; remove what is no longer needed", "", "", C::limit},
    {"limit-quota", "Disk quota exceeded", "the folder is full", "write less", "", "", C::limit},
    {"limit-read-only", "Read-only file system", "the place lies outside of what may be written",
     "write below the working folder or /tmp", "", "", C::policy},
    {"limit-not-permitted", "Operation not permitted", "the sandbox does not allow it",
     "do without: mounting, tracing and changing owners are closed", "", "", C::policy},
    {"limit-denied", "PermissionError: [Errno 13] Permission denied: {}", "{1} may not be read or written",
     "write below the working folder", "", "", C::policy},
    {"limit-denied-any", "Permission denied", "something may not be read, written or run",
     "write below the working folder; chmod +x a script", "", "", C::policy},
    {"limit-name", "Temporary failure in name resolution",
     "no name can be looked up: in the sandbox the network is off by default", "ask for the network (network: host)",
     "pass the data in `files`", "try again later", C::policy},
    {"limit-name-unknown", "Name or service not known",
     "the name cannot be looked up: in the sandbox the network is off by default",
     "ask for the network (network: host)", "check the name", "try again later", C::policy},
    {"limit-network", "Network is unreachable", "the network is off in the sandbox",
     "ask for the network (network: host)", "pass the data in `files`", "", C::policy},
    {"limit-refused", "Connection refused", "nobody listens there; the sandbox has its own loopback",
     "start the server inside of the code", "ask for the network (network: host)", "try again after a while",
     C::environment},
    {"limit-reset", "Connection reset by peer", "the other side closed the connection", "try again", "",
     "try again after a while", C::environment},
    {"limit-timeout", "Connection timed out", "nobody answered in time", "check host and port", "",
     "try again after a while", C::environment},
    {"limit-address", "Address already in use", "another program listens on that port",
     "use port 0 and read the port that was given", "", "try the next port", C::environment},
    {"limit-certificate", "CERTIFICATE_VERIFY_FAILED", "the certificate of the server cannot be checked",
     "install ca-certificates", "", "", C::environment},
};

// By the kind's name.
constexpr std::pair<ErrorKind, ErrorRule> kKinds[] = {
    {ErrorKind::timeout,
     {"kind-timeout", "", "the code took longer than its wall time limit",
      "look for an endless loop or a wait for input", "raise timeout", "run it again with less data", C::limit}},
    {ErrorKind::cpu_limit,
     {"kind-cpu", "", "the code used its CPU time", "look for an endless loop; profile it", "raise cpu_time", "",
      C::limit}},
    {ErrorKind::memory_limit,
     {"kind-memory", "", "the code used more memory than it may have", "process the data in pieces",
      "raise memory_limit", "", C::limit}},
    {ErrorKind::process_limit,
     {"kind-processes", "", "the code started too many processes or threads", "use a pool of fewer", "", "", C::limit}},
    {ErrorKind::file_size_limit,
     {"kind-file-size", "", "a file became too large", "write less, or several files", "", "", C::limit}},
    {ErrorKind::output_limit,
     {"kind-output", "", "the code printed more than is kept", "print less, or write a file", "", "", C::limit}},
    {ErrorKind::security_violation,
     {"kind-policy", "", "validation blocked the code before it was started", "do without what the findings name",
      "ask for permissive mode, if a person agrees", "", C::policy}},
    {ErrorKind::not_enabled,
     {"kind-not-enabled", "", "running code is not enabled",
      "set execution.enabled in the user's configuration, or pass enable", "", "", C::policy}},
    {ErrorKind::production_execution_blocked,
     {"kind-production", "", "the environment says that this is production", "run it elsewhere",
      "pass allow_prod, if a person agrees", "", C::policy}},
    {ErrorKind::approval_required,
     {"kind-approval", "", "a person has to approve it first", "ask them: runharness approvals list", "", "",
      C::policy}},
    {ErrorKind::approval_denied,
     {"kind-denied", "", "a person denied it", "change what they did not like", "", "", C::policy}},
    {ErrorKind::package_install_failed,
     {"kind-packages", "", "a package could not be installed", "check its name and version in the output", "",
      "try again later: the registry may not have answered", C::environment}},
    {ErrorKind::runtime_missing,
     {"kind-runtime", "", "the language's tools are not on this machine", "install them, or choose another language",
      "", "", C::environment}},
    {ErrorKind::isolation_unavailable,
     {"kind-isolation", "", "the sandbox that is demanded cannot be had here", "see runharness doctor", "", "",
      C::environment}},
    {ErrorKind::service_unavailable,
     {"kind-service", "", "a service does not answer", "see runharness service-status", "", "try again later",
      C::environment}},
};

}  // namespace

std::span<const ErrorRule> limit_rules() { return kRules; }

const ErrorRule* rule_of_kind(ErrorKind kind) {
  for (const auto& [of, rule] : kKinds)
    if (of == kind) return &rule;
  return nullptr;
}

std::span<const ErrorRule> rules_of(Language language) {
  switch (language) {
    case Language::python:
      return python_error_rules();
    case Language::javascript:
      return javascript_error_rules();
    case Language::bash:
      return bash_error_rules();
    case Language::go:
      return go_error_rules();
    case Language::rust:
      return rust_error_rules();
    case Language::java:
      return java_error_rules();
  }
  return {};
}

}  // namespace rh::agent
