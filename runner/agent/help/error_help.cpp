#include "runner/agent/help/error_help.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/deps/package_names.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/help/error_match.h"
#include "runner/agent/help/error_place.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kMaxLines = 5000, kMaxOthers = 20, kMaxNames = 2000, kMaxMessage = 400;

Lines lines_of(std::string_view text) {
  Lines lines = split_lines(text);
  if (lines.size() > kMaxLines) lines.erase(lines.begin(), lines.end() - kMaxLines);
  return lines;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// Names in the code, and the built-in ones that are mistyped most.
std::vector<std::string> known_names(std::optional<Language> language, std::string_view code) {
  std::set<std::string> names;
  if (language == Language::python)
    names = {"print", "len", "range", "input",  "open",      "list", "dict",       "set",  "str",   "int", "float",
             "sum",   "min", "max",   "sorted", "enumerate", "zip",  "isinstance", "True", "False", "None"};
  if (language == Language::javascript)
    names = {"console", "require", "process", "module", "exports", "undefined", "Math", "JSON", "Object", "Array"};
  for (std::size_t i = 0; i < code.size() && names.size() < kMaxNames;) {
    std::size_t end = i;
    while (end < code.size() && is_name(code[end])) ++end;
    if (end - i > 2) names.insert(std::string(code.substr(i, end - i)));
    i = end + 1;
  }
  return {names.begin(), names.end()};
}

// "json.decoder.JSONDecodeError: ..." -> "JSONDecodeError"; "error[E0382]: ..." -> "E0382".
std::string kind_in(std::string_view message) {
  if (const std::size_t open = message.find("error["); open != std::string_view::npos)
    return std::string(message.substr(open + 6, message.find(']', open) - open - 6));
  for (const std::string_view word : split(message, ' ')) {
    std::string_view name = word;
    while (!name.empty() && !is_name(name.back())) name.remove_suffix(1);
    if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos) name = name.substr(dot + 1);
    const bool upper = !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
    const bool all_upper = upper && name.size() >= 5 && std::all_of(name.begin(), name.end(), [](char c) {
                             return (c >= 'A' && c <= 'Z') || c == '_';
                           });
    if (all_upper || (upper && name.size() > 5 &&
                      (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning"))))
      return std::string(name);
  }
  return {};
}

void add_text(std::vector<std::string>& texts, std::string text) {
  if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

void apply(ErrorHelp& help, const ErrorRule& rule, const std::vector<std::string>& found,
           const std::vector<std::string>& names) {
  const auto filled = [&](std::string_view text) { return fill_text(text, found, help.language, names); };
  help.rule = rule.id;
  help.cause = filled(rule.cause);
  help.category = rule.category;
  add_text(help.fixes, filled(rule.fix));
  add_text(help.fixes, filled(rule.other_fix));
  add_text(help.recovery, filled(rule.recovery));
  for (const std::string_view text : {rule.fix, rule.other_fix}) {
    const std::size_t at = text.find("{package");
    if (at == std::string_view::npos) continue;
    add_text(help.packages, filled(text.substr(at, text.find('}', at) + 1 - at)));
  }
}

// A mistyped name is no package to install: somebody may offer one by that name.
void mend_name(ErrorHelp& help, const std::vector<std::string>& found) {
  if (help.packages.empty() || found.empty() || !help.language) return;
  const auto near = near_import(*help.language, found.front());
  if (!near) return;
  help.packages = {package_of_import(*help.language, *near).value_or(*near)};
  if (help.fixes.size() > 1) std::swap(help.fixes[0], help.fixes[1]);
}

// What can be done whatever the error is.
void add_recovery(ErrorHelp& help) {
  switch (help.category) {
    case ErrorCategory::limit:
      add_text(help.recovery, "ask again with a higher limit, or with less work");
      break;
    case ErrorCategory::policy:
      add_text(help.recovery, "do without it, or ask a person to allow it");
      break;
    case ErrorCategory::environment:
      add_text(help.recovery, help.packages.empty() ? "try again later, or on another machine"
                                                    : "run it again with the package in `packages`");
      break;
    default:
      add_text(help.recovery, "change the code and run it again");
      if (help.place && help.place->line) add_text(help.recovery, "run only the part around the line that is named");
  }
}

std::string bounded(std::string_view text) {
  return to_valid_utf8(text.size() <= kMaxMessage ? text : text.substr(0, kMaxMessage));
}

struct Ranked {
  std::vector<FoundRule> own, limits;
};

// A rule of the language is more precise; one of the limits is taken where nothing else but a general one fits.
const FoundRule* best_of(const Ranked& found) {
  const auto general = [](const FoundRule& one) {
    return is_one_of(one.rule->id, {"rust-error", "rust-panic", "java-error", "java-exception", "go-panic"});
  };
  const auto precise = std::find_if_not(found.own.begin(), found.own.end(), general);
  if (precise != found.own.end()) return &*precise;
  if (!found.limits.empty()) return &found.limits.front();
  return found.own.empty() ? nullptr : &found.own.front();
}

// The line that looks most like an error, for what no rule knows.
std::size_t error_line(const Lines& lines) {
  std::size_t last = lines.size();
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (trim(lines[i]).empty()) continue;
    if (last == lines.size()) last = i;
    const std::string_view line = lines[i];
    if (line.find("Error") != std::string_view::npos || line.find("Exception") != std::string_view::npos ||
        line.find("error:") != std::string_view::npos)
      return i;
  }
  return last;
}

void explain_unknown(ErrorHelp& help, const Lines& lines) {
  const std::size_t line = error_line(lines);
  if (line == lines.size()) {
    help.cause = "the text is empty: the program said nothing";
    add_text(help.fixes, "run it again and keep its standard error");
    return;
  }
  help.message = bounded(trim(lines[line]));
  help.kind = kind_in(help.message);
  if (help.language) help.place = place_of_error(*help.language, lines, line);
  help.cause = help.kind.empty() ? "no rule knows this error"
                                 : fmt::format("the code ended with {}: {}", help.kind, help.message);
  add_text(help.fixes, help.place ? "look at the line that is named and at the values it uses"
                                  : "look at the lines before the error");
}

}  // namespace

ErrorHelp explain_error(std::optional<Language> language, std::string_view text, std::string_view code) {
  if (text.size() > kMaxErrorText) text.remove_prefix(text.size() - kMaxErrorText);
  const std::string clean = strip_ansi(to_valid_utf8(text));
  const Lines lines = lines_of(clean);
  ErrorHelp help;
  help.language = language ? language : guess_language(lines);
  Ranked found;
  if (help.language) {
    found.own = matching_rules(rules_of(*help.language), lines, *help.language == Language::python);
  } else {
    for (const LanguageRow& row : language_rows()) {
      found.own = matching_rules(rules_of(row.language), lines, row.language == Language::python);
      if (found.own.empty()) continue;
      help.language = row.language;
      break;
    }
  }
  found.limits = matching_rules(limit_rules(), lines, true);
  const auto names = known_names(help.language, code);
  if (const FoundRule* best = best_of(found)) {
    help.message = bounded(trim(lines[best->line]));
    help.kind = kind_in(help.message);
    if (help.language) help.place = place_of_error(*help.language, lines, best->line);
    apply(help, *best->rule, best->found, names);
    mend_name(help, best->found);
    for (const FoundRule& other : found.own)
      if (other.line != best->line && help.others.size() < kMaxOthers)
        add_text(help.others, bounded(trim(lines[other.line])));
  } else {
    explain_unknown(help, lines);
  }
  add_recovery(help);
  return help;
}

ErrorHelp explain_record(const ExecutionRecord& record) {
  const std::string text =
      record.standard_error.bytes.empty() ? record.standard_output.bytes : record.standard_error.bytes;
  const ErrorRule* by_kind = rule_of_kind(record.error.kind);
  if (by_kind == nullptr) {
    ErrorHelp help = explain_error(record.request.language, text, record.request.code);
    if (help.rule.empty() && trim(text).empty() && !record.error.message.empty()) {
      help.message = bounded(record.error.message);
      help.cause = help.message;
    }
    return help;
  }
  ErrorHelp help;
  help.language = record.request.language;
  help.kind = name_of(record.error.kind);
  help.message = bounded(record.error.message);
  apply(help, *by_kind, {}, {});
  if (record.error.kind == ErrorKind::package_install_failed) help.packages = record.error.concerns;
  add_recovery(help);
  return help;
}

nlohmann::json to_json(const ErrorHelp& help) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::json() : nlohmann::json(text);
  };
  nlohmann::json place;
  if (help.place)
    place = {{"file", help.place->file},
             {"line", help.place->line ? nlohmann::json(*help.place->line) : nlohmann::json()},
             {"column", help.place->column ? nlohmann::json(*help.place->column) : nlohmann::json()},
             {"function", text_or_null(help.place->function)}};
  return {{"success", true},
          {"language", help.language ? nlohmann::json(name_of(*help.language)) : nlohmann::json()},
          {"known", !help.rule.empty()},
          {"rule", text_or_null(help.rule)},
          {"error_type", text_or_null(help.kind)},
          {"message", help.message},
          {"place", place},
          {"cause", help.cause},
          {"suggestions", help.fixes},
          {"recovery_options", help.recovery},
          {"packages", help.packages},
          {"category", name_of(help.category)},
          {"other_errors", help.others}};
}

std::string to_text(const ErrorHelp& help) {
  std::string text = help.message.empty() ? std::string() : help.message + "\n";
  if (help.place)
    text += fmt::format("  at {}{}{}\n", help.place->file,
                        help.place->line ? fmt::format(":{}", *help.place->line) : std::string(),
                        help.place->function.empty() ? std::string() : " in " + help.place->function);
  text += "cause: " + help.cause + "\n";
  for (const std::string& fix : help.fixes) text += "fix: " + fix + "\n";
  for (const std::string& option : help.recovery) text += "or: " + option + "\n";
  if (!help.others.empty())
    text += fmt::format("and {} further error{}\n", help.others.size(), help.others.size() == 1 ? "" : "s");
  return text;
}

}  // namespace rh::agent
