// Script analysis: what runs, with which arguments, and what is left out.
#include <gtest/gtest.h>

#include "runner/adapters/npm_script.h"
#include "runner/base/text.h"

namespace rh::adapters {
namespace {

// "runner args" of each recognised segment; other kinds in brackets.
std::string summary(std::map<std::string, std::string> scripts, const std::string& name = "test") {
  NpmManifest manifest;
  manifest.scripts = std::move(scripts);
  std::vector<std::string> parts;
  for (const ScriptSegment& segment : expand_script(manifest, name)) {
    switch (segment.kind) {
      case SegmentKind::test: {
        std::vector<std::string> words{segment.runner};
        words.insert(words.end(), segment.runner_args.begin(), segment.runner_args.end());
        parts.push_back(join(words, " "));
        break;
      }
      case SegmentKind::unknown_test:
        parts.push_back("unread:" + segment.runner);
        break;
      case SegmentKind::check:
        parts.emplace_back("[check]");
        break;
      case SegmentKind::other:
        parts.push_back("[" + segment.text + "]");
        break;
      case SegmentKind::delegate:
        parts.emplace_back("[delegate]");
        break;
      case SegmentKind::placeholder:
        parts.emplace_back("[placeholder]");
        break;
    }
  }
  return join(parts, " | ");
}

TEST(NpmScript, RecognisesRunnersBehindWrappers) {
  const std::pair<const char*, const char*> cases[] = {
      {"node --test", "node:test"},
      {"node --import tsx --test test/a.js", "node:test test/a.js"},
      {"tsx --test test/*.ts", "node:test test/*.ts"},
      {"c8 --100 node --test", "node:test"},
      {"nyc --reporter text mocha test", "mocha test"},
      {"cross-env NODE_ENV=test TZ=UTC jest --ci", "jest --ci"},
      {"NODE_OPTIONS=--experimental-vm-modules npx jest", "jest"},
      {"node --experimental-vm-modules node_modules/jest/bin/jest.js -i", "jest -i"},
      {"node_modules/.bin/mocha --exit", "mocha --exit"},
      {"vitest run --coverage", "vitest --coverage"},
      {"vitest", "vitest"},
      {"react-scripts test", "react-scripts"},
      {"dotenv -e .env.test -- vitest run", "vitest"},
      {"pnpm exec vitest run", "vitest"},
      {"standard && borp", "[check] | unread:borp"},
      {"eslint . && tsc --noEmit && vitest run", "[check] | [check] | vitest"},
      {"tsc -p . && mocha", "[tsc -p .] | mocha"},
      {"jest jest.test.js && node --test", "jest jest.test.js | node:test"},
      {"tape test/*.js | tap-spec", "unread:tape"},
      {"playwright test", "unread:playwright"},
      {"echo \"Error: no test specified\" && exit 1", "[placeholder] | [exit 1]"},
      {"turbo run test", "[delegate]"},
      {"lerna run test", "[delegate]"},
      {"pnpm -r test", "[delegate]"},
      {"npm test --workspaces --if-present", "[delegate]"},
      {"npm run test -ws", "[delegate]"},
      {"yarn workspaces foreach -A run test", "[delegate]"},
      {"node scripts/check.js", "[node scripts/check.js]"},
      {"mocha 2>&1 | tee log", "mocha"},
  };
  for (const auto& [script, expected] : cases) EXPECT_EQ(summary({{"test", script}}), expected) << script;
}

TEST(NpmScript, FollowsScriptsAndTheirHooks) {
  EXPECT_EQ(summary({{"test", "npm run lint && npm run test:unit -- --bail"},
                     {"lint", "eslint ."},
                     {"pretest", "npm run build"},
                     {"build", "tsc"},
                     {"test:unit", "mocha"}}),
            "[tsc] | [check] | mocha --bail");
  EXPECT_EQ(
      summary({{"test", "run-s build test:*"}, {"build", "rollup -c"}, {"test:a", "mocha a"}, {"test:b", "jest"}}),
      "[rollup -c] | mocha a | jest");
  EXPECT_EQ(summary({{"test", "yarn unit x"}, {"unit", "mocha"}}), "mocha x");
  EXPECT_EQ(summary({{"test", "yarn mocha x"}}), "mocha x");
}

TEST(NpmScript, EndsInACircle) {
  EXPECT_EQ(summary({{"test", "npm run a"}, {"a", "npm run test && mocha"}}), "mocha");
  EXPECT_EQ(summary({{"test", "npm test"}}), "");
}

TEST(NpmScript, KeepsEnvironmentWrapperAndGlobs) {
  const ScriptSegment segment =
      classify_command(split_shell("cross-env A=1 c8 --all -r text mocha test/*.mjs 'b c'")[0]);
  EXPECT_EQ(segment.env.at("A"), "1");
  EXPECT_EQ(segment.coverage_wrapper, (std::vector<std::string>{"c8", "--all", "-r", "text"}));
  EXPECT_EQ(segment.shell_args, "test/*.mjs 'b c'");
  EXPECT_EQ(segment.runner_args, (std::vector<std::string>{"test/*.mjs", "b c"}));
  EXPECT_EQ(classify_command(split_shell("mocha 'test/**/*.js'")[0]).shell_args, "");
}

TEST(ShellWords, SplitsQuotesOperatorsAndRedirections) {
  const std::vector<ShellCommand> commands = split_shell("a 'b && c' \"d\\\"e\" f\\ g && h > out 2>&1; i | j & k || l");
  ASSERT_EQ(commands.size(), 6U);
  std::vector<std::string> first;
  for (const ShellWord& word : commands[0].words) first.push_back(word.value);
  EXPECT_EQ(first, (std::vector<std::string>{"a", "b && c", "d\"e", "f g"}));
  EXPECT_EQ(commands[1].words.size(), 1U);
  std::vector<std::string> separators;
  for (const ShellCommand& command : commands) separators.push_back(command.separator);
  EXPECT_EQ(separators, (std::vector<std::string>{"&&", ";", "|", "&", "||", ""}));
  EXPECT_TRUE(split_shell("").empty());
  EXPECT_EQ(split_shell("a 'unclosed").size(), 1U);
}

}  // namespace
}  // namespace rh::adapters
