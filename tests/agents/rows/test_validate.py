"""Rows 83 to 100: code is judged before it runs. Which code is caught and which is not: the files of tests/agents/corpus."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest, tools  # noqa: E402  (the folder above is on the path only now)

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus"


def classes(answer, severity="block"):
    return {one["class"] for one in answer.data["findings"] if one["severity"] == severity}


class ValidateTest(RowTest):
    def judged(self, code, language="python", **arguments):
        return self.ask("validate_code", language=language, code=code, **arguments)

    def assert_blocks(self, rule_class, *snippets):
        for code in snippets:
            for answer in self.judged(code):
                self.assertIn(rule_class, classes(answer), (code, answer))
                self.assertFalse(answer.data["ok"])
                if answer.way == "command line":
                    self.assertEqual(answer.code, 1)

    def assert_clean(self, *snippets):
        for code in snippets:
            for answer in self.judged(code):
                self.assertEqual((answer.data["ok"], answer.data["findings"]), (True, []), (code, answer))
                if answer.way == "command line":
                    self.assertEqual(answer.code, 0)

    def test_row_083_syntax_error_with_line(self):
        """Syntax is checked without running; the first error comes with its line."""
        broken = {"python": "x = 1\ndef f(:\n    pass\n", "javascript": "let a = 1;\nlet b = (;\n",
                  "bash": "echo 1\nif true; then\n", "go": "package main\n\nfunc main( {\n}\n",
                  "rust": "fn main() {\n    let x = ;\n}\n", "java": "class A {\n    void f( { }\n}\n"}
        lines = {"python": 2, "javascript": 2, "bash": 2, "go": 3, "rust": 2, "java": 2}
        for language, code in broken.items():
            for answer in self.judged(code, language):
                error = answer.data["syntax_error"]
                self.assertEqual((answer.data["ok"], error["line"]), (False, lines[language]), (language, answer))
                self.assertTrue(error["message"])
                self.assertGreater(error["column"], 0)
                if answer.way == "command line":
                    self.assertEqual(answer.code, 2)

    def test_row_084_patterns_are_of_the_syntax_tree(self):
        """Findings follow names and never match text: comments, strings and methods of one's own are not findings."""
        self.assert_blocks("system_command", "from subprocess import run as r\nr(['id'])",
                           "import os\ngetattr(os, 'sys' + 'tem')('id')")
        self.assert_clean("# eval('1')\nprint('os.system')", "class A:\n    def eval(self):\n        return 1\n\nA().eval()")

    def test_row_084_corpora_of_six_languages(self):
        """All dangerous files of the corpora are caught, no harmless one is."""
        for folder in sorted(CORPUS.iterdir()):
            for file in sorted((folder / "dangerous").iterdir()):
                done = self.run_line("validate", "--json", "--language", folder.name, file)
                self.assertEqual(done.returncode, 1, f"{file}\n{done.stdout}{done.stderr}")
            for file in sorted((folder / "benign").iterdir()):
                done = self.run_line("validate", "--json", "--language", folder.name, file)
                data = json.loads(done.stdout)
                self.assertEqual((done.returncode, data["ok"], data["findings"]), (0, True, []), file)

    def test_row_085_imports_and_the_allow_list(self):
        """Imports are checked against an allow-list; the default list is numpy, pandas, matplotlib, sklearn, requests, json."""
        code = "import json\nimport numpy as np\nimport flask\nfrom os import path\n"
        for answer in self.judged(code, allowed_modules=["default"]):
            blocked = [one["message"].split(":")[0] for one in answer.data["findings"] if one["class"] == "imports"]
            self.assertEqual(blocked, ["flask", "os"], answer)
            self.assertFalse(answer.data["ok"])
        for answer in self.judged(code, allowed_modules=["json", "numpy", "flask", "os"]):
            self.assertTrue(answer.data["ok"], answer)
        for answer in self.judged(code):  # not asked for: a package that is not on the list is told, no more
            self.assertEqual([one["message"].split(":")[0] for one in answer.data["findings"]], ["flask"], answer)
            self.assertTrue(answer.data["ok"])

    def test_row_086_calls_and_the_deny_list(self):
        """Calls are checked against a deny-list; the default one is eval, exec, __import__, open, compile."""
        for code in ("eval('1')", "exec('1')", "__import__('json')", "open('x', 'w')", "compile('1', 'x', 'eval')"):
            for answer in self.judged(code):
                self.assertFalse(answer.data["ok"], answer)
        for answer in self.judged("open('x').read()\nprint(1)", forbidden_functions=["default", "print"]):
            self.assertEqual([one["line"] for one in answer.data["findings"] if one["class"] == "calls"], [1, 2], answer)

    def test_row_087_rules_are_configurable(self):
        """Security rules and policy rules are set separately: block, warn or off."""
        self.configure('[execution]\nsecurity_rules = { network = "warn", "python.file_write.open" = "off" }\n'
                       'policy_rules = { imports = "block" }\n')
        for answer in self.judged("import flask\nimport requests\nrequests.get('http://x')\nopen('x', 'w')\n"):
            found = {one["class"]: one["severity"] for one in answer.data["findings"]}
            self.assertEqual(found, {"imports": "block", "network": "warn"}, answer)

    def test_row_088_assessment_for_an_approval(self):
        """A summary of the findings can be put before a person."""
        for answer in self.judged("import os\nos.remove('x')\n"):
            self.assertIn("os.remove", answer.data["summary"])
            self.assertIn("line 2", answer.data["summary"])
            self.assertEqual(answer.data["write_access"], "file")

    def test_row_089_file_writes(self):
        """Safe mode blocks open with w, a, x or +, write() and writelines()."""
        self.assert_blocks("file_write", *(f"open('x', '{mode}')" for mode in ("w", "a", "x", "r+", "wb")),
                           "f = open('x', 'w')\nf.write('1')", "open('x', mode='a').writelines([])")

    def test_row_090_deletions_and_moves(self):
        """Safe mode blocks os.remove, os.unlink, shutil.rmtree and move."""
        self.assert_blocks("file_delete", "import os\nos.remove('x')", "import os\nos.unlink('x')",
                           "import shutil\nshutil.rmtree('x')", "import shutil\nshutil.move('x', 'y')")

    def test_row_091_network(self):
        """Safe mode blocks requests, urllib, socket and HTTP clients."""
        self.assert_blocks("network", "import requests\nrequests.get('http://x')", "import socket\nsocket.socket()",
                           "from urllib.request import urlopen\nurlopen('http://x')",
                           "import http.client\nhttp.client.HTTPConnection('x')", "import httpx\nhttpx.get('http://x')")

    def test_row_092_system_commands(self):
        """Safe mode blocks os.system and subprocess."""
        self.assert_blocks("system_command", "import os\nos.system('id')", "import subprocess\nsubprocess.run(['id'])",
                           "import subprocess as s\ns.Popen('id')", "import os\nos.popen('id')")

    def test_row_093_dynamic_code(self):
        """Safe mode blocks eval(), exec() and compile()."""
        self.assert_blocks("dynamic_code", "eval('1')", "exec('1')", "compile('1', 'x', 'eval')", "e = eval\ne('1')")

    def test_row_094_module_tricks(self):
        """Safe mode blocks __import__ and importlib."""
        self.assert_blocks("module_trick", "__import__('os')", "import importlib\nimportlib.import_module('json')")

    def test_row_095_processes(self):
        """Safe mode blocks os.fork, kill and multiprocessing."""
        self.assert_blocks("process", "import os\nos.fork()", "import os\nos.kill(1, 9)",
                           "import multiprocessing\nmultiprocessing.Process(target=print)")

    def test_row_096_reading_is_allowed(self):
        """Safe mode allows reading of files."""
        self.assert_clean("with open('x') as f:\n    print(f.read())", "from pathlib import Path\nprint(Path('x').read_text())",
                          "import os\nprint(os.listdir('.'), os.path.getsize('x'))", "import csv\nprint(list(csv.reader(open('x'))))")

    def test_row_097_safe_and_permissive(self):
        """Safe is the default; permissive lifts all blocks; the mode comes from the call or the configuration."""
        code = "import os\nos.system('id')\n"
        for answer in self.judged(code):
            self.assertEqual((answer.data["mode"], answer.data["ok"]), ("safe", False))
        for answer in self.judged(code, permissive=True):
            self.assertEqual((answer.data["mode"], answer.data["ok"], classes(answer)), ("permissive", True, set()), answer)
            self.assertEqual(classes(answer, "warn"), {"system_command"})
        self.configure('[execution]\nsecurity = "permissive"\n')
        for answer in self.judged(code):
            self.assertTrue(answer.data["ok"], answer)
        for answer in self.judged(code, safe=True):
            self.assertFalse(answer.data["ok"], answer)

    def test_row_098_optimisation_hints(self):
        """Hints for faster code come before the run."""
        code = ("import re\nseen = ['a', 'b']\ntext = ''\nfor i in range(len(seen)):\n    text += 'x'\n"
                "    if seen[i] in seen:\n        re.compile('a')\nfor index, row in frame.iterrows():\n    print(row)\n")
        for answer in self.judged(code):
            self.assertEqual({one["rule"].rsplit(".", 1)[1] for one in answer.data["hints"]},
                             {"range_len", "string_append", "list_membership", "regex_compile", "iterrows"}, answer)
            self.assertTrue(all(one["line"] and one["message"] for one in answer.data["hints"]))

    def test_row_099_control_system_writes(self):
        """Writes to a control system are a class of their own, epics_writes."""
        for code in ("from epics import caput\ncaput('X:SP', 1)", "import epics\np = epics.PV('X:SP')\np.put(1)", "caput('X', 1)"):
            for answer in self.judged(code):
                self.assertEqual((classes(answer), answer.data["write_access"]), ({"epics_writes"}, "control_system"), answer)
        for answer in self.judged("from epics import caget\nprint(caget('X:RBV'))"):
            self.assertEqual((answer.data["write_access"], classes(answer)), ("none", set()), answer)

    def test_row_100_a_blocked_snippet_is_not_started(self):
        """A blocked snippet is not started at all; the result is a policy error."""
        if "execute_code" not in tools():
            self.fail("execute_code is not there")
        mark = self.folder / "mark"
        for answer in self.ask("execute_code", language="python", code=f"open({str(mark)!r}, 'w').write('x')\nprint('ran')"):
            self.assertEqual(answer.error_kind, "security_violation", answer)
            self.assertNotIn("ran", answer.data.get("stdout") or "")
        self.assertFalse(mark.exists())

    def test_files_standard_input_and_sarif(self):
        """A file, standard input and SARIF, as in the usage text."""
        self.write({"a.py": "import os\nos.remove('x')\n", "b.txt": "print(1)\n"})
        done = self.run_line("validate", "--sarif", "out.sarif", "a.py")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("a.py:2:1: block: os.remove", done.stdout)
        run = json.loads((self.project / "out.sarif").read_text())["runs"][0]
        self.assertEqual(run["results"][0]["ruleId"], "python.file_delete.os.remove")
        self.assertEqual(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 2)
        self.assertEqual(self.run_line("validate", "--language", "python", "-", stdin="print(1)\n").returncode, 0)
        self.assertEqual(self.run_line("validate", "b.txt").returncode, 2)
        self.assertEqual(self.run_line("validate", "--language", "cobol", "b.txt").returncode, 2)
        self.assertEqual(self.run_line("validate", "missing.py").returncode, 2)
