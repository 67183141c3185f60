#include "runner/app/toolchains.h"

#include <cctype>
#include <future>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::app {
namespace {

constexpr std::chrono::seconds kPatience{20};

struct Question {
  const char* tool;
  std::vector<std::string> arguments;
};

// Each in the form that answers fastest and with the least else.
const std::vector<Question>& questions() {
  static const std::vector<Question> kQuestions = {
      {"python3", {"--version"}},   {"pytest", {"--version"}}, {"node", {"--version"}}, {"npm", {"--version"}},
      {"go", {"env", "GOVERSION"}}, {"cargo", {"--version"}},  {"java", {"-version"}},  {"gcc", {"-dumpfullversion"}},
  };
  return kQuestions;
}

// "cargo 1.80.0 (376290515 2024-07-16)", "go1.22.1", "openjdk version \"17.0.12\" 2024-07-16": from the
// first digit to the end of that word.
std::string version_in(std::string_view answer) {
  for (const std::string_view line : split_lines(answer)) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!is_digit(line[i])) continue;
      return std::string(line.substr(i, line.find_first_of(" \",()", i) - i));
    }
  }
  return {};
}

model::Tool ask(const adapters::Host& host, const Question& question) {
  model::Tool tool;
  tool.name = question.tool;
  const auto path = host.find_tool(question.tool);
  model::Command command;
  if (path) {
    command.argv = {path->string()};
  } else if (tool.name == "pytest") {
    // Often only a module of the interpreter; a missing module is a missing tool.
    const auto python = host.find_tool("python3");
    if (!python) return tool;
    command.argv = {python->string(), "-m", "pytest"};
  } else {
    return tool;
  }
  command.argv.insert(command.argv.end(), question.arguments.begin(), question.arguments.end());
  const auto answer = host.run_helper(command, kPatience);
  const bool good = answer && answer->exit_code == 0;
  if (!path && !good) return tool;
  tool.path = command.argv.front();
  if (good)
    tool.version = version_in(answer->standard_output + answer->standard_error);
  else
    tool.problem = answer ? fmt::format("exit code {} of '{}'", answer->exit_code, shell_join(command.argv))
                          : answer.error().message();
  return tool;
}

}  // namespace

std::vector<model::Tool> find_toolchains(const adapters::Host& host) {
  std::vector<std::future<model::Tool>> answers;
  for (const Question& question : questions())
    answers.push_back(std::async(std::launch::async, [&host, &question] { return ask(host, question); }));
  std::vector<model::Tool> tools;
  for (auto& answer : answers) tools.push_back(answer.get());
  return tools;
}

}  // namespace rh::app
