// A rule that decides about a merge, as the configuration gives it; the table of rule kinds; and what a
// judge gets to see. A new kind is a row of rule_kinds.cpp and its judge, a pure function: the parser of
// runharness.toml, the checks of its values, `config --explain` and the table of docs/gates.md come from
// the row.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/gate/decimal.h"
#include "runner/model/report.h"

namespace rh::engine {

// What follows when there is nothing to judge: an empty denominator, a figure that was not measured.
enum class NoDataPolicy { fail, warn, pass };

// Fields that every rule has beside those of its kind: level, message, no_data and its scope.
enum class FieldType {
  percent,           // Decimal: 80, 79.995, "80%"
  count,             // std::uint64_t
  count_or_percent,  // either of both: 5, "2.5%"
  duration,          // std::chrono::nanoseconds: "90s"
  size,              // ByteCount: "512M"
  text,              // std::string; one of `choices` where there are some
  texts,             // std::vector<std::string>; one text is a list of one
};

struct ByteCount {
  std::uint64_t bytes = 0;
  bool operator==(const ByteCount&) const = default;
};

using FieldValue =
    std::variant<Decimal, std::uint64_t, std::chrono::nanoseconds, ByteCount, std::string, std::vector<std::string>>;

struct RuleField {
  std::string_view name;  // "min", "max", "metric"
  FieldType type;
  bool required = false;
  std::string_view fallback = {};  // as text; empty: absent unless given
  std::string_view choices = {};   // of a text, or of each of `texts`: "lines|branches"
  std::string_view help = {};
  std::uint64_t most = 100;  // of a percentage
};

// Empty members do not restrict. `files` holds globs from the repository's root; one with a leading '!'
// takes files out again. A component's globs are put in place of its name when the rule is judged.
struct RuleScope {
  std::vector<std::string> suites;  // globs of suite ids
  std::vector<std::string> files;
  std::string component;
  [[nodiscard]] bool whole_run() const { return suites.empty() && files.empty() && component.empty(); }
};

struct GateRule {
  std::string kind;    // name of a row of rule_kinds()
  std::string origin;  // "runharness.toml:12:1", "--min-coverage"
  model::GateLevel level = model::GateLevel::block;
  std::string message;  // added to the verdict's sentence: what to do about a failure
  NoDataPolicy no_data = NoDataPolicy::fail;
  RuleScope scope;
  std::map<std::string, FieldValue, std::less<>> fields;  // checked against the kind's row, defaults filled in

  // The field's value; null when it was not given. The type is that of the kind's row.
  template <class T>
  [[nodiscard]] const T* find(std::string_view name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? nullptr : std::get_if<T>(&found->second);
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* value = find<std::string>(name);
    return value == nullptr ? std::string() : *value;
  }
};

using Components = std::map<std::string, std::vector<std::string>>;  // name -> globs

struct GateRules {
  std::vector<GateRule> rules;
  Components components;
};

struct Baseline;         // runner/engine/gate/baseline.h: the committed ratchet
struct QuarantineState;  // runner/engine/quarantine.h: the entries of the quarantine file
struct ResourceHistory;  // figures of earlier runs of the same machine class, for statistical rules

// What a judge may look at. Whatever is absent is a state that the rule's no-data policy decides about.
struct GateInput {
  const model::RunReport& report;  // `patch` and `base` are part of it
  const Components& components;
  const model::CoverageReport* base_coverage = nullptr;  // of the merge base, file by file
  std::string base_coverage_reason = {};                 // why there is none
  const Baseline* baseline = nullptr;
  std::string baseline_reason = {};  // why there is none: "runharness.baseline.json is missing"
  const ResourceHistory* history = nullptr;
  std::string history_reason = {};
  // Whether the repository still has this file: one that left the coverage data was deleted, or is no longer
  // measured. Empty: not known.
  std::function<bool(const std::string& path)> source_exists = {};
  const QuarantineState* quarantine = nullptr;
};

enum class ScopeUse { run, suites, files, files_and_suites };  // by what a kind can be narrowed

struct RuleKind {
  std::string_view name;  // "coverage.patch"
  std::string_view help;
  NoDataPolicy no_data;  // unless the rule says otherwise
  ScopeUse scope;
  std::vector<RuleField> fields;
  std::vector<model::GateVerdict> (*judge)(const GateRule& rule, const GateInput& input);
  bool needs_tests = false;  // a record of every test, not only of those that failed
  bool needs_patch = false;  // the diff against a base
};

[[nodiscard]] const std::vector<RuleKind>& rule_kinds();
[[nodiscard]] const RuleKind* rule_kind(std::string_view name);

// A rule of that kind with its defaults, and then its fields by text, as flags and simple keys make it.
[[nodiscard]] Result<GateRule> make_rule(std::string_view kind, std::string origin,
                                         const std::map<std::string, std::string>& fields = {});
// The value of a field from its text; an error says what would be right.
[[nodiscard]] Result<FieldValue> read_field(const RuleField& field, std::string_view text);
// "min = 80, metric = lines", for `config --explain`.
[[nodiscard]] std::string fields_text(const GateRule& rule);
// Fills in defaults and refuses a rule that lacks a required field.
[[nodiscard]] Result<void> complete_rule(GateRule& rule);

}  // namespace rh::engine
