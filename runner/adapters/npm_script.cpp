// Follows the scripts of a package through one another.
#include "runner/adapters/npm_script.h"

#include <algorithm>
#include <optional>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr std::size_t kMaxDepth = 12;      // scripts within scripts
constexpr std::size_t kMaxSegments = 200;  // of one expansion

struct ScriptCall {
  std::vector<std::string> patterns;  // names of scripts, or "test:*"
  std::vector<std::string> args;      // behind "--"
  bool delegates = false;             // to workspace members
};

bool is_delegating_flag(const std::string& word) {
  return is_one_of(word, {"--workspaces", "-ws", "--workspace", "-w", "-r", "--recursive", "--filter", "-F",
                          "workspaces", "workspace"}) ||
         word.starts_with("--workspace=") || word.starts_with("--filter=");
}

bool is_builtin(const std::string& word) {
  return is_one_of(
      word, {"install", "ci",  "i", "add",  "audit", "publish", "pack",      "link", "version",  "config", "cache",
             "exec",    "dlx", "x", "node", "build", "rebuild", "--version", "why",  "outdated", "info",   "view"});
}

// `npm run X -- args`, `yarn X args`, `pnpm X args`.
std::optional<ScriptCall> read_package_manager(const std::vector<std::string>& words) {
  const std::string& manager = words[0];
  ScriptCall call;
  std::size_t at = 1;
  const auto take_flags = [&] {
    for (; at < words.size() && (words[at].starts_with("-") || is_delegating_flag(words[at])) && words[at] != "--";
         ++at) {
      if (!is_delegating_flag(words[at])) continue;
      call.delegates = true;
      if (is_one_of(words[at], {"-w", "--workspace", "--filter", "-F", "workspace"}) && manager != "pnpm") ++at;
    }
  };
  take_flags();
  bool run = false;
  if (at < words.size() && is_one_of(words[at], {"run", "run-script", "foreach"})) {
    run = true;
    ++at;
    take_flags();
    if (at < words.size() && words[at] == "run") ++at;
  }
  if (at >= words.size()) return call.delegates ? std::optional(call) : std::nullopt;
  std::string name = words[at];
  if (!run && is_one_of(name, {"t", "tst"})) name = "test";
  if (!run && manager == "npm" && !is_one_of(name, {"test", "start", "stop", "restart"})) return std::nullopt;
  if (!run && is_builtin(name)) return std::nullopt;
  call.patterns.push_back(name);
  ++at;
  const bool forwards_all = manager != "npm";  // yarn and pnpm hand every argument on
  for (bool behind = forwards_all; at < words.size(); ++at) {
    if (words[at] == "--")
      behind = true;
    else if (behind)
      call.args.push_back(words[at]);
    else if (is_delegating_flag(words[at]))
      call.delegates = true;
  }
  return call;
}

std::optional<ScriptCall> read_script_call(const ShellCommand& command) {
  std::vector<std::string> words;
  for (const ShellWord& word : command.words) words.push_back(word.value);
  if (words.empty()) return std::nullopt;
  if (words.size() > 2 && is_one_of(words[0], {"npx", "cross-env"}))
    while (words.size() > 1 &&
           (words[0] == "npx" || words[0] == "cross-env" || words[0].find('=') != std::string::npos))
      words.erase(words.begin());
  if (is_one_of(words[0], {"turbo", "lerna", "nx", "wsrun", "rush", "lage", "ultra"})) return ScriptCall{{}, {}, true};
  if (is_one_of(words[0], {"npm-run-all", "run-s", "run-p", "npm-run-all2"})) {
    ScriptCall call;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (!words[i].starts_with("-")) call.patterns.push_back(words[i]);
    return call;
  }
  if (is_one_of(words[0], {"npm", "yarn", "pnpm"}) || (words[0] == "bun" && words.size() > 2 && words[1] == "run"))
    return read_package_manager(words);
  return std::nullopt;
}

class Expander {
 public:
  explicit Expander(const NpmManifest& manifest) : manifest_(manifest) {}

  void expand(const std::string& name, const std::vector<std::string>& args) {
    if (stack_.size() >= kMaxDepth || std::find(stack_.begin(), stack_.end(), name) != stack_.end()) return;
    stack_.push_back(name);
    if (!name.starts_with("pre")) read("pre" + name, {});
    read(name, args);
    const std::size_t hook = segments.size();
    if (!name.starts_with("post")) read("post" + name, {});
    for (std::size_t i = hook; i < segments.size(); ++i) segments[i].before_tests = false;
    stack_.pop_back();
  }

  std::vector<ScriptSegment> segments;

 private:
  void read(const std::string& name, const std::vector<std::string>& args) {
    const auto script = manifest_.scripts.find(name);
    if (script == manifest_.scripts.end()) return;
    std::vector<ShellCommand> commands = split_shell(script->second);
    if (!commands.empty())  // npm appends arguments to the end of the whole script
      for (const std::string& arg : args) commands.back().words.push_back({arg, lossless_shell_quote(arg), false});
    for (std::size_t i = 0; i < commands.size() && segments.size() < kMaxSegments; ++i) {
      add(commands[i], name);
      // Behind a pipe stands a formatter of the output; behind "||" what runs after a failure.
      while (i + 1 < commands.size() && is_one_of(commands[i].separator, {"|", "||"})) ++i;
    }
  }

  // `yarn mocha` and `pnpm vitest` start a program when there is no script of that name.
  [[nodiscard]] bool is_program(const ShellCommand& command, const ScriptCall& call) const {
    return call.patterns.size() == 1 && command.words.size() > 1 &&
           is_one_of(command.words[0].value, {"yarn", "pnpm"}) && command.words[1].value == call.patterns[0] &&
           !manifest_.scripts.contains(call.patterns[0]);
  }

  void add(ShellCommand command, const std::string& script) {
    std::optional<ScriptCall> call = read_script_call(command);
    if (call && !call->delegates && is_program(command, *call)) {
      command.words.erase(command.words.begin());
      call.reset();
    }
    if (call && !call->delegates) return follow(*call);
    ScriptSegment segment = classify_command(command);
    if (call) segment.kind = SegmentKind::delegate;
    segment.script = script;
    segments.push_back(std::move(segment));
  }

  void follow(const ScriptCall& call) {
    for (const std::string& pattern : call.patterns) {
      if (pattern.find('*') == std::string::npos) {
        expand(pattern, call.args);
        continue;
      }
      std::string glob = pattern;  // npm-run-all's separator is ':'
      std::replace(glob.begin(), glob.end(), ':', '/');
      for (const auto& [name, text] : manifest_.scripts) {
        std::string path = name;
        std::replace(path.begin(), path.end(), ':', '/');
        if (glob_match(glob, path)) expand(name, call.args);
      }
    }
  }

  const NpmManifest& manifest_;
  std::vector<std::string> stack_;
};

}  // namespace

std::vector<ScriptSegment> expand_script(const NpmManifest& manifest, const std::string& name) {
  Expander expander(manifest);
  expander.expand(name, {});
  return std::move(expander.segments);
}

}  // namespace rh::adapters
