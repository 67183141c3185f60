#include "runner/agent/audit/tools.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/audit/audit_log.h"
#include "runner/agent/service.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

constexpr std::int64_t kShown = 20;

ToolAnswer verify(Service& service, const CallContext&, const json&) {
  const auto file = service.audit().file();
  if (!file) return answer_of_error(file.error());
  const auto verdict = service.audit().verify();
  if (!verdict) return answer_of_error(verdict.error());
  json structured = {{"success", !verdict->broken.has_value()},
                     {"ok", !verdict->broken.has_value()},
                     {"file", file->string()},
                     {"lines", verdict->lines},
                     {"first_broken", nullptr},
                     {"unfinished", verdict->unfinished},
                     {"notes", verdict->notes}};
  std::string text;
  if (verdict->broken) {
    const AuditBreak& first = *verdict->broken;
    structured["first_broken"] = {{"line", first.line}, {"problem", first.problem}, {"detail", first.detail}};
    text = fmt::format("{}: line {} is the first broken one ({}): {}\n", file->string(), first.line, first.problem,
                       first.detail);
  } else {
    text = fmt::format("{}: {} line{}, all whole and in order\n", file->string(), verdict->lines,
                       verdict->lines == 1 ? "" : "s");
  }
  for (const std::string& id : verdict->unfinished)
    text += fmt::format("execution {} was asked for and has no completion: it runs, or runharness was ended\n", id);
  for (const std::string& note : verdict->notes) text += note + "\n";
  ToolAnswer answer = answer_of(structured, std::move(text));
  answer.exit_code = verdict->broken ? 1 : 0;
  return answer;
}

std::string word(const json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string text_of(const json& line) {
  std::string text = fmt::format("{:>6}  {}  {:<18}", word(line, "seq"), word(line, "time"), word(line, "event"));
  for (const char* name : {"execution_id", "approval", "caller", "user", "language", "status", "error", "by", "prompt"})
    if (const std::string value = word(line, name); !value.empty())
      text += fmt::format(" {}={}", name, value.substr(0, 80));
  return text + "\n";
}

ToolAnswer show(Service& service, const CallContext&, const json& arguments) {
  const std::int64_t limit = arguments.value("limit", kShown);
  if (limit < 0) return error_answer(ErrorKind::invalid_request, "'limit' is 0 or more");
  const auto lines =
      service.audit().lines(static_cast<std::size_t>(limit), arguments.value("execution_id", std::string()));
  if (!lines) return answer_of_error(lines.error());
  json structured = {{"success", true}, {"lines", json::array()}};
  std::string text;
  for (const std::string& line : *lines) {
    const json object = json::parse(line, nullptr, false);
    structured["lines"].push_back(object.is_object() ? object : json{{"unreadable", to_valid_utf8(line)}});
    text += object.is_object() ? text_of(object) : "        (a line that is no JSON)\n";
  }
  if (text.empty()) text = "the audit log has no such lines\n";
  return answer_of(structured, text);
}

constexpr std::string_view kVerifySchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"ok":{"type":"boolean"},"file":{"type":"string"},
"lines":{"type":"integer"},"first_broken":{"type":["object","null"],"properties":{"line":{"type":"integer"},
"problem":{"type":"string"},"detail":{"type":"string"}}},"unfinished":{"type":"array","items":{"type":"string"}},
"notes":{"type":"array","items":{"type":"string"}}},"required":["success","ok","lines","first_broken"]})";
constexpr std::string_view kShowSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"lines":{"type":"array","items":{"type":"object"}}},
"required":["success","lines"]})";

}  // namespace

std::vector<ToolRow> audit_tools() {
  const ToolHints reads{true, false, true, false};
  return {
      {"audit_verify",
       "audit verify",
       "check that no line of the audit log was changed, cut, moved or put in",
       "Checks the chain of the audit log and names the first broken line.",
       {},
       kVerifySchema,
       reads,
       verify},
      {"audit_show",
       "audit show",
       "print the newest lines of the audit log",
       "The newest lines of the audit log, oldest first.",
       {{"limit", T::integer, "so many lines (20); 0: all", "--limit", "N"},
        {"execution_id", T::text, "of this execution or approval, by the begin of its id", "--execution", "ID"}},
       kShowSchema,
       reads,
       show},
  };
}

}  // namespace rh::agent
