"""Exit codes, messages and JSON of the executable as a script or a person meets them."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import RUNHARNESS, HarnessTest, clean_environment, require

GREEN = {"pytest.ini": "[pytest]\n", "test_a.py": "def test_one():\n    pass\n"}


class Usage(HarnessTest):
    def refuse(self, *arguments, code=2, says=()):
        done = self.run_harness(*arguments)
        self.assertEqual(done.code, code, done.explain())
        for text in says:
            self.assertIn(text, done.stderr, done.explain())
        return done

    def test_help_and_version(self):
        for arguments in (["--help"], ["test", "--help"], ["--version"]):
            done = self.run_harness(*arguments)
            self.assertEqual(done.code, 0)
            self.assertTrue(done.stdout.strip())
            self.assertEqual(done.stderr, "")

    def test_an_unknown_flag_is_named_with_a_suggestion(self):
        self.refuse("exce", says=["there is no command 'exce'", "Did you mean exec?"])
        self.refuse("test", "--memroy", "1G", says=["--memroy", "Did you mean --memory?"])

    def test_no_command(self):
        self.refuse(says=["--help"])

    def test_bad_values(self):
        self.refuse("test", "--memory", "lots", says=["lots", "--memory"])
        self.refuse("test", "--timeout", "5", says=["'5'", "--timeout"])
        self.refuse("test", "--jobs", "0", says=["--jobs"])
        self.refuse("test", "--preset", "stict", says=["did you mean 'strict'"])
        self.refuse("test", "--ecosystem", "pyest", says=["did you mean 'pytest'"])
        self.refuse("test", "--report", "htlm=x", says=["did you mean 'html'"])
        self.refuse("test", "--min-coverage", "101", says=["101"])

    def test_a_missing_path(self):
        self.refuse("test", "no/such/folder", says=["no/such/folder", "No such file"])

    def test_a_file_instead_of_a_folder(self):
        (self.folder / "file.py").write_text("")
        self.refuse("test", "file.py", says=["file.py"])

    def test_an_unreadable_folder(self):
        if os.geteuid() == 0:
            self.skipTest("root reads every folder: run as an ordinary user to see this")
        (self.folder / "closed").mkdir(mode=0)
        self.refuse("test", "closed", says=["closed", "Permission denied"])

    def test_configuration_errors_name_the_place(self):
        project = self.write({"runharness.toml": "[limits]\nmemroy = '1G'\n"})
        self.refuse("test", project, says=["runharness.toml:2:1", "did you mean 'limits.memory'"])
        project = self.write({"runharness.toml": "jobs = 'two'\n"})
        self.refuse("test", project, says=["runharness.toml:1:8"])
        project = self.write({"runharness.toml": "jobs = \n"})
        self.refuse("test", project, says=["runharness.toml:1"])


class BrokenManifests(HarnessTest):
    def check(self, files, *names):
        done = self.run_harness("test", self.write(files), "--no-coverage")
        self.assertEqual(done.code, 5, done.explain())
        for name in names:
            self.assertIn(name, done.stdout, done.explain())

    def test_package_json(self):
        self.check({"package.json": '{"name": "x",\n "scripts": {'}, "package.json:2")

    def test_a_green_neighbour_does_not_hide_it(self):
        self.check({"a/package.json": "{", **{f"b/{name}": text for name, text in GREEN.items()}}, "a/package.json:1")

    def test_cargo_toml(self):
        self.check({"Cargo.toml": '[package\nname = "x"\n'}, "Cargo.toml:1")

    def test_pyproject_toml(self):
        self.check({"pyproject.toml": "[tool.pytest.ini_options\n", "test_a.py": "def test_a(): pass\n"}, "pyproject.toml:1")


class Empty(HarnessTest):
    def test_no_suite_is_code_four(self):
        project = self.write({"README": "nothing"})
        done = self.run_harness("test", project)
        self.assertEqual(done.code, 4, done.explain())
        self.assertEqual(done.report["suites"], [])
        self.assertEqual(self.run_harness("discover", project).code, 4)


@require("python3")
class Commands(HarnessTest):
    def test_discover_json(self):
        project = self.write({**GREEN, "web/package.json": '{"name":"w","scripts":{"test":"node --test"}}', "web/a.test.js": ""})
        done = self.run_harness("discover", project, "--json")
        self.assertEqual(done.code, 0, done.explain())
        suites = {suite["id"]: suite for suite in json.loads(done.stdout)["suites"]}
        self.assertEqual(set(suites), {".:pytest", "web:node:test"})
        for suite in suites.values():
            self.assertTrue(suite["reason"])
            self.assertTrue(suite["tool"]["path"])
            self.assertTrue(suite["tool"]["version"])

    def test_a_missing_tool_is_listed_and_red(self):
        project = self.write({"go.mod": "module x\n", "a_test.go": "package x\n"})
        environment = clean_environment(PATH="/nonexistent")
        done = self.run_harness("discover", project, "--json", env=environment)
        (suite,) = json.loads(done.stdout)["suites"]
        self.assertTrue(suite["tool"]["problem"])
        done = self.run_harness("test", project, env=environment)
        self.assertEqual(done.code, 5, done.explain())
        self.assertEqual(done.suite["status"], "unavailable")

    def test_plan_runs_nothing(self):
        project = self.write({**GREEN, "conftest.py": "open('ran', 'w')\n"})
        done = self.run_harness("test", project, "--plan", "--memory", "512M")
        self.assertEqual(done.code, 0, done.explain())
        self.assertIn(".:pytest", done.stdout)
        self.assertIn("512", done.stdout)
        self.assertFalse((project / "ran").exists())
        self.assertFalse((project / ".runharness").exists(), "a plan writes nothing")

    def test_config_explain(self):
        project = self.write({**GREEN, "runharness.toml": "[limits]\nwall = '5m'\n"})
        done = self.run_harness("config", project, "--explain", "--jobs", "3", env=clean_environment(CI="true"))
        self.assertEqual(done.code, 0, done.explain())
        lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
        self.assertIn("--jobs", lines["jobs"])
        self.assertIn("runharness.toml:2:8", lines["limits.wall"])
        self.assertIn("preset ci", lines["limits.memory"])

    def test_green_run_and_chosen_reports(self):
        project = self.write(GREEN)
        done = self.run_harness("test", project, "--no-coverage", "--report", "json=extra/r.json", "--report", "html=r.html",
                                "--report", "markdown=r.md", "--report", "junit=r.xml", "--report", "lcov=r.info")
        self.assertEqual(done.code, 0, done.explain())
        for name in ("extra/r.json", "r.html", "r.md", "r.xml", "r.info"):
            self.assertTrue((self.folder / name).exists(), name)
        self.assertEqual(done.outcomes(), {"test_one": "passed"})
        self.assertIn("PASSED", done.stdout)

    def test_json_on_standard_output(self):
        project = self.write(GREEN)
        done = self.run_harness("test", project, "--no-coverage", "--json")
        self.assertEqual(json.loads(done.stdout)["exit_code"], 0)

    def test_arguments_for_the_runner(self):
        project = self.write({**GREEN, "test_b.py": "def test_two():\n    pass\n"})
        done = self.run_harness("test", project, "--no-coverage", "--", "-k", "two")
        self.assertEqual(done.outcomes(), {"test_two": "passed"}, done.explain())

    def test_only_and_exclude(self):
        project = self.write({"a/pytest.ini": "[pytest]\n", "a/test_a.py": "def test_a(): pass\n",
                              "b/pytest.ini": "[pytest]\n", "b/test_b.py": "def test_b(): pass\n"})
        done = self.run_harness("test", project, "--no-coverage", "--only", "a:*")
        self.assertEqual(done.outcomes(), {"test_a": "passed"}, done.explain())

    def test_required_isolation_that_is_not_there(self):
        project = self.write({**GREEN, "conftest.py": "open('ran', 'w')\n"})
        done = self.run_harness("test", project, "--no-coverage", "--isolation", "none", "--require-isolation", "contained")
        self.assertEqual(done.code, 7, done.explain())
        self.assertIn("contained", done.stderr)
        self.assertFalse((project / "ran").exists(), "nothing is started")

    def test_required_isolation_says_what_is_missing(self):
        # Inside a sandbox no further namespaces are to be had, and only the workspace is visible below /tmp.
        outer = self.write({f"suite/{name}": text for name, text in GREEN.items()})
        shutil.copy(RUNHARNESS, outer / "runharness")
        inner = "./runharness test suite --no-coverage --require-isolation contained"
        plain = inner.replace("--require-isolation contained", "--out /tmp/plain")
        (outer / "runharness.toml").write_text('exclude = ["suite"]\n[[suite]]\nid = "inner"\n'
                                               f'command = ["sh", "-c", "{inner}; test $? = 7 && {plain}"]\n')
        done = self.run_harness("test", outer)
        if "namespace" not in self.isolation_problem(done):
            self.assertEqual(done.code, 0, done.explain())

    @staticmethod
    def isolation_problem(done):
        """Why this host itself cannot isolate the outer run; empty where it can."""
        rows = done.suite["isolation"]["rows"]
        return "; ".join(row["mechanism"] for row in rows if row["state"] in ("degraded", "refused") and row["mechanism"] == "user namespace")

    def test_gates(self):
        project = self.write(GREEN)
        done = self.run_harness("test", project, "--no-coverage", "--min-tests", "2")
        self.assertEqual(done.code, 3, done.explain())
        self.assertEqual(done.report["gates"][0]["state"], "failed")

    def test_no_coverage_data_fails_a_coverage_gate(self):
        project = self.write(GREEN)
        done = self.run_harness("test", project, "--no-coverage", "--min-coverage", "1")
        self.assertEqual(done.code, 3, done.explain())
        self.assertEqual(done.report["gates"][0]["state"], "no_data")

    def test_tolerated_failures(self):
        project = self.write({"pytest.ini": "[pytest]\n", "test_a.py": "def test_a(): assert 0\ndef test_b(): pass\n"})
        self.assertEqual(self.run_harness("test", project, "--no-coverage", "--max-failures", "1").code, 0)
        done = self.run_harness("test", project, "--no-coverage")
        self.assertEqual(done.code, 1, done.explain())

    def test_reports_of_a_stored_run(self):
        project = self.write(GREEN)
        first = self.run_harness("test", project, "--no-coverage")
        again = self.run_harness("report", "--run", first.directory, "--report", f"json={self.folder}/again.json")
        self.assertEqual(again.code, 0, again.explain())
        old, new = first.report, json.loads((self.folder / "again.json").read_text())
        self.assertEqual(old["counts"], new["counts"])
        self.assertEqual(old["suites"][0]["tests"], new["suites"][0]["tests"])

    def test_the_default_run_directory_hides_itself_from_git(self):
        project = self.write(GREEN)
        subprocess.run(["git", "init", "-q", str(project)], check=True)
        done = subprocess.run([str(RUNHARNESS), "test", str(project), "--no-coverage"], cwd=project, env=clean_environment(),
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        status = subprocess.run(["git", "-C", str(project), "status", "--porcelain"], capture_output=True, text=True, check=True)
        self.assertEqual(sorted(status.stdout.split()), sorted(["??", "pytest.ini", "??", "test_a.py"]), "the suite and we left no file")
        (run,) = (project / ".runharness/runs").iterdir()
        self.assertTrue((run / "report.html").exists())

    def test_the_folder_of_an_earlier_run_is_used_again(self):
        project = self.write(GREEN)
        self.assertEqual(self.run_harness("test", project, "--no-coverage").code, 0)
        done = self.run_harness("test", project, "--no-coverage", "--", "-k", "none")
        self.assertEqual(done.code, 4, done.explain())
        self.assertEqual(done.report["counts"]["total"], 0)


class Custom(HarnessTest):
    JUNIT = '<testsuite name="s"><testcase name="a"/><testcase name="b"><failure message="boom"/></testcase></testsuite>'

    def project(self, command, junit=JUNIT, **more):
        lines = ["[[suite]]", 'id = "custom"', f"command = {json.dumps(command)}", 'results = "junit.xml"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
        return self.write({"runharness.toml": "\n".join(lines) + "\n", "junit.in": junit})

    def test_results_of_a_configured_command(self):
        done = self.run_harness("test", self.project(["sh", "-c", "cp junit.in junit.xml; exit 1"]))
        self.assertEqual(done.code, 1, done.explain())
        self.assertEqual(done.outcomes(), {"a": "passed", "b": "failed"})

    def test_exit_zero_against_failures_is_red(self):
        done = self.run_harness("test", self.project(["cp", "junit.in", "junit.xml"]))
        self.assertEqual(done.code, 1, done.explain())
        self.assertIn("exit-code-contradicts", {each["code"] for each in done.report["diagnostics"]})

    def test_truncated_results_are_kept_and_named(self):
        done = self.run_harness("test", self.project(["cp", "junit.in", "junit.xml"], self.JUNIT[:60]))
        self.assertEqual(done.code, 6, done.explain())
        self.assertIn("a", done.outcomes())
        (problem,) = [each for each in done.report["diagnostics"] if each["severity"] == "error"]
        self.assertIn("junit.xml", problem["subject"])

    def test_missing_results_are_never_green(self):
        done = self.run_harness("test", self.project(["true"]))
        self.assertEqual(done.code, 6, done.explain())

    def test_a_damaged_coverage_file_is_named(self):
        project = self.project(["sh", "-c", "echo '<testsuite><testcase name=\"a\"/></testsuite>' > junit.xml; echo rubbish > cov.info"], coverage="cov.info")
        done = self.run_harness("test", project, "--min-coverage", "1")
        self.assertEqual(done.code, 3, done.explain())
        self.assertTrue([each for each in done.report["diagnostics"] if "cov.info" in each["subject"]], done.explain())

    def test_a_missing_program(self):
        done = self.run_harness("test", self.project(["no-such-program"]))
        self.assertEqual(done.code, 5, done.explain())
        self.assertIn("no-such-program", done.suite["status_reason"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
