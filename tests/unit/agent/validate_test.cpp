// Judgement of code: the corpora of tests/agents/corpus, and what they do not show.
#include "runner/agent/validate/validate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runner/base/file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

Assessment judge(Language language, std::string_view code, Rules rules = {}) { return assess(language, code, rules); }

bool has_class(const Assessment& assessment, RuleClass rule_class) {
  return std::any_of(assessment.findings.begin(), assessment.findings.end(),
                     [&](const Finding& one) { return one.rule_class == rule_class; });
}

class Validation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!validation_built_in()) GTEST_SKIP() << "validation is not built in: the grammars could not be fetched";
  }
};

TEST_F(Validation, CatchesTheDangerousAndLeavesTheHarmless) {
  for (const LanguageRow& row : language_rows()) {
    const fs::path folder = fs::path(RUNHARNESS_SOURCE_DIR) / "tests/agents/corpus" / row.name;
    for (const bool dangerous : {true, false}) {
      std::size_t files = 0;
      for (const auto& entry : fs::directory_iterator(folder / (dangerous ? "dangerous" : "benign"))) {
        const auto code = read_file(entry.path());
        ASSERT_TRUE(code);
        const Assessment found = judge(row.language, *code);
        EXPECT_FALSE(found.syntax_error) << entry.path() << ": " << found.syntax_error->message;
        EXPECT_EQ(found.ok, !dangerous) << entry.path() << "\n" << found.summary;
        EXPECT_EQ(found.findings.empty(), !dangerous) << entry.path() << "\n" << found.summary;
        ++files;
      }
      EXPECT_GE(files, dangerous ? 25U : 12U) << row.name;
    }
  }
}

// "### name" begins a program in a file of many.
std::vector<std::pair<std::string, std::string>> programs_of(const fs::path& file) {
  std::vector<std::pair<std::string, std::string>> programs;
  const auto text = read_file(file);
  EXPECT_TRUE(text) << file;
  std::size_t at = 0;
  while (text && at < text->size()) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    if (line.starts_with("### "))
      programs.emplace_back(line.substr(4), std::string());
    else if (!programs.empty())
      programs.back().second += line + '\n';
  }
  return programs;
}

TEST_F(Validation, CatchesManySmallProgramsAndLeavesTheHarmless) {
  for (const LanguageRow& row : language_rows()) {
    for (const bool dangerous : {true, false}) {
      const fs::path file = fs::path(RUNHARNESS_SOURCE_DIR) / "tests/agents/corpus" / row.name /
                            (dangerous ? "dangerous.txt" : "benign.txt");
      const auto programs = programs_of(file);
      EXPECT_GE(programs.size(), dangerous ? 90U : 40U) << row.name;
      for (const auto& [name, code] : programs) {
        const Assessment found = judge(row.language, code);
        EXPECT_EQ(found.blocking() > 0, dangerous) << file << " " << name << "\n" << found.summary;
        if (dangerous) continue;
        EXPECT_FALSE(found.syntax_error) << file << " " << name << ": " << found.syntax_error->message;
      }
    }
  }
}

TEST_F(Validation, ColumnsCountUnitsOfUtf16) {
  const Assessment found = judge(Language::python, "x = '\xc3\xa9\xf0\x9f\x98\x80'; eval(x)\n");
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].column, 12U);  // one unit for the first letter, two for the second
}

