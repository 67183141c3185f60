#include "runner/agent/generate/route.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/generate/code_blocks.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

struct Rule {
  std::string_view verb, tool;
  std::vector<std::string_view> words;  // a word, or words with blanks between them
};

// The first that fits wins: a request to profile code says "run", too.
const std::vector<Rule> kRules = {
    {"help",
     "handle_error",
     {"traceback (most recent", "fix this error", "explain this error", "explain the error", "what does this error",
      "why does it fail", "error message"}},
    {"batch", "execute_batch", {"batch", "one after another", "in sequence", "in one session", "several snippets"}},
    {"profile",
     "profile_code",
     {"profile", "profiling", "bottleneck", "bottlenecks", "hot spot", "hot spots", "slow", "performance", "optimise",
      "optimize"}},
    {"deps",
     "analyze_dependencies",
     {"dependency", "dependencies", "which packages", "missing packages", "requirements", "imports", "deps"}},
    {"validate",
     "validate_code",
     {"validate", "is it safe", "is this safe", "safe to run", "check the syntax", "lint"}},
    {"test",
     "run_tests",
     {"pytest", "run tests", "run the tests", "run all tests", "test suite", "unit tests", "tests", "coverage"}},
};

std::string lower_words(std::string_view text) {
  std::string out = " ";
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '(' || (c & 0x80) != 0;
    if (kept || out.back() != ' ') out += kept ? c : ' ';
  }
  return out + " ";
}

// Prose without its fenced code: what the code says decides nothing.
std::string prose_of(std::string_view request) {
  std::string prose;
  bool inside = false;
  for (const std::string_view line : split_lines(request)) {
    if (trim(line).starts_with("```") || trim(line).starts_with("~~~"))
      inside = !inside;
    else if (!inside)
      prose += std::string(line) + "\n";
  }
  return prose;
}

std::string_view language_in(const std::string& words) {
  for (const LanguageRow& row : language_rows()) {
    if (words.find(fmt::format(" {} ", row.name)) != std::string::npos && row.language != Language::go) return row.name;
    for (const std::string_view alias : row.aliases)
      if (alias.size() > 3 && words.find(fmt::format(" {} ", alias)) != std::string::npos) return row.name;
  }
  return words.find(" golang ") != std::string::npos || words.find(" go program ") != std::string::npos ? "go"
                                                                                                        : "python";
}

// A word with a slash or a suffix of a source file.
std::string path_in(std::string_view prose) {
  std::string text(prose);
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (std::string_view word : split(text, ' ')) {
    while (!word.empty() && std::string_view("`'\",.;:?!()").find(word.back()) != std::string_view::npos)
      word.remove_suffix(1);
    while (!word.empty() && std::string_view("`'\"(").find(word.front()) != std::string_view::npos)
      word.remove_prefix(1);
    if (word.find("://") != std::string_view::npos) continue;
    if (language_of_file(word) || (word.find('/') != std::string_view::npos && word.size() > 2))
      return std::string(word);
  }
  return {};
}

// "run: print(1)", "execute `2 + 2`": code behind a colon or in back quotes.
std::string inline_code(std::string_view prose) {
  const std::size_t open = prose.find('`');
  if (open != std::string_view::npos)
    if (const std::size_t end = prose.find('`', open + 1); end != std::string_view::npos && end > open + 1)
      return std::string(prose.substr(open + 1, end - open - 1));
  const std::size_t colon = prose.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view rest = trim(prose.substr(colon + 1));
  return rest.find_first_of("(=") != std::string_view::npos ? std::string(rest) : std::string();
}

void complete(Route& route, json& arguments, const std::vector<CodeBlock>& blocks, const std::string& path,
              const std::string& code, std::string_view language, std::string_view request) {
  if (route.verb == "batch") {
    for (const CodeBlock& block : blocks) arguments["blocks"].push_back(block.code);
    arguments["language"] = language;
    route.complete = !blocks.empty();
  } else if (route.verb == "test") {
    if (!path.empty()) arguments["paths"] = {path};
    route.complete = true;
  } else if (route.verb == "help") {
    arguments["error"] = blocks.empty() ? std::string(request) : blocks.front().code;
    route.complete = true;
  } else {
    if (!code.empty())
      arguments = {{"code", code}, {"language", language}};
    else if (!path.empty())
      arguments[route.verb == "execute" ? "path" : route.verb == "profile" ? "script" : "file"] = path;
    if (route.verb == "profile" && code.empty()) route.tool = "profile_script";
    route.complete = !arguments.empty();
  }
}

}  // namespace

Route route_of(std::string_view request) {
  const std::string prose = prose_of(request), words = lower_words(prose);
  const auto blocks = code_blocks(request);
  const std::string code = blocks.empty() ? inline_code(prose) : blocks.front().code;
  const std::string path = path_in(prose);
  std::string_view language = language_in(words);
  if (!blocks.empty())
    if (const auto tagged = language_named(blocks.front().tag)) language = name_of(*tagged);
  if (const auto of_path = language_of_file(path); of_path && code.empty()) language = name_of(*of_path);
  Route route;
  for (const Rule& rule : kRules) {
    const auto hit = std::find_if(rule.words.begin(), rule.words.end(), [&](std::string_view word) {
      return words.find(" " + std::string(word) + " ") != std::string::npos;
    });
    if (hit == rule.words.end()) continue;
    // "write tests for a function" asks a model, not the test runner.
    if (rule.verb == "test" && code.empty() && path.empty() &&
        (words.find(" write ") != std::string::npos || words.find(" generate ") != std::string::npos)) {
      route = {"generate", "generate_tests", json{{"instruction", trim(request)}}.dump(), "write, tests", true};
      return route;
    }
    route = {std::string(rule.verb), std::string(rule.tool), "{}", std::string(*hit), false};
    break;
  }
  if (route.verb.empty() && blocks.size() > 1)
    route = {"batch", "execute_batch", "{}", "several blocks of code", false};
  if (route.verb.empty() && (!code.empty() || language_of_file(path)))
    route = {"execute", "execute_code", "{}", code.empty() ? "a script" : "code in the request", false};
  if (route.verb.empty()) {
    const json arguments = {{"instruction", trim(request)}, {"language", language}};
    return {"execute", "generate_and_run", arguments.dump(), "a task without code", true};
  }
  json arguments = json::object();
  complete(route, arguments, blocks, path, code, language, request);
  route.arguments = arguments.dump(-1, ' ', false, json::error_handler_t::replace);
  return route;
}

}  // namespace rh::agent
