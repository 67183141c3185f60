// Something a person should know that is not a test result: contradictions, damaged input,
// degraded measurement, configuration that has no effect.
#pragma once

#include <string>

#include "runner/model/ids.h"

namespace rh::model {

enum class Severity { info, warning, error };

struct Diagnostic {
  Severity severity = Severity::warning;
  std::string code;     // stable, kebab-case: "junit-truncated", "lost-tests", "coverage-tool-missing"
  std::string message;  // a sentence: what was seen and what to do about it
  std::string subject;  // file, suite or tool meant
  SuiteId suite;        // empty when it is about the whole run
};

}  // namespace rh::model
