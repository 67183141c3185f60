// Judgement of the commands of a shell script.
#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/bash.h"
#include "runner/agent/validate/bash_arguments.h"
#include "runner/agent/validate/bash_rules.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr int kMaxWrappers = 8;  // sudo env nohup nice ...

// Where the programs of the system lie; elsewhere are those that nobody has looked at.
bool is_of_system(const std::string& path) {
  constexpr std::string_view kFolders[]{"/bin/", "/sbin/", "/usr/", "/opt/", "/nix/", "/snap/bin/"};
  return std::any_of(std::begin(kFolders), std::end(kFolders),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Commands that run the command in their arguments, with the options that take a value.
struct Wrapper {
  std::string_view name, with_value;
  std::size_t operands;  // of their own, before the command
};
constexpr Wrapper kWrappers[]{
    {"sudo", "ugpCcDhRrTt", 0}, {"doas", "uC", 0},      {"env", "uCS", 0},    {"nohup", "", 0},
    {"xargs", "IdEsnPLa", 0},   {"exec", "a", 0},       {"command", "", 0},   {"builtin", "", 0},
    {"time", "fo", 0},          {"nice", "n", 0},       {"timeout", "ks", 1}, {"setsid", "", 0},
    {"stdbuf", "ioe", 0},       {"ionice", "cnp", 0},   {"watch", "nd", 0},   {"busybox", "", 0},
    {"chroot", "", 1},          {"unshare", "", 0},     {"strace", "epo", 0}, {"coproc", "", 0},
    {"parallel", "j", 0},       {"flock", "wE", 1},     {"taskset", "", 1},   {"chrt", "", 1},
    {"toybox", "", 0},          {"systemd-run", "", 0}, {"catchsegv", "", 0}, {"trap", "", 99},
};

}  // namespace

bool BashAnalyzer::reads_pipe(Node command) const {
  Node at = command;
  while (kind_of(tree_.parent(at)) == kind("redirected_statement")) at = tree_.parent(at);
  const Kind around = kind_of(tree_.parent(at));
  return (around == kind("pipeline") && tree_.first_child(tree_.parent(at)) != at) ||
         around == kind("heredoc_redirect");
}

void BashAnalyzer::judge_unknown_command(Node node) {
  const std::string_view written = text(child(node, field("name")));
  const bool caller =
      written == "\"$@\"" || written == "$@" || written == "\"$*\"" || written == "\"$1\"" || written == "$1";
  tell(node, RuleClass::dynamic_code, "unknown_command",
       fmt::format("{}: a command whose name is not known here", written), caller ? Severity::warn : Severity::block);
}

void BashAnalyzer::judge_command(Node node, Words words, int depth) {
  if (words.empty() || depth > kMaxWrappers) return;
  if (words.front().items.empty() || (words.front().other && depth == 0 && words.front().items.empty()))
    return judge_unknown_command(node);
  for (const Value& value : words.front().items) {
    if (value.kind != Value::Kind::text || value.text.empty()) continue;
    if (const auto own = own_.find(value.text); own != own_.end()) {
      Function& known = function(own->second);
      known.arguments.resize(std::max(known.arguments.size(), words.size() - 1));
      for (std::size_t i = 1; i < words.size(); ++i) known.arguments[i - 1].add(words[i]);
      continue;
    }
    if (value.text.find_first_of("*?[") != std::string::npos && value.text != "[" && value.text != "[[" &&
        value.text.find('/') != std::string::npos) {
      judge_unknown_command(node);
      continue;
    }
    // {rm,-rf,x}
    std::string name = value.text;
    if (name.find(',') != std::string::npos && (name.back() == '}' || name.front() == '{')) {
      Words parts;
      for (const std::string_view part : split(name, ','))
        parts.push_back(text_value(replaced(replaced(part, "{", ""), "}", "")));
      return judge_command(node, std::move(parts), depth + 1);
    }
    const bool here = name.starts_with("./") || name.starts_with("../");
    name = base_name(name);
    check_policy(node, name, name);
    if (here) {
      tell(node, RuleClass::system_command, "script", fmt::format("{}: runs a file of the folder", value.text),
           Severity::warn);
      continue;
    }
    if (value.text.starts_with('/') && !is_of_system(value.text) && bash_rules().exact(name) == nullptr)
      tell(node, RuleClass::system_command, "program",
           fmt::format("{}: runs a program that is none of the system's", value.text));
    if (judge_wrapper(node, name, words, depth) || judge_interpreter(node, name, words) ||
        judge_by_arguments(node, name, words))
      continue;
    if (name.starts_with("mkfs.")) name = "mkfs";
    if (const RuleRow* row = bash_rules().exact(name)) report(node, *row, name);
  }
}

bool BashAnalyzer::judge_wrapper(Node node, const std::string& name, const Words& words, int depth) {
  const auto* wrapper =
      std::find_if(std::begin(kWrappers), std::end(kWrappers), [&](const Wrapper& one) { return one.name == name; });
  if (wrapper == std::end(kWrappers)) return false;
  if (name == "trap") {
    if (words.size() > 2 && words[1].only_text() != nullptr) judge_inner(node, Language::bash, *words[1].only_text());
    return true;
  }
  if (const RuleRow* row = bash_rules().exact(name)) report(node, *row, name);
  if (name == "command" && has_flag(words, "vV", {})) return true;
  std::size_t at = 1;
  while (at < words.size()) {
    const std::string& word = text_or_empty(words[at]);
    if (name == "env" && word.find('=') != std::string::npos && !word.starts_with('-')) {
      ++at;
    } else if (word.size() > 1 && word.starts_with('-')) {
      const bool takes = word.size() == 2 && wrapper->with_value.find(word[1]) != std::string_view::npos;
      at += takes ? 2 : 1;
    } else {
      break;
    }
  }
  at += wrapper->operands;
  if (at < words.size())
    judge_command(node, Words(words.begin() + static_cast<std::ptrdiff_t>(at), words.end()), depth + 1);
  return true;
}

bool BashAnalyzer::judge_interpreter(Node node, const std::string& name, const Words& words) {
  const bool shell = is_one_of(name, {"bash", "sh", "dash", "zsh", "ksh", "ash", "fish", "rbash"});
  const bool python = name == "python" || name.starts_with("python3") || name.starts_with("python2") || name == "pypy3";
  const bool node_js = is_one_of(name, {"node", "nodejs", "deno", "bun"});
  const bool other = is_one_of(name, {"perl", "ruby", "php", "lua", "tclsh", "Rscript", "osascript", "gawk-e", "pwsh"});
  if (!shell && !python && !node_js && !other) return false;
  const Language language = python ? Language::python : node_js ? Language::javascript : Language::bash;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = text_or_empty(words[i]);
    const bool takes_code =
        (shell && word.size() > 1 && word[0] == '-' && word[1] != '-' && word.back() == 'c') ||
        (python && word == "-c") ||
        (node_js && (word == "-e" || word == "-p" || word == "--eval" || word == "--print")) ||
        (other && word.size() > 1 && word[0] == '-' && word.find_first_of("er") != std::string::npos);
    if (!takes_code) continue;
    const std::string* code = i + 1 < words.size() ? words[i + 1].only_text() : nullptr;
    if (code == nullptr || other || code->find("{}") != std::string::npos)
      tell(node, RuleClass::dynamic_code, name,
           fmt::format("{} with code on its command line: {}", name, effect_of(RuleClass::dynamic_code)));
    else
      judge_inner(node, language, *code);
    return true;
  }
  if (python && words.size() > 2 && text_or_empty(words[1]) == "-m") {
    const std::string& module = text_or_empty(words[2]);
    if (is_one_of(module, {"pip", "http.server", "SimpleHTTPServer", "ensurepip", "smtpd", "easy_install"}))
      tell(node, RuleClass::network, module, fmt::format("{} -m {}: {}", name, module, effect_of(RuleClass::network)));
    else if (!is_one_of(module,
                        {"json.tool", "this", "sysconfig", "platform", "tokenize", "ast", "calendar", "timeit"}))
      tell(node, RuleClass::system_command, name,
           fmt::format("{} -m {}: {}", name, module, effect_of(RuleClass::system_command)), Severity::warn);
    return true;
  }
  if (words.size() == 2 && is_one_of(text_or_empty(words[1]), {"--version", "-V", "-v", "--help"})) return true;
  const std::size_t operand = first_operand(words, 1);
  const bool from_input = operand >= words.size() || text_or_empty(words[operand]) == "/dev/stdin";
  const std::string document = here_document(node);
  if (from_input && !document.empty() && !other && document.find("$(") == std::string::npos) {
    judge_inner(node, language, document);
  } else if (from_input) {
    if (reads_pipe(node) || shell || has_flag(words, "s", {}))
      tell(node, RuleClass::dynamic_code, name,
           fmt::format("{} runs what it is given: {}", name, effect_of(RuleClass::dynamic_code)));
  } else {
    // A script of the folder is part of the project; one that lies elsewhere, nobody has looked at.
    const std::string& file = text_or_empty(words[operand]);
    tell(node, RuleClass::system_command, name, fmt::format("{}: {}", name, effect_of(RuleClass::system_command)),
         file.starts_with('/') && !is_of_system(file) ? Severity::block : Severity::warn);
  }
  return true;
}

