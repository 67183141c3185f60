// What agents and people can ask for, in one table: each row makes a command of the command line with its
// flags and help, and a tool of the MCP server with its input schema. Both call the same function, so that an
// answer is the same whichever way it was asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/error_kind.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/report.h"

namespace rh::agent {

class Service;

enum class ArgumentType {
  text,
  integer,
  number,
  boolean,
  texts,    // JSON: array of strings; command line: a flag that repeats
  map,      // JSON: object of strings; command line: NAME=VALUE, repeats
  object,   // JSON: any object; command line: JSON text, or @FILE
  objects,  // JSON: array of objects; command line: JSON text, or @FILE
};

// Where an argument may be given.
enum class Offered { everywhere, command_line, mcp };

struct ArgumentRow {
  std::string_view name;  // "memory_limit"; on the command line "--memory-limit", or as `flag` says
  ArgumentType type = ArgumentType::text;
  std::string_view help;
  std::string_view flag = {};         // "--memory,--memory-limit", or "CODE" for a positional argument
  std::string_view placeholder = {};  // "SIZE"
  std::string_view choices = {};      // "local|container|auto"
  bool required = false;
  Offered offered = Offered::everywhere;
};

// For clients that ask people before a tool is called (MCP's tool annotations).
struct ToolHints {
  bool read_only = false;
  bool destructive = false;
  bool idempotent = false;
  bool open_world = false;
};

// How far the work is: told to a caller that asked for it.
struct Progress {
  std::string message;
  std::optional<double> done, total;
};

// Who asks and how it is told what happens meanwhile. Outlives the call.
struct CallContext {
  std::string caller = "command line";  // for the audit log, quotas and approvals; over MCP: the client
  bool over_mcp = false;
  BorrowedFd cancel;         // readable (never drained here): end everything now
  std::string approval_id;   // a waiting approval that the caller answered meanwhile; empty: none
  std::string trace_parent;  // W3C trace context of the caller; empty: none
  std::function<void(const Progress&)> on_progress;                // may be empty; any thread
  std::function<void(model::Stream, std::string_view)> on_output;  // redacted output while it comes; may be empty
  std::function<bool(std::string_view question)> ask;              // yes or no of a person; empty: nobody there
};

// A file or picture beside the answer.
struct Attachment {
  std::string name, path, mime_type;
  std::string uri;     // "runharness://executions/ID/artifacts/plot.png"
  bool image = false;  // small enough and wanted inline: `path` is read
};

// The work waits for a person. Whoever can ask one does; the call is repeated with CallContext::approval_id.
struct Question {
  std::string approval_id;
  std::string message;  // what is asked, with the code and its assessment
};

struct ToolAnswer {
  ErrorKind error = ErrorKind::none;  // not `none`: MCP's isError
  std::string text;                   // short, for a person or a model that reads no structure
  std::string structured;             // one JSON object, as `output_schema` says
  std::vector<Attachment> attachments;
  std::optional<Question> question;
  int exit_code = 0;  // of the command
};

struct ToolRow {
  std::string_view name;     // "execute_code"; over MCP
  std::string_view command;  // "exec", "approvals list"; empty: MCP only
  std::string_view title, description;
  std::vector<ArgumentRow> arguments;
  std::string_view output_schema;  // JSON schema of `structured`
  ToolHints hints;
  ToolAnswer (*call)(Service& service, const CallContext& context, const nlohmann::json& arguments);
  std::vector<std::string_view> aliases = {};  // other names over MCP, offered with --aliases
  bool in_default_set = true;                  // else offered with --tools only
  bool streams = false;      // the command prints output of code while it comes, so that `text` goes to standard error
  bool people_only = false;  // deciding about approvals: never offered over MCP
};

// All tools, in the order in which they are listed; as a JSON document: names, commands, arguments, schemas.
[[nodiscard]] std::string tools_document();
[[nodiscard]] const std::vector<ToolRow>& tool_rows();
[[nodiscard]] const ToolRow* tool_named(std::string_view name);  // aliases too
// The action's row: ("approvals", "list"). `action` empty: the command has none.
[[nodiscard]] const ToolRow* tool_of_command(std::string_view command, std::string_view action);

// As it is written on the command line: "--memory-limit", or "CODE" for a positional argument.
[[nodiscard]] std::string flag_of(const ArgumentRow& argument);
// The JSON schema (2020-12) of the arguments as offered over MCP.
[[nodiscard]] nlohmann::json input_schema(const ToolRow& tool);
// Of the structured answer, which may be that of an error: `output_schema` of the row, or what error_answer gives.
[[nodiscard]] nlohmann::json output_schema(const ToolRow& tool);
// Arguments against the rows: unknown names with a suggestion, wrong types, missing ones. Values are the tool's to
// judge.
[[nodiscard]] Result<void> check_arguments(const ToolRow& tool, const nlohmann::json& arguments);
// check_arguments, the call, and an answer for what it threw.
[[nodiscard]] ToolAnswer call_tool(const ToolRow& tool, Service& service, const CallContext& context,
                                   const nlohmann::json& arguments);

// {"success": false, "error": {"kind", "category", "message", "retry"}}; the text is the message.
[[nodiscard]] ToolAnswer error_answer(ErrorKind kind, const std::string& message);
[[nodiscard]] ToolAnswer answer_of(const nlohmann::json& structured, std::string text);

}  // namespace rh::agent
