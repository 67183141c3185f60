// Tables of names that are judged, and what a configuration makes of a judgement.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runner/agent/language.h"
#include "runner/agent/validate/validate.h"

namespace rh::agent {

// "os.system", or "subprocess.*" for whatever is called in it. Severity off: a harmless exception of a wider row.
struct RuleRow {
  std::string_view name;
  RuleClass rule_class = RuleClass::dynamic_code;
  Severity severity = Severity::block;
};

class RuleTable {
 public:
  // `separator` stands between the parts of a name: "." or "::".
  RuleTable(std::initializer_list<std::span<const RuleRow>> tables, std::string_view separator);

  // The row of exactly this name; a row off is none.
  [[nodiscard]] const RuleRow* exact(std::string_view name) const;
  // That, or the nearest "X.*". What a call gave ("socket.socket().close") is judged by the call, not again.
  [[nodiscard]] const RuleRow* of_call(std::string_view name, bool annotated) const;
  // Whether a row's name begins with this module.
  [[nodiscard]] bool knows_root(std::string_view root) const { return roots_.contains(root); }

 private:
  std::unordered_map<std::string_view, const RuleRow*> rows_;
  std::unordered_set<std::string_view> roots_;
  std::string_view separator_;
};

// As configured: by the rule's full name, its families, or the default.
[[nodiscard]] Severity configured_severity(const Rules& rules, RuleClass rule_class, std::string_view rule,
                                           Severity normal);
// "starts other programs": what is wrong with a class, after a name.
[[nodiscard]] std::string_view effect_of(RuleClass rule_class);
[[nodiscard]] WriteAccess access_of(RuleClass rule_class);

// Calls that write to a control system by their bare name, in any language.
[[nodiscard]] bool writes_control_system(const Rules& rules, std::string_view name, std::string_view last,
                                         RuleClass& rule_class);

}  // namespace rh::agent
