"""`gate`, `merge` and `baseline` as a CI job meets them: files, exit codes, the document of --json, real git."""

import json
import os
import pathlib
import subprocess
import unittest

import jsonschema
from harness import REPOSITORY, RUNHARNESS, HarnessTest, clean_environment

SCHEMA = json.loads((REPOSITORY / "docs/formats/gate.schema.json").read_text())
CASE = '<testcase classname="pkg.T" name="{}" time="{}">{}</testcase>'
FAILED = '<failure message="boom">trace</failure>'


def junit(*cases):
    return "<testsuite>" + "".join(CASE.format(*case) for case in cases) + "</testsuite>"


GREEN = junit(("one", "0.1", ""), ("two", "0.2", ""))
RED = junit(("one", "0.1", ""), ("two", "0.2", FAILED), ("three", "0.3", "<skipped/>"))


def lcov(**files):
    """{path with __ for / : hits of line 1, 2, ...}"""
    text = ""
    for name, hits in files.items():
        text += f"SF:{name.replace('__', '/')}.py\n"
        text += "".join(f"DA:{number},{count}\n" for number, count in enumerate(hits, 1)) + "end_of_record\n"
    return text


class GateTest(HarnessTest):
    def setUp(self):
        super().setUp()
        self.here = self.folder / "here"
        self.here.mkdir()

    def put(self, **files):
        for name, text in files.items():
            path = self.here / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def gate(self, *arguments, code=None, command="gate", env=None):
        done = self.run_harness(command, *arguments, cwd=self.here, env=env)
        if code is not None:
            self.assertEqual(done.code, code, done.explain())
        return done

    def document(self, *arguments, code=None, command="gate"):
        done = subprocess.run([str(RUNHARNESS), command, "--json", *map(str, arguments)], cwd=self.here, env=clean_environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        text = done.stdout.decode("utf-8")  # strict: whatever the input was, the document is UTF-8
        if code is not None:
            self.assertEqual(done.returncode, code, text + done.stderr.decode(errors="replace"))
        document = json.loads(text)
        jsonschema.validate(document, SCHEMA)
        self.assertEqual(document["exit_code"], done.returncode)
        self.assertEqual(document["verdict"], "passed" if done.returncode == 0 else "failed")
        return document


class LoneFiles(GateTest):
    def test_passed_failed_empty_and_damaged(self):
        self.put(green=GREEN, red=RED, none="<testsuite/>", cut=RED[:90], empty="", text="hello")
        self.assertEqual(self.document("green", code=0)["cause"], "passed")
        self.assertEqual(self.document("red", code=1)["cause"], "tests_failed")
        self.assertEqual(self.document("none", code=4)["cause"], "no_tests")
        for broken in ("cut", "empty", "text"):
            document = self.document(broken, code=6)
            (error,) = [each for each in document["diagnostics"] if each["severity"] == "error"]
            self.assertEqual(error["file"], broken)
        self.assertIn("byte", self.document("cut")["diagnostics"][0]["message"])

    def test_counts(self):
        self.put(red=RED)
        document = self.document("red", "--names")
        self.assertEqual(document["tests"], {"total": 3, "passed": 1, "failed": 1, "skipped": 1, "flaky": 0, "time_s": 0.6})
        self.assertEqual(document["names"], ["pkg.T::one", "pkg.T::two", "pkg.T::three"])
        self.assertEqual([each["name"] for each in document["failures"]], ["two"])
        self.assertNotIn("names", self.document("red"))
        coverage = document["coverage"]
        self.assertEqual(coverage["files"], {"found": 0, "hit": 0})
        self.assertIsNone(coverage["lines"])

    def test_coverage_of_any_format_without_results(self):
        self.put(a=lcov(src__a=[1, 0, 2, 0]), b=lcov(src__a=[0, 1], src__b=[0, 0]))
        coverage = self.document("a", "b", code=0)["coverage"]
        self.assertEqual(coverage["files"], {"found": 2, "hit": 1})
        self.assertEqual(coverage["lines"], {"found": 6, "hit": 3})
        self.assertIsNone(coverage["branches"])

    def test_damage_does_not_hide_the_other_files(self):
        self.put(cut=RED[:90], green=GREEN, cover=lcov(a=[1]))
        document = self.document("cut", "green", "cover", "missing", code=2)
        self.assertEqual(document["tests"]["passed"], 3)
        self.assertEqual(document["coverage"]["lines"], {"found": 1, "hit": 1})
        self.assertEqual({each["file"] for each in document["diagnostics"]}, {"cut", "missing"})
        self.document("cut", "green", "cover", code=6)

    def test_any_bytes_make_utf_8(self):
        case = b'<testcase name="a\xff\x00\x1b[31m\xed\xa0\x80"><failure message="\xfe">\xc3</failure></testcase>'
        self.put(raw=b"<testsuite>" + case + b"</testsuite>")
        document = self.document("raw", "--names")
        self.assertEqual(document["tests"]["failed"], 1)
        self.assertEqual(len(document["names"]), 1)
        (self.here / os.fsdecode(b"bad\xffname.xml")).write_text(GREEN)
        self.assertEqual(self.document(os.fsdecode(b"bad\xffname.xml"))["tests"]["total"], 2)

    def test_folders_globs_and_standard_input(self):
        self.put(r__1=GREEN, r__deep__2=RED, r__notes="not a result")
        self.assertEqual(self.document("r", code=1)["tests"]["total"], 5)
        self.assertEqual(self.document("r/**/2", code=1)["tests"]["total"], 3)
        self.document("r/**/*.xml", code=4)
        done = subprocess.run([str(RUNHARNESS), "gate", "--json", "-"], cwd=self.here, env=clean_environment(), input=GREEN.encode(),
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(json.loads(done.stdout)["tests"]["total"], 2)

    def test_some_shards_may_be_empty(self):
        self.put(green=GREEN, none="<testsuite/>")
        self.document("green", "none", code=0)

    def test_a_retry_in_either_form_is_one_flaky_test(self):
        self.put(siblings=junit(("one", "1", FAILED), ("one", "1", "")),
                 child=junit(("one", "1", '<flakyFailure message="x"/>')))
        for form in ("siblings", "child"):
            document = self.document(form, code=0)
            self.assertEqual((document["tests"]["total"], document["tests"]["flaky"]), (1, 1), form)
            self.document(form, "--max-flaky", "0", code=3)
            report = self.here / "report.json"
            self.gate(form, "--report", f"json={report}", code=0)  # records of every test agree with the counts
            counts = json.loads(report.read_text())["counts"]
            self.assertEqual((counts["total"], counts["flaky"]), (1, 1), form)

    def test_a_report_does_not_change_the_counts(self):
        failed, passed = junit(("t", "0.1", FAILED)), junit(("t", "0.1", ""))
        self.put(machines__xml=f"<testsuites>{failed}{passed}</testsuites>")  # the same name twice, and no retry
        event = '{{"Action":"{}","Package":"p","Test":"A"}}\n'.format
        self.put(twice=event("run") + event("fail") + event("run") + event("pass") + '{"Action":"fail","Package":"p"}\n')
        for file in ("machines/xml", "twice"):
            for report in ((), ("--report", "ctrf=report.json")):
                document = json.loads(self.gate("--json", file, *report, code=1).stdout)
                self.assertEqual((document["tests"]["total"], document["tests"]["failed"], document["tests"]["flaky"]), (2, 1, 0), (file, report))

    def test_nothing_to_judge(self):
        done = self.gate(code=2)
        self.assertIn("name results and coverage files", done.stderr)


class Rules(GateTest):
    def rule(self, text):
        self.put(**{"runharness.toml": text})

    def test_flags(self):
        self.put(cover=lcov(a=[1, 1, 1, 0]), red=RED)
        self.gate("cover", "--min-coverage", "75", code=0)
        done = self.gate("cover", "--min-coverage", "75.01", code=3)
        self.assertIn("75.00 % is below 75.01 %", done.stdout)
        self.assertIn("a.py:4", done.stdout)
        self.gate("cover", "--max-uncovered", "1", code=0)
        self.gate("cover", "--max-uncovered", "0", code=3)
        self.gate("cover", "--min-branch-coverage", "1", code=3)
        self.gate("red", "--max-failures", "1", code=0)
        self.gate("red", "--max-failures", "1", "--max-skipped", "0", code=3)
        self.gate("red", "--max-failures", "33.4%", code=0)
        self.gate("red", "--max-failures", "33%", code=1)
        self.gate("cover", "--min-coverage", "101", code=2)
        self.gate("cover", "--min-coverage", "-5", code=2)

    def test_rules_with_scope_level_and_message(self):
        self.rule('[components]\ncore = "src/core"\n'
                  '[[gates.rule]]\nkind = "coverage.total"\nmin = 80\ncomponent = "core"\nmessage = "Ask core."\n'
                  '[[gates.rule]]\nkind = "coverage.file"\nmin = 50\nlevel = "warn"\n')
        self.put(cover=lcov(src__core__a=[1, 0], src__b=[0]))
        document = self.document("cover", code=3)
        core, each = document["gates"]
        self.assertEqual((core["scope"], core["state"], core["blocks"]), ("component core", "failed", True))
        self.assertTrue(core["message"].endswith("Ask core."))
        self.assertEqual((each["level"], each["blocks"]), ("warn", False))
        self.assertEqual(each["culprits"][0]["subject"], "src/b.py")
        self.assertEqual(self.document("cover", "--no-config", code=0)["gates"], [])

    def test_a_wrong_configuration_names_the_place(self):
        self.put(cover=lcov(a=[1]))
        self.rule('[[gates.rule]]\nkind = "coverage.totel"\n')
        done = self.gate("cover", code=2)
        self.assertIn("runharness.toml:2:8", done.stderr)
        self.assertIn("did you mean 'coverage.total'", done.stderr)
        self.assertEqual(self.gate("cover", "--json", code=2).stdout, "")

    def test_no_data_is_no_pass(self):
        self.put(green=GREEN)
        document = self.document("green", "--min-coverage", "0", code=3)
        self.assertEqual(document["gates"][0]["state"], "no_data")

    def test_reports_are_written(self):
        self.put(red=RED, cover=lcov(a=[1, 0]))
        self.gate("red", "cover", "--report", "markdown=out/summary.md", "--report", "lcov=out/merged.info", code=1)
        self.assertIn("two", (self.here / "out/summary.md").read_text())
        self.assertIn("DA:2,0", (self.here / "out/merged.info").read_text())


class Repository(GateTest):
    """A real repository with a base branch and a change."""

    def git(self, *arguments):
        environment = clean_environment(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", GIT_AUTHOR_NAME="a",
                                        GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.com")
        subprocess.run(["git", *arguments], cwd=self.here, env=environment, check=True, capture_output=True)

    def commit(self, **files):
        self.put(**files)
        self.git("add", "-A")
        self.git("commit", "-qm", "change")

    def setUp(self):
        super().setUp()
        self.git("init", "-q", "-b", "main")
        self.commit(**{"src__a.py": "x = 1\ny = 2\n", "README.md": "hello\n"})
        self.git("checkout", "-qb", "feature")

    def test_patch_coverage(self):
        self.commit(**{"src__a.py": "x = 1\ny = 3\nz = 4\n"})
        self.put(cover=lcov(src__a=[1, 1, 0]))
        document = self.document("cover", "--base", "main", "--min-patch-coverage", "50", code=0)
        self.assertEqual((document["patch"]["lines"]["found"], document["patch"]["lines"]["hit"]), (2, 1))
        done = self.gate("cover", "--base", "main", "--min-patch-coverage", "50.1", code=3)
        self.assertIn("src/a.py:3", done.stdout)

    def test_a_changed_source_that_no_report_names_fails_by_name(self):
        self.commit(**{"src__a.py": "x = 1\ny = 3\n", "src__new.py": "def f():\n    return 1\n", "README.md": "bye\n"})
        self.put(cover=lcov(src__a=[1, 1]))
        done = self.gate("cover", "--base", "main", "--min-patch-coverage", "50", code=3)
        self.assertIn("src/new.py", done.stdout)
        self.assertNotIn("README.md", done.stdout)

    def test_a_change_of_documents_passes_with_a_notice(self):
        self.commit(**{"README.md": "bye\n"})
        self.put(cover=lcov(src__a=[1, 1]))
        document = self.document("cover", "--base", "main", "--min-patch-coverage", "100", code=0)
        verdict = document["gates"][0]
        self.assertEqual((verdict["state"], verdict["blocks"]), ("no_data", False))
        self.assertIn("README.md", verdict["message"])

    def test_no_decrease_against_coverage_of_the_base(self):
        self.git("mv", "src/a.py", "src/b.py")
        self.commit()
        self.put(before=lcov(src__a=[1, 0]), same=lcov(src__b=[1, 0]), worse=lcov(src__b=[0, 0]))
        rule = '[[gates.rule]]\nkind = "coverage.no_decrease"\nper = "file"\n'
        self.put(**{"runharness.toml": rule})
        self.gate("same", "--base", "main", "--base-coverage", "before", code=0)
        done = self.gate("worse", "--base", "main", "--base-coverage", "before", code=3)
        self.assertIn("was 1 uncovered lines, is 2", done.stdout)

    def test_a_base_that_is_not_there(self):
        self.put(cover=lcov(src__a=[1, 1]))
        done = self.gate("cover", "--base", "nowhere", code=2)
        self.assertIn("nowhere", done.stderr)

    def test_a_review_names_its_base(self):
        self.commit(**{"src__a.py": "x = 1\ny = 3\n"})
        self.put(cover=lcov(src__a=[1, 0]))
        review = clean_environment(GITHUB_ACTIONS="true", GITHUB_BASE_REF="main")
        self.gate("cover", "--min-patch-coverage", "1", env=review, code=3)
        elsewhere = clean_environment(GITHUB_ACTIONS="true", GITHUB_BASE_REF="nowhere")
        self.assertIn("git fetch", self.gate("cover", "--min-patch-coverage", "1", env=elsewhere, code=2).stderr)
        self.gate("cover", env=elsewhere, code=0)  # no rule needs it

    def test_ratchet(self):
        self.put(cover=lcov(src__a=[1, 0]), better=lcov(src__a=[1, 1]), worse=lcov(src__a=[0, 0]))
        done = self.gate("cover", "--ratchet", code=3)
        self.assertIn("runharness baseline update", done.stdout)
        self.gate("update", "cover", command="baseline", code=0)
        text = (self.here / "runharness.baseline.json").read_text()
        self.assertIn('"src/a.py": {"lines":1}', text)
        self.gate("cover", "--ratchet", code=0)
        done = self.gate("worse", "--ratchet", code=3)
        self.assertIn("src/a.py", done.stdout)
        self.assertIn("was 1 uncovered lines, is 2", done.stdout)
        done = self.gate("better", "--ratchet", "--verbose", code=0)
        self.assertIn("runharness baseline update", done.stdout)
        done = self.gate("diff", "better", command="baseline", code=0)
        self.assertIn("1 uncovered -> 0 uncovered", done.stdout)
        self.gate("update", "better", command="baseline", code=0)
        self.gate("cover", "--ratchet", code=3)

    def test_no_baseline_of_failed_tests(self):
        self.put(red=RED)
        self.gate("update", "red", command="baseline", code=2)
        self.assertFalse((self.here / "runharness.baseline.json").exists())
        self.gate("update", "red", "--force", command="baseline", code=0)


class Merge(GateTest):
    def test_coverage_adds_up_in_any_order(self):
        self.put(a=lcov(x=[1, 0, 5], y=[0]), b=lcov(x=[0, 0, 7], z=[1]))
        self.gate("a", "b", "--report", "lcov=ab", command="merge", code=0)
        self.gate("b", "a", "--report", "lcov=ba", command="merge", code=0)
        merged = (self.here / "ab").read_text()
        self.assertEqual(merged, (self.here / "ba").read_text())
        self.assertIn("DA:3,12", merged)
        self.assertIn("DA:2,0", merged)

    def test_results_of_shards(self):
        self.put(**{"shard1__r.xml": GREEN, "shard2__r.xml": RED})
        done = self.gate("shard1", "shard2", "--report", "junit=all.xml", command="merge", code=1)
        self.assertIn("3 passed, 1 failed, 1 skipped", done.stdout)
        self.assertEqual(self.document("all.xml")["tests"]["total"], 5)

    def test_run_directories_of_shards(self):
        shards = []
        for name, body in (("one", "pass"), ("two", "assert False")):
            script = f"import sys; print('1..1'); sys.exit({0 if body == 'pass' else 1})"
            project = self.here / name
            project.mkdir()
            (project / "run.py").write_text(
                f"open('out.xml', 'w').write('''{junit((name, '1', '' if body == 'pass' else FAILED))}''')\n" + script + "\n")
            (project / "runharness.toml").write_text(
                '[[suite]]\nid = "all"\ncommand = ["python3", "run.py"]\nresults = "out.xml"\n')
            self.run_harness("test", "--preset", "local", "--out", str(self.folder / name), str(project))
            shards.append(str(self.folder / name))
        done = self.gate(*shards, "--report", "json=joined.json", command="merge")
        self.assertEqual(done.code, 1, done.explain())
        joined = json.loads((self.here / "joined.json").read_text())
        self.assertEqual([suite["suite"]["id"] for suite in joined["suites"]], ["all"])
        self.assertEqual((joined["counts"]["total"], joined["counts"]["passed"], joined["counts"]["failed"]), (2, 1, 1))

    def test_nothing_to_join(self):
        self.gate(command="merge", code=2)


class Document(GateTest):
    def test_schema_names_every_member(self):
        self.put(red=RED, cover=lcov(a=[1]))
        document = self.document("red", "cover", "--names", "--min-coverage", "50")
        self.assertEqual(set(document), set(SCHEMA["properties"]))
        self.assertLessEqual(set(SCHEMA["required"]), set(document))
        for name in ("tests", "coverage"):
            self.assertEqual(set(document[name]), set(SCHEMA["properties"][name]["properties"]))


if __name__ == "__main__":
    unittest.main()
