// Help with errors, on what the languages' own tools print.
#include "runner/agent/help/error_help.h"

#include <gtest/gtest.h>

#include "runner/agent/exec/record.h"
#include "runner/agent/help/error_match.h"
#include "runner/agent/help/error_rules.h"

namespace rh::agent {
namespace {

std::size_t rule_count() {
  std::size_t count = limit_rules().size();
  for (const LanguageRow& row : language_rows()) count += rules_of(row.language).size();
  return count;
}

TEST(ErrorRules, CoverTheLanguages) {
  EXPECT_GE(rule_count(), 120U);
  for (const LanguageRow& row : language_rows()) EXPECT_GE(rules_of(row.language).size(), 30U) << row.name;
}

// A rule behind a more general one would never be seen.
TEST(ErrorRules, NoneIsHiddenByAnEarlierOne) {
  for (const LanguageRow& row : language_rows()) {
    for (const ErrorRule& rule : rules_of(row.language)) {
      std::string line(rule.pattern.starts_with('^') ? rule.pattern.substr(1) : rule.pattern);
      for (std::size_t at = line.find("{}"); at != std::string::npos; at = line.find("{}")) line.replace(at, 2, "xyz");
      const auto found = matching_rules(rules_of(row.language), {line}, false);
      ASSERT_FALSE(found.empty()) << rule.id << ": " << line;
      EXPECT_EQ(found.front().rule->id, rule.id) << line;
    }
  }
}

TEST(ErrorRules, HaveTextsWithoutUnknownPlaceholders) {
  for (const LanguageRow& row : language_rows()) {
    for (const ErrorRule& rule : rules_of(row.language)) {
      EXPECT_FALSE(rule.cause.empty()) << rule.id;
      EXPECT_FALSE(rule.fix.empty()) << rule.id;
      EXPECT_TRUE(rule.id.starts_with(row.name)) << rule.id;
    }
  }
}

TEST(MatchPattern, TakesTheShortestTextBetween) {
  EXPECT_EQ(match_pattern("name '{}' is not", "NameError: name 'x' is not defined, is not"),
            std::vector<std::string>{"x"});
  EXPECT_EQ(match_pattern("{}: command not found", "a.sh: line 2: foo: command not found"),
            std::vector<std::string>{"a.sh: line 2: foo"});
  EXPECT_EQ(match_pattern("panic: {}", "panic: boom: bang"), std::vector<std::string>{"boom: bang"});
  EXPECT_FALSE(match_pattern("^panic: {}", "a panic: boom"));
  EXPECT_FALSE(match_pattern("name '{}' is not", "name 'x"));
}

struct Sample {
  Language language;
  std::string_view text, rule, file;
  std::uint32_t line;
  std::string_view package;
};

const std::vector<Sample> kSamples = {
    {Language::python, R"(Traceback (most recent call last):
  File "/workspace/main.py", line 3, in <module>
    import sklearn
ModuleNotFoundError: No module named 'sklearn'
)",
     "python-module-not-found", "/workspace/main.py", 3, "scikit-learn"},
    {Language::python, R"(Traceback (most recent call last):
  File "/workspace/main.py", line 7, in load
    return json.loads(text)
  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
    obj, end = self.raw_decode(s, idx=_w(s, 0).end())
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
)",
     "python-json", "/workspace/main.py", 7, ""},
    {Language::python, R"(  File "/workspace/main.py", line 2
    x = 1
    ^
IndentationError: expected an indented block after 'if' statement on line 1
)",
     "python-indent-expected", "/workspace/main.py", 2, ""},
    {Language::javascript, R"(node:internal/modules/cjs/loader:1210
  throw err;
  ^

Error: Cannot find module 'lodash'
Require stack:
- /workspace/main.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)
    at require (node:internal/modules/helpers:182:18)
    at Object.<anonymous> (/workspace/main.js:1:11) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/workspace/main.js' ]
}
)",
     "javascript-module-not-found", "/workspace/main.js", 1, "lodash"},
    {Language::javascript, R"(/workspace/main.js:1
const o=undefined; o.x()
                     ^

TypeError: Cannot read properties of undefined (reading 'x')
    at Object.<anonymous> (/workspace/main.js:1:22)
)",
     "javascript-read-undefined", "/workspace/main.js", 1, ""},
    {Language::javascript,
     "/workspace/f.js:1\nlet a = ;\n        ^\n\nSyntaxError: Unexpected token ';'\n    at wrapSafe "
     "(node:internal/modules/cjs/loader:1464:18)\n",
     "javascript-token", "/workspace/f.js", 1, ""},
    {Language::bash, "main.sh: line 2: jq: command not found\n", "bash-command-not-found-line", "main.sh", 2, "jq"},
    {Language::bash, "main.sh: line 4: UNB: unbound variable\n", "bash-unbound", "main.sh", 4, ""},
    {Language::bash, "main.sh: line 9: ./run.sh: Permission denied\n", "bash-permission", "main.sh", 9, ""},
    {Language::go,
     "# command-line-arguments\n./main.go:5:2: \"os\" imported and not used\n./main.go:12:14: undefined: "
     "undefinedThing\n",
     "go-unused-import", "./main.go", 5, ""},
    {Language::go,
     "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/workspace/main.go:5 +0x28\nexit "
     "status 2\n",
     "go-nil-map", "/workspace/main.go", 5, ""},
    {Language::go,
     "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan "
     "send]:\nmain.main()\n\t/workspace/main.go:5 +0x28\n",
     "go-deadlock", "/workspace/main.go", 5, ""},
    {Language::rust, R"(error[E0382]: borrow of moved value: `s`
 --> src/main.rs:4:23
  |
2 |     let s = String::from("a");
)",
     "rust-e0382", "src/main.rs", 4, ""},
    {Language::rust, "error[E0308]: mismatched types\n --> a.rs:5:18\n  |\n", "rust-e0308", "a.rs", 5, ""},
    {Language::rust,
     "\nthread 'main' (25813) panicked at b.rs:1:72:\nindex out of bounds: the len is 0 but the index is 0\n",
     "rust-index-panic", "b.rs", 1, ""},
    {Language::java, R"(Main.java:3: error: cannot find symbol
    foo();
    ^
  symbol:   method foo()
  location: class Main
1 error
)",
     "java-cannot-find-symbol", "Main.java", 3, ""},
    {Language::java,
     R"x(Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()" because "Main.s" is null
	at java.base/java.util.Objects.requireNonNull(Objects.java:233)
	at Main.main(Main.java:8)
)x",
     "java-null-because", "Main.java", 8, ""},
};

