#include "runner/engine/gate/rule.h"

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

std::vector<std::string> choices_of(const RuleField& field) {
  std::vector<std::string> choices;
  for (const std::string_view choice : split(field.choices, '|')) choices.emplace_back(choice);
  return choices;
}

Result<FieldValue> read_count(std::string_view text) {
  if (const auto count = parse_u64(text)) return FieldValue(*count);
  return fail(ErrorKind::usage, fmt::format("read '{}': write a whole number, 0 or more", text));
}

Result<FieldValue> read_choice(const RuleField& field, std::string_view text) {
  if (field.choices.empty()) return FieldValue(std::string(text));
  const auto choices = choices_of(field);
  for (const std::string& choice : choices)
    if (choice == text) return FieldValue(choice);
  const auto near = closest(text, choices);
  return fail(ErrorKind::usage, fmt::format("read '{}': write one of {}{}", text, join(choices, ", "),
                                            near ? fmt::format(" (did you mean '{}'?)", *near) : ""));
}

Result<FieldValue> read_percent(const RuleField& field, std::string_view text) {
  RH_TRY(const Decimal percent, parse_decimal_percent(text, field.most));
  return FieldValue(percent);
}

}  // namespace

const RuleKind* rule_kind(std::string_view name) {
  for (const RuleKind& kind : rule_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

Result<FieldValue> read_field(const RuleField& field, std::string_view text) {
  switch (field.type) {
    case FieldType::percent:
      return read_percent(field, text);
    case FieldType::count:
      return read_count(text);
    case FieldType::count_or_percent:
      return trim(text).ends_with('%') ? read_percent(field, text) : read_count(text);
    case FieldType::duration: {
      RH_TRY(const auto span, parse_duration(text));
      return FieldValue(std::chrono::nanoseconds(span));
    }
    case FieldType::size: {
      RH_TRY(const std::uint64_t bytes, parse_size(text));
      return FieldValue(ByteCount{bytes});
    }
    case FieldType::text:
      return read_choice(field, text);
    case FieldType::texts:
      RH_CHECK(read_choice(field, text));
      return FieldValue(std::vector<std::string>{std::string(text)});
  }
  return fail(ErrorKind::internal, "read a field without a type", std::string(field.name));
}

std::string fields_text(const GateRule& rule) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : rule.fields) {
    std::string text;
    if (const auto* percent = std::get_if<Decimal>(&value)) text = percent_of(*percent);
    if (const auto* count = std::get_if<std::uint64_t>(&value)) text = fmt::format("{}", *count);
    if (const auto* span = std::get_if<std::chrono::nanoseconds>(&value)) text = format_duration(*span);
    if (const auto* size = std::get_if<ByteCount>(&value)) text = format_size(size->bytes);
    if (const auto* word = std::get_if<std::string>(&value)) text = *word;
    if (const auto* words = std::get_if<std::vector<std::string>>(&value)) text = join(*words, " ");
    parts.push_back(fmt::format("{} = {}", name, text));
  }
  return join(parts, ", ");
}

Result<void> complete_rule(GateRule& rule) {
  const RuleKind& kind = *rule_kind(rule.kind);
  for (const RuleField& field : kind.fields) {
    if (rule.fields.contains(field.name)) continue;
    if (field.required)
      return fail(ErrorKind::config,
                  fmt::format("read the rule {}: it has no '{}' ({})", rule.kind, field.name, field.help), rule.origin);
    if (field.fallback.empty()) continue;
    RH_TRY(rule.fields[std::string(field.name)], read_field(field, field.fallback));
  }
  return {};
}

Result<GateRule> make_rule(std::string_view kind_name, std::string origin,
                           const std::map<std::string, std::string>& fields) {
  const RuleKind* kind = rule_kind(kind_name);
  RH_ASSERT(kind != nullptr);
  GateRule rule;
  rule.kind = kind_name;
  rule.origin = std::move(origin);
  rule.no_data = kind->no_data;
  for (const RuleField& field : kind->fields) {
    const auto given = fields.find(std::string(field.name));
    if (given == fields.end()) continue;
    RH_TRY(rule.fields[given->first], read_field(field, given->second));
  }
  RH_CHECK(complete_rule(rule));
  return rule;
}

}  // namespace rh::engine