TEST_F(Validation, FilesOfARequestAreJudgedAndAreModulesOfTheirOwn) {
  const std::map<std::string, std::string> files{{"helper.py", "import os\nos.remove('x')\n"}, {"data.csv", "eval(1)"}};
  const Assessment found = assess_with_files(Language::python, "import helper\nhelper.go()\n", files, {});
  ASSERT_EQ(found.findings.size(), 1U) << found.summary;
  EXPECT_EQ(found.findings[0].file, "helper.py");
  EXPECT_EQ(found.findings[0].line, 2U);
  EXPECT_EQ(found.write_access, WriteAccess::file);
  EXPECT_FALSE(found.ok);
  EXPECT_EQ(to_json(found)["findings"][0]["file"], "helper.py");
  Rules listed;
  listed.allowed_modules = {"json"};
  const std::map<std::string, std::string> harmless{{"helper.py", "X = 1\n"}, {"pack/part.py", "Y = 2\n"}};
  EXPECT_TRUE(assess_with_files(Language::python, "import helper\nimport pack.part\n", harmless, listed).ok);
  EXPECT_FALSE(assess_with_files(Language::python, "import other\n", harmless, listed).ok);
}

TEST_F(Validation, TextThatIsNotWhatItLooksLikeBlocks) {
  const Assessment turned = judge(Language::javascript, "let a = 1; /* \xe2\x80\xae } */ a = 2;\n");
  ASSERT_EQ(turned.findings.size(), 1U);
  EXPECT_EQ(turned.findings[0].rule, "javascript.unanalysable.text_direction");
  EXPECT_TRUE(has_class(judge(Language::python, "\xef\xbd\x85val('1')\n"), RuleClass::module_trick));
  EXPECT_TRUE(has_class(judge(Language::java, "class A { String f() { return \"a\\u0022 + g() + \\u0022b\"; } }\n"),
                        RuleClass::unanalysable));
  EXPECT_TRUE(judge(Language::java, "class A { String f() { return \"\\u00e9 \\u001b[31m \\\\u0041\"; } }\n").ok);
}

TEST_F(Validation, HintsOfEveryLanguage) {
  const auto has_hint = [](const Assessment& found, std::string_view rule) {
    return std::any_of(found.hints.begin(), found.hints.end(), [&](const Hint& one) { return one.rule == rule; });
  };
  EXPECT_TRUE(has_hint(judge(Language::bash, "cat names.txt | sort\n"), "bash.hint.useless_cat"));
  EXPECT_TRUE(has_hint(judge(Language::bash, "for f in $(ls *.c); do echo \"$f\"; done\n"), "bash.hint.loop_over_ls"));
  EXPECT_TRUE(judge(Language::bash, "cat a b | sort; for f in *.c; do echo \"$f\"; done\n").hints.empty());
  EXPECT_TRUE(has_hint(judge(Language::javascript, "async function f(a) { for (const x of a) { await g(x) } }\n"),
                       "javascript.hint.await_in_loop"));
  EXPECT_TRUE(
      has_hint(judge(Language::javascript, "const b = JSON.parse(JSON.stringify(a))\n"), "javascript.hint.json_copy"));
  EXPECT_TRUE(has_hint(judge(Language::javascript, "a.reduce((all, x) => ({ ...all, [x]: 1 }), {})\n"),
                       "javascript.hint.spread_in_reduce"));
  EXPECT_TRUE(judge(Language::javascript, "async function f(a) { await Promise.all(a.map(g)) }\n").hints.empty());
  const std::string go = "package main\nimport \"regexp\"\nfunc main() { for i := 0; i < 3; i++ { ";
  EXPECT_TRUE(has_hint(judge(Language::go, go + "regexp.MustCompile(`a`) } }\n"), "go.hint.regexp_in_loop"));
  EXPECT_TRUE(has_hint(judge(Language::go, go + "defer f() } }\n"), "go.hint.defer_in_loop"));
  EXPECT_TRUE(has_hint(judge(Language::go, go + "s += \"x\" } }\n"), "go.hint.string_append"));
  EXPECT_TRUE(judge(Language::go, go + "n += 1 } }\n").hints.empty());
  const std::string rust = "fn main() { ";
  EXPECT_TRUE(has_hint(judge(Language::rust, rust + "let n = a.iter().collect::<Vec<_>>().len(); }\n"),
                       "rust.hint.collect_again"));
  EXPECT_TRUE(has_hint(judge(Language::rust, rust + "s.push_str(&format!(\"{}\", 1)); }\n"), "rust.hint.push_format"));
  EXPECT_TRUE(has_hint(judge(Language::rust, rust + "while x { v.remove(0); } }\n"), "rust.hint.remove_front"));
  EXPECT_TRUE(judge(Language::rust, rust + "let v = a.iter().collect::<Vec<_>>(); }\n").hints.empty());
  const std::string java = "class A { void f() { for (int i = 0; i < 3; i++) { ";
  EXPECT_TRUE(has_hint(judge(Language::java, java + "s += \"x\"; } } }\n"), "java.hint.string_append"));
  EXPECT_TRUE(has_hint(judge(Language::java, java + "Pattern.compile(\"a\"); } } }\n"), "java.hint.pattern_in_loop"));
  EXPECT_TRUE(judge(Language::java, java + "n += i; } } }\n").hints.empty());
}

