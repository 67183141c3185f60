// Classifies one command of a script: strips what only wraps it and names the runner.
#include <algorithm>
#include <array>

#include "runner/adapters/npm_script.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

using Words = std::vector<ShellWord>;

bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  });
}

// "node_modules/.bin/mocha", "../node_modules/jest/bin/jest.js", "/usr/bin/env" -> the command's name.
std::string command_name(const std::string& word) {
  constexpr std::string_view kBin = "node_modules/.bin/";
  constexpr std::string_view kModules = "node_modules/";
  if (const std::size_t at = word.find(kBin); at != std::string::npos) return word.substr(at + kBin.size());
  if (const std::size_t at = word.find(kModules); at != std::string::npos) {
    const std::string rest = word.substr(at + kModules.size());
    return rest.substr(0, rest.find('/'));
  }
  return word;
}

class CommandReader {
 public:
  explicit CommandReader(const Words& words) : words_(words) {}

  ScriptSegment read() {
    while (at_ < words_.size() && strip_wrapper()) {
    }
    if (at_ < words_.size()) name_runner();
    return std::move(segment_);
  }

 private:
  [[nodiscard]] const std::string& word(std::size_t at) const {
    static const std::string kNone;
    return at < words_.size() ? words_[at].value : kNone;
  }

  void take_assignments() {
    for (; is_assignment(word(at_)); ++at_) {
      const std::size_t equals = word(at_).find('=');
      segment_.env[word(at_).substr(0, equals)] = word(at_).substr(equals + 1);
    }
  }

  void skip_flags(std::initializer_list<std::string_view> with_value) {
    while (word(at_).starts_with("-")) {
      const bool last = word(at_) == "--";
      at_ += is_one_of(word(at_), with_value) ? 2 : 1;
      if (last) return;
    }
  }

  bool strip_wrapper() {
    const std::string name = command_name(word(at_));
    if (is_assignment(name)) {
      take_assignments();
    } else if (is_one_of(name, {"cross-env", "cross-env-shell", "env"})) {
      ++at_;
      take_assignments();
    } else if (is_one_of(name, {"npx", "bunx", "time", "exec", "command"})) {
      ++at_;
      skip_flags({"-p", "--package"});
    } else if (is_one_of(name, {"dotenv", "env-cmd", "dotenvx"})) {
      ++at_;
      skip_flags({"-e", "-f", "-c", "-p"});
    } else if (is_one_of(name, {"pnpm", "yarn", "npm"}) && is_one_of(word(at_ + 1), {"exec", "dlx", "x"})) {
      at_ += 2;
      skip_flags({"-p", "--package"});
    } else if (is_one_of(name, {"c8", "nyc"}) && word(at_ + 1) != "report" && word(at_ + 1) != "check-coverage") {
      take_coverage_wrapper(name);
    } else {
      return false;
    }
    return true;
  }

  void take_coverage_wrapper(const std::string& name) {
    const std::size_t from = at_++;
    skip_flags({"-r",
                "--reporter",
                "-x",
                "--exclude",
                "-n",
                "--include",
                "-o",
                "--reports-dir",
                "--report-dir",
                "--lines",
                "--branches",
                "--functions",
                "--statements",
                "--src",
                "-e",
                "--extension",
                "--temp-directory",
                "-c",
                "--config",
                "--cwd",
                "-i",
                "--require",
                "-t",
                "--temp-dir"});
    at_ = std::min(at_, words_.size());
    segment_.coverage_wrapper = {name};
    for (std::size_t i = from + 1; i < at_; ++i)
      if (word(i) != "--") segment_.coverage_wrapper.push_back(word(i));
  }

  void set_runner(SegmentKind kind, std::string runner, std::size_t args_from) {
    segment_.kind = kind;
    segment_.runner = std::move(runner);
    bool needs_shell = false;
    std::vector<std::string> raw;
    for (std::size_t i = args_from; i < words_.size(); ++i) {
      segment_.runner_args.push_back(word(i));
      raw.push_back(words_[i].raw);
      needs_shell = needs_shell || words_[i].needs_shell;
    }
    if (needs_shell) segment_.shell_args = join(raw, " ");
  }

