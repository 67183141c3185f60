// The exit codes of runharness, documented in docs/exit-codes.md.
#pragma once

namespace rh {

enum class ExitCode : int {
  passed = 0,
  tests_failed = 1,
  usage = 2,  // or configuration
  gate_failed = 3,
  no_tests = 4,
  broken = 5,     // build, collection or prepare failed
  unusable = 6,   // crashed suite, lost tests, contradictory or damaged results
  isolation = 7,  // demanded isolation is not available
  internal = 8,   // runharness itself, or its run directory
  deadline = 124,
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

}  // namespace rh