TEST_F(Validation, FindingsNameRulePlaceAndAlias) {
  const Assessment found = judge(Language::python, "import os as o\n\nif True:\n    o.remove('x')\n");
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].rule, "python.file_delete.os.remove");
  EXPECT_EQ(found.findings[0].line, 4U);
  EXPECT_EQ(found.findings[0].column, 5U);
  EXPECT_EQ(found.findings[0].message, "os.remove (written o.remove): deletes or moves files");
  EXPECT_EQ(found.write_access, WriteAccess::file);
  EXPECT_EQ(to_json(found)["findings"][0]["class"], "file_delete");
}

TEST_F(Validation, TheLongestNameOfARuleDecides) {
  Rules rules;
  rules.security = {{"file_delete", Severity::off}, {"python.file_delete.os.remove", Severity::warn}};
  const Assessment found = judge(Language::python, "import os\nos.remove('a')\nos.unlink('b')\n", rules);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].severity, Severity::warn);
  EXPECT_TRUE(found.ok);
  EXPECT_EQ(found.write_access, WriteAccess::file);
}

TEST_F(Validation, ControlSystemCallsCanBeNamed) {
  Rules rules;
  rules.control_system_calls = {"set_magnet"};
  EXPECT_EQ(judge(Language::python, "set_magnet(1)", rules).write_access, WriteAccess::control_system);
  EXPECT_EQ(judge(Language::javascript, "set_magnet(1)", rules).write_access, WriteAccess::control_system);
  EXPECT_EQ(judge(Language::bash, "set_magnet 1", rules).write_access, WriteAccess::control_system);
  EXPECT_EQ(judge(Language::python, "set_magnet(1)").write_access, WriteAccess::none);
}

TEST_F(Validation, NamesAreFollowedInTheOrderOfTheCode) {
  EXPECT_TRUE(judge(Language::python, "import os\nf = os.getcwd\nf()\n").ok);
  EXPECT_TRUE(judge(Language::python, "eval = len\neval('x')\n").ok);
  EXPECT_FALSE(judge(Language::python, "eval('x')\neval = len\n").ok);
  EXPECT_FALSE(judge(Language::python, "def f():\n    g('id')\n\nfrom os import system as g\nf()\n").ok);
}

TEST_F(Validation, CodeInsideOfCodeIsJudged) {
  const Assessment found = judge(Language::bash, "echo 1\npython3 -c 'import os; os.remove(\"x\")'\n");
  ASSERT_TRUE(has_class(found, RuleClass::file_delete));
  EXPECT_EQ(found.findings[0].line, 2U);
  EXPECT_TRUE(judge(Language::bash, "bash -c 'echo rm'").ok);
}

