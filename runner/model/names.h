// The spelling of every enumeration in files and on screen: snake_case, the same as in the code.
#pragma once

#include <optional>
#include <string_view>

#include "runner/model/file_change.h"
#include "runner/model/report.h"

namespace rh::model {

[[nodiscard]] std::string_view name_of(Scope value);
[[nodiscard]] std::string_view name_of(NetworkPolicy value);
[[nodiscard]] std::string_view name_of(Ending value);
[[nodiscard]] std::string_view name_of(StepKind value);
[[nodiscard]] std::string_view name_of(StepMeaning value);
[[nodiscard]] std::string_view name_of(TestKind value);
[[nodiscard]] std::string_view name_of(Outcome value);
[[nodiscard]] std::string_view name_of(Severity value);
[[nodiscard]] std::string_view name_of(IsolationLevel value);
[[nodiscard]] std::string_view name_of(MechanismState value);
[[nodiscard]] std::string_view name_of(FileChangeKind value);
[[nodiscard]] std::string_view name_of(FileType value);
[[nodiscard]] std::string_view name_of(GateLevel value);
[[nodiscard]] std::string_view name_of(GateState value);
[[nodiscard]] std::string_view name_of(SuiteStatus value);
[[nodiscard]] std::string_view name_of(PatchFileKind value);
[[nodiscard]] std::string_view name_of(PatchLineState value);
[[nodiscard]] std::string_view name_of(DifferentialCategory value);

// The value of that name; nullopt for a name that is none.
template <class Enum>
[[nodiscard]] std::optional<Enum> from_name(std::string_view name);

}  // namespace rh::model
