"""Help with errors, dependencies of code, and demonstration snippets."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest  # noqa: E402

LANGUAGES = ("python", "javascript", "bash", "go", "rust", "java")
BROKEN = {
    "python": ("import json\n\nprint(json.lodas('1'))\n", "python-attribute-suggested", 3),
    "javascript": ("const x = undefined;\nx.name();\n", "javascript-read-undefined", 2),
    "bash": ("echo start\nno_such_command_here --help\n", "bash-command-not-found-line", 2),
    "go": ('package main\n\nfunc main() {\n\tvar m map[string]int\n\tm["a"] = 1\n}\n', "go-nil-map", 5),
    "rust": ('fn main() {\n    let a = String::from("a");\n    let b = a;\n    println!("{} {}", a, b);\n}\n', "rust-e0382", 4),
    "java": ("public class Main {\n  public static void main(String[] a) {\n    foo();\n  }\n}\n", "java-cannot-find-symbol", 3),
}


class HelpTest(RowTest):
    def test_row_064_an_error_text_gives_cause_fixes_and_recovery(self):
        """errors: `handle_error` verb takes an error text/traceback and returns cause, fix suggestions and recovery options."""
        text = ('Traceback (most recent call last):\n  File "/workspace/main.py", line 2, in <module>\n    import sklearn\n'
                "ModuleNotFoundError: No module named 'sklearn'\n")
        for answer in self.ask("handle_error", error=text):
            self.assertEqual(answer.data["language"], "python", answer)
            self.assertEqual(answer.data["error_type"], "ModuleNotFoundError")
            self.assertEqual(answer.data["packages"], ["scikit-learn"])
            self.assertEqual((answer.data["place"]["file"], answer.data["place"]["line"]), ("/workspace/main.py", 2))
            self.assertIn("sklearn", answer.data["cause"])
            self.assertTrue(answer.data["suggestions"] and answer.data["recovery_options"], answer)

    def test_row_064_185_errors_of_six_languages_as_their_tools_print_them(self):
        """errors: an intentional error in the code surfaces as code error with message, and the caller can retry with the text."""
        for language, (code, rule, line) in BROKEN.items():
            with self.subTest(language=language):
                run = self.ask("execute_code", ways=("command line",), language=language, code=code, timeout=120)[0]
                self.assertFalse(run.data["success"], run)
                for answer in self.ask("handle_error", error=run.data["stderr"], language=language, code=code):
                    self.assertEqual((answer.data["rule"], answer.data["place"]["line"]), (rule, line), (answer, run.data["stderr"]))

    def test_row_065_suggestions_for_the_record_of_a_failed_run(self):
        """errors: `get_error_suggestions` works on the record of a failed run."""
        run = self.ask("execute_code", ways=("command line",), language="python", code="total = 1\nprint(totl)\n")[0]
        self.ask("execute_code", ways=("command line",), language="python", code="print(1)")
        for answer in self.ask("get_error_suggestions"):
            self.assertEqual(answer.data["execution_id"], run.data["execution_id"], answer)
            self.assertIn("total", " ".join(answer.data["suggestions"]), answer)
        for answer in self.ask("get_error_suggestions", execution_id=run.data["execution_id"]):
            self.assertEqual(answer.data["error_type"], "NameError", answer)
        for answer in self.ask("get_error_suggestions", execution_id="nothing"):
            self.assertEqual(answer.error_kind, "not_found", answer)

    def test_row_065_our_own_limits_are_explained(self):
        """errors: `get_error_suggestions` works on the record of a failed run."""
        self.ask("execute_code", ways=("command line",), language="python", code="while True: pass", timeout=1)
        for answer in self.ask("get_error_suggestions"):
            self.assertIn(answer.data["error_kind"], ("timeout", "cpu_limit"), answer)
            self.assertEqual(answer.data["category"], "limit", answer)


class DependenciesTest(RowTest):
    def test_row_045_imports_are_split_into_standard_installed_and_missing(self):
        """deps: the imports of a snippet are listed, split into standard library, installed and missing."""
        code = "import os\nfrom json import loads\nimport pip\nimport no_such_module_zq\nimport mine\n# import commented\n"
        self.write({"mine.py": "x = 1\n"})
        for answer in self.ask("analyze_dependencies", code=code):
            self.assertEqual(answer.data["standard"], ["os", "json"], answer)
            self.assertEqual(answer.data["installed"], ["pip"])
            self.assertEqual(answer.data["missing"], ["no_such_module_zq"])
            self.assertEqual(answer.data["local"], ["mine"])

    def test_row_046_import_names_become_package_names(self):
        """deps: missing packages can be installed in one further step (import name mapped to package name, e.g. sklearn → scikit-learn)."""
        samples = {
            "javascript": ('const a = require("@zq/deep/x"), fs = require("fs");\n', ["@zq/deep"]),
            "go": ('package main\n\nimport (\n\t"fmt"\n\t"github.com/zq/nothing/sub"\n)\n', ["github.com/zq/nothing"]),
            "rust": ("use zq_nothing::Thing;\nuse std::io;\n", ["zq_nothing"]),
            "java": ("import org.json.JSONObject;\nimport java.util.List;\n", ["org.json:json"]),
            "bash": ("zq_nothing --x | sort\n", ["zq_nothing"]),
        }
        for language, (code, packages) in samples.items():
            for answer in self.ask("analyze_dependencies", code=code, language=language):
                self.assertEqual(answer.data["missing_packages"], packages, answer)
                self.assertIn(packages[0], answer.data["install_command"], answer)

    def test_row_046_a_mistyped_name_is_nothing_to_install(self):
        """deps: missing packages can be installed in one further step (import name mapped to package name, e.g. sklearn → scikit-learn)."""
        for answer in self.ask("analyze_dependencies", code="import numppy\n", install=True):
            self.assertEqual(answer.data["dependencies"][0]["did_you_mean"], "numpy", answer)
            self.assertEqual(answer.data["installation"]["packages"], [], answer)

    def test_row_046_nothing_to_install_is_said(self):
        """deps: missing packages can be installed in one further step (import name mapped to package name, e.g. sklearn → scikit-learn)."""
        for answer in self.ask("analyze_dependencies", code="import os\n", install=True):
            self.assertEqual(answer.data["installation"], {"success": True, "packages": []}, answer)


class DemoTest(RowTest):
    def test_row_018_each_demo_runs_with_exit_0(self):
        """create-demo: a verb makes a demonstration snippet for a named language/topic, and the snippet runs with exit 0."""
        topics = self.ask("create_demo", ways=("command line",))[0].data["topics"]
        self.assertGreaterEqual(len(topics), 5)
        for language in LANGUAGES:
            for topic in topics:
                with self.subTest(language=language, topic=topic):
                    demo = self.ask("create_demo", ways=("command line",), language=language, topic=topic)[0]
                    run = self.ask("execute_code", ways=("command line",), language=language, code=demo.data["code"], timeout=120)[0]
                    self.assertEqual((run.data["exit_code"], run.data["status"]), (0, "completed"), run)
                    self.assertTrue(run.data["stdout"].strip(), run)

    def test_row_018_a_topic_in_words_is_understood(self):
        """create-demo: a verb makes a demonstration snippet for a named language/topic, and the snippet runs with exit 0."""
        for answer in self.ask("create_demo", language="node", topic="the median of some numbers"):
            self.assertEqual((answer.data["language"], answer.data["topic"]), ("javascript", "statistics"), answer)
        for answer in self.ask("create_demo", language="python", topic="quantum chromodynamics"):
            self.assertEqual(answer.error_kind, "not_found", answer)


if __name__ == "__main__":
    unittest.main()
