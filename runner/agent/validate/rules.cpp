#include "runner/agent/validate/rules.h"

#include <algorithm>
#include <array>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

struct ClassRow {
  RuleClass rule_class;
  std::string_view name, effect;
  WriteAccess access = WriteAccess::none;
};

constexpr std::array kClasses{
    ClassRow{RuleClass::file_write, "file_write", "writes to the file system", WriteAccess::file},
    ClassRow{RuleClass::file_delete, "file_delete", "deletes or moves files", WriteAccess::file},
    ClassRow{RuleClass::network, "network", "uses the network"},
    ClassRow{RuleClass::system_command, "system_command", "starts other programs"},
    ClassRow{RuleClass::dynamic_code, "dynamic_code", "runs code that is made while the program runs"},
    ClassRow{RuleClass::module_trick, "module_trick", "loads code by a name that is made while the program runs"},
    ClassRow{RuleClass::process, "process", "starts, replaces or ends processes"},
    ClassRow{RuleClass::native_code, "native_code", "leaves the rules of the language for native code or raw memory"},
    ClassRow{RuleClass::introspection, "introspection", "reaches into the insides of the interpreter"},
    ClassRow{RuleClass::epics_writes, "epics_writes", "writes to the control system (EPICS)",
             WriteAccess::control_system},
    ClassRow{RuleClass::control_system, "control_system", "writes to a control system", WriteAccess::control_system},
    ClassRow{RuleClass::database_write, "database_write", "writes to a database", WriteAccess::database},
    ClassRow{RuleClass::import_policy, "imports", "is not on the list of allowed imports"},
    ClassRow{RuleClass::call_policy, "calls", "is on the list of forbidden calls"},
    ClassRow{RuleClass::resource_use, "resource_use", "uses up what the machine has"},
    ClassRow{RuleClass::unanalysable, "unanalysable", "cannot be judged"},
};

const ClassRow& row_of(RuleClass rule_class) { return kClasses[static_cast<std::size_t>(rule_class)]; }

constexpr bool in_order() {
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    if (static_cast<std::size_t>(kClasses[i].rule_class) != i) return false;
  return kClasses.size() == static_cast<std::size_t>(RuleClass::unanalysable) + 1;
}
static_assert(in_order());

// The severity for the longest beginning of `rule` that `map` names.
const Severity* longest_match(const std::map<std::string, Severity>& map, std::string_view rule) {
  for (std::string_view name = rule; !name.empty();) {
    if (const auto found = map.find(std::string(name)); found != map.end()) return &found->second;
    const std::size_t dot = name.rfind('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  }
  return nullptr;
}

}  // namespace

RuleTable::RuleTable(std::initializer_list<std::span<const RuleRow>> tables, std::string_view separator)
    : separator_(separator) {
  for (const auto& table : tables) {
    for (const RuleRow& row : table) {
      rows_.emplace(row.name, &row);
      roots_.insert(row.name.substr(0, row.name.find(separator)));
    }
  }
}

const RuleRow* RuleTable::exact(std::string_view name) const {
  const auto found = rows_.find(name);
  return found == rows_.end() || found->second->severity == Severity::off ? nullptr : found->second;
}

const RuleRow* RuleTable::of_call(std::string_view name, bool annotated) const {
  if (const auto found = rows_.find(name); found != rows_.end())
    return found->second->severity == Severity::off ? nullptr : found->second;
  std::string_view prefix = name;
  while (true) {
    const std::size_t cut = prefix.rfind(separator_);
    if (cut == std::string_view::npos) return nullptr;
    prefix = prefix.substr(0, cut);
    if (!annotated && (prefix.ends_with("()") || prefix.ends_with("[]"))) return nullptr;
    const std::string_view base = prefix.ends_with("()") ? prefix.substr(0, prefix.size() - 2) : prefix;
    const auto found = rows_.find(std::string(base) + std::string(separator_) + "*");
    if (found != rows_.end()) return found->second->severity == Severity::off ? nullptr : found->second;
  }
}

Severity configured_severity(const Rules& rules, RuleClass rule_class, std::string_view rule, Severity normal) {
  const bool policy = rule_class == RuleClass::import_policy || rule_class == RuleClass::call_policy;
  const std::size_t dot = rule.find('.');
  const std::string_view without_language = dot == std::string_view::npos ? rule : rule.substr(dot + 1);
  for (const auto* map : {policy ? &rules.policy : &rules.security, policy ? &rules.security : &rules.policy}) {
    if (map->empty()) continue;
    const Severity* found = longest_match(*map, rule);
    if (found == nullptr) found = longest_match(*map, without_language);
    if (found != nullptr) return *found;
  }
  const auto& own = policy ? rules.policy : rules.security;
  const auto any = own.find("*");
  return any == own.end() ? normal : any->second;
}

std::string_view effect_of(RuleClass rule_class) { return row_of(rule_class).effect; }
WriteAccess access_of(RuleClass rule_class) { return row_of(rule_class).access; }
std::string_view name_of(RuleClass rule_class) { return row_of(rule_class).name; }

bool writes_control_system(const Rules& rules, std::string_view name, std::string_view last, RuleClass& rule_class) {
  const auto& more = rules.control_system_calls;
  if (is_one_of(last, {"caput", "caput_many", "caPut", "ca_put", "ca_array_put", "ca_put_callback", "pvput", "pvPut",
                       "pvaPut", "ezcaPut", "epics_put", "epicsPut", "lcaPut", "lcaPutNoWait"})) {
    rule_class = RuleClass::epics_writes;
    return true;
  }
  rule_class = RuleClass::control_system;
  return std::any_of(more.begin(), more.end(), [&](const std::string& one) { return one == name || one == last; });
}

}  // namespace rh::agent
