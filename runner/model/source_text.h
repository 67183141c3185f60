// The text of a covered source file, for reports that show it. It is no part of a run's event log: it is read from
// the repository when a report is made, and only where it is the text that was measured.
#pragma once

#include <string>

namespace rh::model {

struct SourceText {
  std::string path;    // as in the coverage: relative to the repository root
  std::string text;    // without secrets; may hold any bytes
  std::string reason;  // why there is no text; empty when there is
};

}  // namespace rh::model
