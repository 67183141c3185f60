// What the judges of all rule kinds share: scopes, the making of verdicts, and the bound on culprits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/engine/gate/rule.h"

namespace rh::engine {

constexpr std::size_t kMaxCulprits = 50;  // of one verdict; the evidence says how many more there are

// Which files a rule is about: the union of its globs and of its component's, less the '!' globs.
class FileScope {
 public:
  FileScope(const GateRule& rule, const GateInput& input);
  [[nodiscard]] bool has(std::string_view path) const;

 private:
  std::vector<std::string> in_, out_;
};

[[nodiscard]] bool in_suite_scope(const GateRule& rule, const model::SuiteId& suite);
// "run", "component core", "src/**, !src/gen/**", "api:pytest"
[[nodiscard]] std::string scope_text(const GateRule& rule);

// A verdict of the rule: level, scope and `blocks` filled; the rule's own message is put behind `message`.
[[nodiscard]] model::GateVerdict verdict_of(const GateRule& rule, model::GateState state, std::string threshold,
                                            std::string actual, std::string evidence, std::string message);
// No data: what follows is the rule's policy; `why` is said.
[[nodiscard]] model::GateVerdict no_data_of(const GateRule& rule, std::string threshold, std::string why);

// Keeps the first kMaxCulprits (they must be sorted worst first) and says in the evidence how many more.
void set_culprits(model::GateVerdict& verdict, std::vector<model::GateEvidence> culprits);

// "3 tests", "1 test"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace rh::engine
