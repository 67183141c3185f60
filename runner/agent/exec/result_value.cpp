#include "runner/agent/exec/result_value.h"

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/beneath.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kTypes{"number", "integer", "json", "object", "array", "string", "boolean"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with at most one point, a sign in front and an exponent behind; no "0x", no "nan".
bool is_decimal(std::string_view text, bool whole) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t digits = i;
  bool point = false;
  std::size_t count = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !point && !whole)); ++i) {
    point = point || text[i] == '.';
    count += is_digit(text[i]) ? 1 : 0;
  }
  if (count == 0 || i == digits) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E') && !whole) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    const std::size_t exponent = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == exponent) return false;
  }
  return i == text.size();
}

bool has_type(const json& value, std::string_view type) {
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  return true;
}

bool output_fits(std::string_view output, std::string_view type) {
  const std::string_view text = trim(output);
  if (type == "number" || type == "integer") return is_decimal(text, type == "integer");
  if (type == "string") return !text.empty();
  if (type == "boolean") return is_one_of(text, {"true", "false", "True", "False"});
  const json value = json::parse(text, nullptr, false);
  return !value.is_discarded() && has_type(value, type);
}

void warn(ExecutionRecord& record, std::string code, std::string message) {
  record.diagnostics.push_back({model::Severity::warning, std::move(code), std::move(message), {}, {}});
}

}  // namespace

bool is_expected_type(std::string_view name) { return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end(); }

void read_result(const WorkFolder& folder, ExecutionRecord& record) {
  const auto beneath = Beneath::open(folder.exchange());
  if (!beneath) return;
  const auto text = beneath->read("result.json", kMaxResultBytes);
  if (!text) {
    if (text.error().sys_errno != ENOENT) warn(record, "result-unreadable", text.error().message());
    return;
  }
  const json value = json::parse(*text, nullptr, false);
  if (value.is_discarded())
    warn(record, "result-no-json", "the file that RUNHARNESS_RESULT names holds no JSON: it is left out");
  else
    record.result_json = value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void check_expected(ExecutionRecord& record) {
  const std::string& type = record.request.expected;
  if (type.empty() || !record.success()) return;
  const bool has_result = !record.result_json.empty();
  const bool fits =
      has_result ? has_type(json::parse(record.result_json), type) : output_fits(record.standard_output.bytes, type);
  if (fits) return;
  const std::string seen = has_result ? record.result_json : record.standard_output.bytes;
  record.error.kind =
      type == "number" || type == "integer" ? ErrorKind::invalid_number_output : ErrorKind::invalid_result;
  record.error.message = fmt::format("the {} is no {}: {}", has_result ? "result" : "output", type,
                                     seen.empty() ? "there is none" : to_valid_utf8(seen.substr(0, 200)));
  record.status = ExecutionStatus::failed;
}

}  // namespace rh::agent