  void name_runner() {
    const std::string name = command_name(word(at_));
    if (name == "node") return name_node();
    if (name == "tsx" && word(at_ + 1) == "--test") {
      segment_.node_args = {"--import", "tsx"};
      return set_runner(SegmentKind::test, "node:test", at_ + 2);
    }
    name_command(name, at_ + 1);
  }

  void name_command(const std::string& name, std::size_t next) {
    if (name == "vitest") {
      if (is_one_of(word(next), {"bench", "list", "init", "typecheck"}))
        return set_runner(SegmentKind::check, name, next);
      return set_runner(SegmentKind::test, name, next + (is_one_of(word(next), {"run", "watch", "dev"}) ? 1 : 0));
    }
    if (name == "jest" || name == "jest-cli") return set_runner(SegmentKind::test, "jest", next);
    if (is_one_of(name, {"react-scripts", "craco"}) && word(next) == "test") {
      segment_.node_args.clear();
      return set_runner(SegmentKind::test, name, next + 1);
    }
    if (is_one_of(name, {"mocha", "_mocha"})) return set_runner(SegmentKind::test, "mocha", next);
    if (name == "playwright" && word(next) == "test") return set_runner(SegmentKind::unknown_test, name, next + 1);
    if (is_one_of(name, {"ava",     "tap",   "tape", "borp",     "uvu",    "qunit",
                         "jasmine", "karma", "lab",  "cypress",  "wtr",    "web-test-runner",
                         "bun",     "deno",  "zora", "tape-run", "airtap", "ts-mocha",
                         "wdio",    "tst"}))
      return set_runner(SegmentKind::unknown_test, name, next);
    if (is_check(name, next)) segment_.kind = SegmentKind::check;
  }

  [[nodiscard]] bool is_check(const std::string& name, std::size_t next) const {
    static constexpr std::array<std::string_view, 34> kChecks = {
        "eslint",   "standard",    "semistandard", "prettier",    "xo",        "tsd",          "biome",
        "oxlint",   "tslint",      "attw",         "publint",     "knip",      "markdownlint", "commitlint",
        "ls-lint",  "cspell",      "dtslint",      "lint-staged", "depcheck",  "size-limit",   "vue-tsc",
        "tsd-lite", "ts-standard", "neostandard",  "dprint",      "stylelint", "jshint",       "jscs",
        "aegir",    "echo",        "true",         "c8",          "nyc",       "codecov"};
    if (std::find(kChecks.begin(), kChecks.end(), name) != kChecks.end()) return true;
    if (name != "tsc" && name != "tsgo") return false;
    return std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(next), words_.end(),
                       [](const ShellWord& one) { return one.value == "--noEmit"; });
  }

  // `node --test`, `node --import x --test a.js`, `node --flag node_modules/jest/bin/jest.js`.
  void name_node() {
    std::size_t next = at_ + 1;
    std::vector<std::string> flags;
    bool test = false;
    while (word(next).starts_with("-")) {
      const std::string& flag = word(next++);
      if (flag == "--test") {
        test = true;
        continue;
      }
      flags.push_back(flag);
      if (is_one_of(flag, {"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
                           "--env-file", "--test-reporter", "--test-reporter-destination", "--test-name-pattern",
                           "--test-concurrency", "--test-timeout"}) &&
          next < words_.size())
        flags.push_back(word(next++));
    }
    if (test) {
      segment_.node_args = std::move(flags);
      return set_runner(SegmentKind::test, "node:test", next);
    }
    const std::string program = word(next);
    if (program.find("node_modules/") == std::string::npos) return;
    segment_.node_args = std::move(flags);
    name_command(command_name(program), next + 1);
  }

  const Words& words_;
  std::size_t at_ = 0;
  ScriptSegment segment_;
};

bool is_placeholder(const ShellCommand& command) {
  return command.words.size() >= 2 && command.words[0].value == "echo" &&
         std::any_of(command.words.begin(), command.words.end(),
                     [](const ShellWord& word) { return word.value.find("no test specified") != std::string::npos; });
}

}  // namespace

ScriptSegment classify_command(const ShellCommand& command) {
  ScriptSegment segment = CommandReader(command.words).read();
  if (is_placeholder(command)) segment.kind = SegmentKind::placeholder;
  std::vector<std::string> raw;
  for (const ShellWord& word : command.words) raw.push_back(word.raw);
  segment.text = join(raw, " ");
  return segment;
}

}  // namespace rh::adapters