bool BashAnalyzer::judge_tool(Node node, const std::string& name, const Words& words) {
  const std::string& action = words.size() > 1
                                  ? text_or_empty(words[std::min(first_operand(words, 1), words.size() - 1)])
                                  : text_or_empty(words.front());
  if (name == "git" || name == "hg") {
    if (is_one_of(action, {"clone", "pull", "push", "fetch", "ls-remote", "submodule"}))
      tell(node, RuleClass::network, name, fmt::format("{} {}: {}", name, action, effect_of(RuleClass::network)));
    else if (!is_one_of(action, {"status", "log",      "diff",     "show",     "rev-parse",  "describe",    "branch",
                                 "blame",  "ls-files", "shortlog", "cat-file", "rev-list",   "grep",        "--version",
                                 "remote", "config",   "git",      "hg",       "merge-base", "for-each-ref"}))
      tell(node, RuleClass::file_write, name, fmt::format("{} {}: {}", name, action, effect_of(RuleClass::file_write)));
    return true;
  }
  if (is_one_of(name, {"pip", "pip3", "npm", "yarn", "pnpm", "npx", "cargo", "go", "gem", "conda", "mvn", "gradle",
                       "composer", "uv", "poetry", "pipx"})) {
    if (is_one_of(action,
                  {"install", "add", "ci", "i", "get", "mod", "create", "update", "upgrade", "publish", "sync"}) ||
        name == "npx" || name == "pipx")
      tell(node, RuleClass::network, name, fmt::format("{} {}: fetches and installs packages", name, action));
    else if (!is_one_of(action, {"list", "show", "freeze", "--version", "-v", "-V", "version", "env", "ls", "vet",
                                 "fmt", "check"}))
      tell(node, RuleClass::system_command, name, fmt::format("{}: {}", name, effect_of(RuleClass::system_command)),
           Severity::warn);
    return true;
  }
  if (name == "dpkg" || name == "apt-cache") {
    if (has_flag(words, "irP", "--install"))
      tell(node, RuleClass::system_command, name, "dpkg: installs or removes packages");
    return true;
  }
  if (name == "sqlite3") {
    for (const Values& word : words)
      if (changes_database(text_or_empty(word)))
        tell(node, RuleClass::database_write, name, "SQL that changes a database");
    return true;
  }
  if (name == "openssl") {
    if (action == "s_client" || action == "s_server")
      tell(node, RuleClass::network, name, fmt::format("openssl {}: {}", action, effect_of(RuleClass::network)));
    return true;
  }
  if (name == "mount" || name == "crontab") {
    const bool lists = words.size() == 1 ? name == "mount" : text_or_empty(words[1]) == "-l";
    return lists;
  }
  if (name == "kill" && words.size() > 1 && is_one_of(text_or_empty(words[1]), {"-l", "-L", "-0"})) return true;
  if (name == "unzip") return has_flag(words, "lvtpZ", {});
  if (is_one_of(name, {"vi", "vim", "nvim", "ex", "view"}) &&
      (has_flag(words, "cS", "--cmd") || any_starts(words, "+")))
    tell(node, RuleClass::dynamic_code, name, fmt::format("{} with commands of its own: can run programs", name));
  if (name == "enable") return !has_flag(words, "f", {});
  if (name == "hash") {
    if (has_flag(words, "p", {})) tell(node, RuleClass::module_trick, name, "hash -p: gives a command another program");
    return true;
  }
  return false;
}