TEST_F(Validation, NestingAndSizeAreBounded) {
  for (const LanguageRow& row : language_rows()) {
    const std::string deep = "x = " + std::string(200'000, '(') + std::string(200'000, ')');
    const Assessment found = judge(row.language, deep);
    EXPECT_FALSE(found.ok) << row.name;
    const Assessment large = judge(row.language, std::string(kMaxValidatedBytes + 1, '\n'));
    EXPECT_TRUE(has_class(large, RuleClass::unanalysable)) << row.name;
  }
}

TEST_F(Validation, LongChainsAreNotDeepOnes) {
  std::string sum = "x = 'a'", chain = "y = x";
  for (int i = 0; i < 3000; ++i) sum += " + 'a'", chain += ".f()";
  EXPECT_TRUE(judge(Language::python, sum + "\n" + chain + "\n").ok);
  EXPECT_TRUE(judge(Language::javascript, sum + ";\n" + chain + ";\n").ok);
}

TEST_F(Validation, FindingsAreBoundedAndCounted) {
  std::string code = "import os\n";
  for (std::size_t i = 0; i < kMaxFindings + 20; ++i) code += "os.remove('x')\n";
  const Assessment found = judge(Language::python, code);
  EXPECT_EQ(found.findings.size(), kMaxFindings);
  EXPECT_EQ(found.findings_left_out, 20U);
}

TEST_F(Validation, SyntaxErrorsHaveAPlaceAndAReason) {
  const auto error = [](Language language, std::string_view code) {
    const auto found = judge(language, code).syntax_error;
    return found ? std::to_string(found->line) + ": " + found->message : std::string("none");
  };
  EXPECT_EQ(error(Language::python, "x = [1,\n  2\ny = 3\n"), "1: '[' is never closed");
  EXPECT_EQ(error(Language::python, "x = 1\nif x\n    y = 2\n"), "2: ':' is missing at the end of 'if x'");
  EXPECT_EQ(error(Language::python, "x = 1\n  y = 2\n"), "2: the line is indented further than its block");
  EXPECT_EQ(error(Language::python, "def f():\nprint(1)\n"), "2: an indented block is missing here");
  EXPECT_EQ(error(Language::python, "print 'x'\n"), "1: print is a function: print(...)");
  EXPECT_EQ(error(Language::javascript, "function f() {\n"), "1: '{' is never closed");
  EXPECT_EQ(error(Language::javascript, "`${a}` + [1, 2]"), "none");
  EXPECT_EQ(error(Language::bash, "echo 'x\n"), "1: the string that begins here is not closed");
  EXPECT_EQ(error(Language::bash, "for i in 1; do\n  if true; then\n    echo\n  done\n"),
            "4: 'done' closes nothing that is open");
  EXPECT_EQ(error(Language::bash, "for i do echo $i; done\ncase x in (a|b) echo;; esac\nexec 3<>/dev/null\n"), "none");
  EXPECT_EQ(error(Language::go, "package main\nfunc main() {\n"), "2: '{' is never closed");
}

TEST_F(Validation, SarifPointsAtTheLines) {
  const auto sarif = to_sarif(judge(Language::python, "\neval('1')\n"), "a.py");
  const auto& run = sarif["runs"][0];
  EXPECT_EQ(sarif["version"], "2.1.0");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["id"], run["results"][0]["ruleId"]);
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
}

TEST(ValidationRules, ComeFromTheConfiguration) {
  AgentConfig config;
  config.security_rules = {{"network", "warn"}};
  config.policy_rules = {{"imports", "off"}};
  config.allowed_modules = {"json"};
  EnvironmentProfile profile;
  profile.allowed_modules = {"numpy"};
  const Rules rules = rules_of(config, SecurityMode::permissive, &profile);
  EXPECT_EQ(rules.mode, SecurityMode::permissive);
  EXPECT_EQ(rules.security.at("network"), Severity::warn);
  EXPECT_EQ(rules.policy.at("imports"), Severity::off);
  EXPECT_EQ(rules.allowed_modules, std::vector<std::string>{"numpy"});
}

}  // namespace
}  // namespace rh::agent
