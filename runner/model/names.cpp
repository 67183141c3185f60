#include "runner/model/names.h"

#include <array>
#include <utility>

#include "runner/base/assert.h"

namespace rh::model {
namespace {

template <class Enum>
struct Names;

#define RH_NAMES(Enum, ...)                                                                     \
  template <>                                                                                   \
  struct Names<Enum> {                                                                          \
    using E = Enum;                                                                             \
    static constexpr auto table = std::to_array<std::pair<E, std::string_view>>({__VA_ARGS__}); \
  };

RH_NAMES(Scope, {E::unknown, "unknown"}, {E::exact_process, "exact_process"}, {E::exact_window, "exact_window"},
         {E::shared_window, "shared_window"}, {E::sampled, "sampled"}, {E::lower_bound, "lower_bound"})
RH_NAMES(NetworkPolicy, {E::none, "none"}, {E::host, "host"})
RH_NAMES(Ending, {E::exited, "exited"}, {E::signaled, "signaled"}, {E::wall_time, "wall_time"},
         {E::cpu_time, "cpu_time"}, {E::memory, "memory"}, {E::pids, "pids"}, {E::file_size, "file_size"},
         {E::output_limit, "output_limit"}, {E::start_failed, "start_failed"}, {E::cancelled, "cancelled"},
         {E::internal, "internal"})
RH_NAMES(StepKind, {E::prepare, "prepare"}, {E::build, "build"}, {E::test, "test"}, {E::coverage, "coverage"})
RH_NAMES(StepMeaning, {E::ok, "ok"}, {E::tests_failed, "tests_failed"}, {E::no_tests, "no_tests"},
         {E::broken, "broken"}, {E::usage, "usage"}, {E::crashed, "crashed"})
RH_NAMES(TestKind, {E::test, "test"}, {E::subtest, "subtest"})
RH_NAMES(Outcome, {E::passed, "passed"}, {E::failed, "failed"}, {E::errored, "errored"}, {E::skipped, "skipped"},
         {E::expected_failure, "expected_failure"}, {E::unexpected_pass, "unexpected_pass"}, {E::crashed, "crashed"},
         {E::timed_out, "timed_out"}, {E::not_run, "not_run"})
RH_NAMES(Severity, {E::info, "info"}, {E::warning, "warning"}, {E::error, "error"})
RH_NAMES(IsolationLevel, {E::none, "none"}, {E::contained, "contained"}, {E::strict, "strict"})
RH_NAMES(MechanismState, {E::enforced, "enforced"}, {E::degraded, "degraded"}, {E::refused, "refused"},
         {E::not_requested, "not_requested"})
RH_NAMES(FileChangeKind, {E::added, "added"}, {E::changed, "changed"}, {E::deleted, "deleted"})
RH_NAMES(FileType, {E::regular, "regular"}, {E::folder, "folder"}, {E::symlink, "symlink"}, {E::other, "other"})
RH_NAMES(GateLevel, {E::block, "block"}, {E::warn, "warn"}, {E::info, "info"})
RH_NAMES(GateState, {E::passed, "passed"}, {E::failed, "failed"}, {E::no_data, "no_data"})
RH_NAMES(SuiteStatus, {E::passed, "passed"}, {E::failed, "failed"}, {E::no_tests, "no_tests"}, {E::broken, "broken"},
         {E::crashed, "crashed"}, {E::limit, "limit"}, {E::unavailable, "unavailable"}, {E::cancelled, "cancelled"},
         {E::not_started, "not_started"})
RH_NAMES(PatchFileKind, {E::added, "added"}, {E::modified, "modified"}, {E::renamed, "renamed"}, {E::copied, "copied"},
         {E::deleted, "deleted"}, {E::mode_changed, "mode_changed"}, {E::type_changed, "type_changed"},
         {E::submodule, "submodule"}, {E::binary, "binary"})
RH_NAMES(PatchLineState, {E::covered, "covered"}, {E::partial, "partial"}, {E::uncovered, "uncovered"},
         {E::no_data, "no_data"})
// In capitals, as lcov prints them.
RH_NAMES(DifferentialCategory, {E::UNC, "UNC"}, {E::LBC, "LBC"}, {E::UIC, "UIC"}, {E::UBC, "UBC"}, {E::GBC, "GBC"},
         {E::GIC, "GIC"}, {E::GNC, "GNC"}, {E::CBC, "CBC"}, {E::EUB, "EUB"}, {E::ECB, "ECB"}, {E::DUB, "DUB"},
         {E::DCB, "DCB"})
#undef RH_NAMES

template <class Enum>
std::string_view look_up(Enum value) {
  for (const auto& [candidate, name] : Names<Enum>::table)
    if (candidate == value) return name;
  RH_ASSERT(!"an enumerator without a name");
}

}  // namespace

template <class Enum>
std::optional<Enum> from_name(std::string_view name) {
  for (const auto& [value, candidate] : Names<Enum>::table)
    if (candidate == name) return value;
  return std::nullopt;
}

#define RH_DEFINE_NAMES(Enum)                                     \
  std::string_view name_of(Enum value) { return look_up(value); } \
  template std::optional<Enum> from_name<Enum>(std::string_view name);

RH_DEFINE_NAMES(Scope)
RH_DEFINE_NAMES(NetworkPolicy)
RH_DEFINE_NAMES(Ending)
RH_DEFINE_NAMES(StepKind)
RH_DEFINE_NAMES(StepMeaning)
RH_DEFINE_NAMES(TestKind)
RH_DEFINE_NAMES(Outcome)
RH_DEFINE_NAMES(Severity)
RH_DEFINE_NAMES(IsolationLevel)
RH_DEFINE_NAMES(MechanismState)
RH_DEFINE_NAMES(FileChangeKind)
RH_DEFINE_NAMES(FileType)
RH_DEFINE_NAMES(GateLevel)
RH_DEFINE_NAMES(GateState)
RH_DEFINE_NAMES(SuiteStatus)
RH_DEFINE_NAMES(PatchFileKind)
RH_DEFINE_NAMES(PatchLineState)
RH_DEFINE_NAMES(DifferentialCategory)
#undef RH_DEFINE_NAMES

}  // namespace rh::model
