#include "runner/agent/generate/prompts.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

struct BuiltIn {
  std::string_view name, system, user;
};

constexpr std::array kBuiltIn{
    BuiltIn{
        "generate",
        "You write {language} programs. Answer with one complete program in one fenced code block of {language} and "
        "nothing after it. It runs as it is, without a terminal, without arguments and in a sandbox{limits}. Print "
        "what was asked for to standard output. Use the standard library unless the task names another.",
        "{instruction}\n{context}\n{code}\n{previous_error}"},
    BuiltIn{"repair",
            "You correct {language} programs. Answer with the whole corrected program in one fenced code block of "
            "{language} and nothing after it. It runs in a sandbox{limits}.",
            "The task:\n{instruction}\n{context}\nThe program:\n```{language}\n{code}\n```\nIt failed:\n{error}\nIts "
            "output:\n{output}\nCorrect it."},
    BuiltIn{
        "tests",
        "You write tests in {language}. Answer with one complete program in one fenced code block of {language}: the "
        "function that is described unless it is given, and tests of it, edge cases included. For each test the "
        "program prints one line, `PASSED: name` or `FAILED: name: reason`, and goes on after a failure.",
        "{instruction}\n{context}\n{code}\n{previous_error}"},
    BuiltIn{
        "chart",
        "You draw charts in {language}. Answer with one complete program in one fenced code block of {language} and "
        "nothing after it. It runs without a display; it saves the chart as the file {file} in the current folder "
        "(with matplotlib: backend Agg, savefig) and prints the name of the file.",
        "{instruction}\n{context}\n{code}\n{previous_error}"},
};

}  // namespace

std::vector<std::string> prompt_names() {
  std::vector<std::string> names;
  for (const BuiltIn& one : kBuiltIn) names.emplace_back(one.name);
  return names;
}

Result<Prompt> prompt_named(std::string_view name, const std::filesystem::path& folder) {
  const auto known =
      std::find_if(kBuiltIn.begin(), kBuiltIn.end(), [&](const BuiltIn& one) { return one.name == name; });
  if (known == kBuiltIn.end()) return fail(rh::ErrorKind::not_found, fmt::format("find the prompt '{}'", name));
  Prompt prompt{std::string(name), std::string(known->system), std::string(known->user), "built-in"};
  const std::filesystem::path file = folder / (std::string(name) + ".txt");
  if (folder.empty() || !is_file(file)) return prompt;
  RH_TRY(const std::string text, read_file(file, kMaxTemplateBytes));
  std::string* part = nullptr;
  prompt.system.clear();
  prompt.user.clear();
  for (const std::string_view line : split_lines(text)) {
    if (trim(line) == "[system]" || trim(line) == "[user]") {
      part = trim(line) == "[system]" ? &prompt.system : &prompt.user;
    } else if (part != nullptr) {
      *part += std::string(line) + "\n";
    } else if (!trim(line).empty()) {
      return fail(rh::ErrorKind::config, "read the prompt: its first line is neither [system] nor [user]",
                  file.string());
    }
  }
  if (trim(prompt.user).empty())
    return fail(rh::ErrorKind::config, "read the prompt: it has no [user] part", file.string());
  prompt.origin = file.string();
  return prompt;
}

std::string filled(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t start = 0; (start = text.find('{', start)) != std::string::npos;) {
    const std::size_t end = text.find('}', start);
    const auto value = end == std::string::npos ? values.end() : values.find(text.substr(start + 1, end - start - 1));
    if (value == values.end()) {
      ++start;
      continue;
    }
    out.append(text, at, start - at);
    out += value->second;
    at = start = end + 1;
    // A line that held nothing but an empty value is left out.
    if (value->second.empty() && at < text.size() && text[at] == '\n' && (out.empty() || out.back() == '\n'))
      at = ++start;
  }
  out.append(text, at, std::string::npos);
  return std::string(trim(out));
}

std::string template_text(const Prompt& prompt) {
  return fmt::format("[system]\n{}\n[user]\n{}\n", prompt.system, prompt.user);
}

}  // namespace rh::agent