TEST(ExplainError, KnowsWhatToolsPrint) {
  for (const Sample& sample : kSamples) {
    for (const auto& language : {std::optional(sample.language), std::optional<Language>()}) {
      const ErrorHelp help = explain_error(language, sample.text);
      EXPECT_EQ(help.language, sample.language) << sample.text;
      EXPECT_EQ(help.rule, sample.rule) << sample.text;
      ASSERT_TRUE(help.place) << sample.text;
      EXPECT_EQ(help.place->file, sample.file) << sample.text;
      EXPECT_EQ(help.place->line, sample.line) << sample.text;
      EXPECT_FALSE(help.cause.empty());
      EXPECT_FALSE(help.fixes.empty());
      EXPECT_FALSE(help.recovery.empty());
      if (!sample.package.empty()) {
        EXPECT_EQ(help.packages, std::vector<std::string>{std::string(sample.package)});
      }
    }
  }
}

TEST(ExplainError, FindsTheNameThatWasMeant) {
  const std::string_view error =
      "Traceback (most recent call last):\n  File \"m.py\", line 2, in <module>\nNameError: name 'totl' is not "
      "defined\n";
  const ErrorHelp help = explain_error(Language::python, error, "total = 3\nprint(totl)\n");
  ASSERT_FALSE(help.fixes.empty());
  EXPECT_NE(help.fixes.front().find("did you mean total?"), std::string::npos) << help.fixes.front();
  const ErrorHelp module = explain_error(Language::python, "ModuleNotFoundError: No module named 'numppy'");
  EXPECT_NE(module.fixes[0].find("did you mean numpy?"), std::string::npos) << module.fixes[0];
  EXPECT_EQ(module.packages, std::vector<std::string>{"numpy"});
}

TEST(ExplainError, ListsFurtherErrorsOfACompiler) {
  const ErrorHelp help =
      explain_error(Language::go, "./a.go:5:2: \"os\" imported and not used\n./a.go:10:2: declared and not used: x\n");
  EXPECT_EQ(help.others, std::vector<std::string>{"./a.go:10:2: declared and not used: x"});
}

TEST(ExplainError, LimitsInAnyLanguage) {
  const ErrorHelp memory =
      explain_error({}, "Traceback (most recent call last):\n  File \"m.py\", line 1, in <module>\nMemoryError\n");
  EXPECT_EQ(memory.rule, "limit-memory-python");
  EXPECT_EQ(memory.category, ErrorCategory::limit);
  const ErrorHelp network = explain_error(
      Language::python, "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>");
  EXPECT_EQ(network.category, ErrorCategory::policy);
}

TEST(ExplainError, SaysWhenNoRuleKnowsIt) {
  const ErrorHelp help = explain_error(
      Language::python,
      "Traceback (most recent call last):\n  File \"m.py\", line 4, in f\nmypkg.errors.StrangeError: what now\n");
  EXPECT_EQ(help.rule, "");
  EXPECT_EQ(help.kind, "StrangeError");
  EXPECT_EQ(help.place->line, 4U);
  EXPECT_FALSE(help.fixes.empty());
  EXPECT_FALSE(explain_error({}, "").cause.empty());
}

TEST(ExplainRecord, TakesOurOwnLimitsFromTheRecord) {
  ExecutionRecord record;
  record.request.language = Language::python;
  record.status = ExecutionStatus::timeout;
  record.error = {ErrorKind::timeout, "wall time limit of 1 s", {}};
  const ErrorHelp help = explain_record(record);
  EXPECT_EQ(help.kind, "timeout");
  EXPECT_EQ(help.category, ErrorCategory::limit);
  record.error.kind = ErrorKind::code_error;
  record.standard_error.bytes = "KeyError: 'b'\n";
  EXPECT_EQ(explain_record(record).rule, "python-key");
}

}  // namespace
}  // namespace rh::agent