// Builtins that take a name or number expand what stands in its brackets, quoted or not.
bool BashAnalyzer::judge_hidden_code(Node node, const std::string& name, const Words& words) {
  if ((name == "mapfile" || name == "readarray") && words.size() > 2) {
    for (std::size_t i = 1; i + 1 < words.size(); ++i)
      if (text_or_empty(words[i]) == "-C" && words[i + 1].only_text() != nullptr)
        judge_inner(node, Language::bash, *words[i + 1].only_text());
    return true;
  }
  const bool names = is_one_of(name, {"declare", "typeset", "local", "readonly", "export", "unset", "let", "read"}) ||
                     (name == "printf" && words.size() > 2 && text_or_empty(words[1]) == "-v");
  if (names)
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = text_or_empty(words[i]);
      if (const std::size_t code = word.find("[$("); code != std::string::npos)
        tell(node, RuleClass::dynamic_code, name, fmt::format("{}: runs the command in '{}'", name, word));
    }
  return names || name == "printf";
}

bool BashAnalyzer::judge_by_arguments(Node node, const std::string& name, const Words& words) {
  if (name == "find") {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = text_or_empty(words[i]);
      if (word == "-delete") tell(node, RuleClass::file_delete, "find", "find -delete: deletes files");
      if (is_one_of(word, {"-fprint", "-fprint0", "-fprintf", "-fls"}))
        tell(node, RuleClass::file_write, "find", fmt::format("find {}: writes a file", word));
      if (is_one_of(word, {"-exec", "-execdir", "-ok", "-okdir"}) && i + 1 < words.size())
        judge_command(node, Words(words.begin() + static_cast<std::ptrdiff_t>(i + 1), words.end()), 1);
    }
    return true;
  }
  if (name == "alias") {
    for (std::size_t i = 1; i < words.size(); ++i)
      if (const std::string& word = text_or_empty(words[i]); word.find('=') != std::string::npos)
        judge_inner(node, Language::bash, word.substr(word.find('=') + 1));
    return true;
  }
  if (name == "eval" && words.size() > 1) {
    std::string code;
    bool known = true;
    for (std::size_t i = 1; i < words.size(); ++i) {
      known = known && words[i].only_text() != nullptr;
      code += text_or_empty(words[i]) + " ";
    }
    if (known) judge_inner(node, Language::bash, code);
    return false;
  }
  if (judge_hidden_code(node, name, words)) return true;
  if (name == "exec" || name == "echo") return true;
  return judge_filter(node, name, words) || judge_tool(node, name, words);
}

}  // namespace rh::agent
