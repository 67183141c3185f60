"""History, flake ledger and quarantine as a script or a person meets them."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import unittest

from harness import RUNHARNESS, HarnessTest, clean_environment

# A suite that costs next to nothing: each line of `plan` is a test and its outcome.
SUITE = """
{ echo '<testsuite name="s">'
while read -r name outcome; do
  echo "<testcase classname='c' name='$name' time='0.01'>"
  [ "$outcome" = passed ] || { echo '<failure message="no"/>'; status=1; }
  echo '</testcase>'
done < plan
echo '</testsuite>'; } > junit.xml
exit ${status:-0}
"""
CONFIG = """
[[suite]]
id = "s"
command = ["sh", "suite.sh"]
results = "junit.xml"
"""
ENTRY = '[[test]]\nid = "{id}"\nowner = "@team"\nreason = "races"\nexpires = {expires}\n'


class History(HarnessTest):
    def project(self, **files):
        project = self.write({"runharness.toml": CONFIG, "suite.sh": SUITE, "plan": "one passed\ntwo passed\n", **files})
        self.git("init", "-q", "-b", "main")
        (project / ".gitignore").write_text("junit.xml\n")
        self.commit("first")
        return project

    def git(self, *arguments):
        return subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(self.folder / "project"), *arguments],
                              check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def plan(self, **outcomes):
        (self.folder / "project/plan").write_text("".join(f"{name} {outcome}\n" for name, outcome in outcomes.items()))

    def run_tests(self, *arguments, code=0):
        done = subprocess.run([str(RUNHARNESS), "test", "--no-coverage", *map(str, arguments)], cwd=self.folder / "project",
                              env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def history(self, *arguments, code=0, env=None):
        done = subprocess.run([str(RUNHARNESS), "history", *map(str, arguments)], cwd=self.folder / "project",
                              env=env or clean_environment(LANG="C.UTF-8"), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def report(self):
        runs = self.folder / "project/.runharness/runs"
        return json.loads((sorted(runs.iterdir())[-1] / "report.json").read_text())


class Questions(History):
    def test_an_empty_history(self):
        self.project()
        self.assertIn("no run is stored", self.history("list").stdout)
        self.assertEqual(json.loads(self.history("list", "--json").stdout)["runs"], [])
        self.assertIn("no run is stored", self.history("show", code=2).stderr)
        self.assertIn("no run is stored", self.history("trend", code=2).stderr)

    def test_list_show_and_trend(self):
        self.project()
        for _ in range(3):
            self.run_tests()
        listed = json.loads(self.history("list", "--json").stdout)
        self.assertEqual(listed["schema"], "runharness.history.list")
        self.assertEqual(len(listed["runs"]), 3)
        newest = listed["runs"][0]
        self.assertEqual(newest["git_commit"], self.git("rev-parse", "HEAD"))
        self.assertEqual(newest["branch"], "main")
        self.assertFalse(newest["git_dirty"])
        self.assertEqual(newest["tests"]["total"], 2)
        self.assertIn("and 1 older", self.history("list", "-n", "2").stdout)

        shown = json.loads(self.history("show", newest["id"][:20], "--json").stdout)
        self.assertEqual([test["id"] for test in shown["tests"]], ["s::c::one", "s::c::two"])
        self.assertEqual(shown["suites"][0]["status"], "passed")
        text = self.history("show").stdout
        for word in (newest["id"], "s::c::one", "passed", "main"):
            self.assertIn(word, text)

        trend = json.loads(self.history("trend", "s::c::one", "--json").stdout)
        self.assertEqual((trend["kind"], trend["subject"], len(trend["points"])), ("test", "s::c::one", 3))
        self.assertEqual(trend["points"][0]["wall_ns"], 10_000_000)
        text = self.history("trend", "c::two").stdout
        self.assertIn("10 ms to 10 ms", text)
        self.assertTrue(any(0x2581 <= ord(character) <= 0x2588 for character in text), text)
        self.assertTrue(self.history("trend", env=clean_environment(LC_ALL="C")).stdout.isascii())
        self.assertIn("no stored run has measured coverage", self.history("trend", "coverage").stdout)

    def test_what_is_not_there_is_answered_with_the_nearest(self):
        self.project()
        self.run_tests()
        run = json.loads(self.history("list", "--json").stdout)["runs"][0]["id"]
        self.assertIn(f"did you mean {run}?", self.history("show", run[:-1] + "?", code=2).stderr)
        self.assertIn("did you mean s::c::one?", self.history("trend", "s::c::onne", code=2).stderr)
        self.assertIn("did you mean list?", self.history("lists", code=2).stderr)
        self.assertIn("--keep", self.history("prune", code=2).stderr)
        self.assertIn("-n", self.history("list", "-n", "few", code=2).stderr)
        self.assertIn("history show RUN", self.history("show", "a", "b", code=2).stderr)

    def test_flaky_tests(self):
        self.project()
        for outcome in ("passed", "failed", "passed", "failed"):
            self.plan(one=outcome, two="passed")
            self.run_tests(code=int(outcome == "failed"))
        self.assertIn("no test changed", self.history("flaky").stdout)  # the work tree was changed each time
        self.plan(one="passed", two="passed")
        self.git("update-index", "--assume-unchanged", "plan")
        for outcome in ("passed", "failed", "passed"):
            self.plan(one=outcome, two="passed")
            self.run_tests(code=int(outcome == "failed"))
        (flaky,) = json.loads(self.history("flaky", "--json").stdout)["tests"]
        self.assertEqual(flaky["id"], "s::c::one")
        # Five results with a clean tree: the two that passed in the beginning left the plan as it was committed.
        self.assertEqual((flaky["rate"]["flips"], flaky["rate"]["chances"]), (2, 4))
        self.assertAlmostEqual(flaky["rate"]["low"], 0.1500, places=4)
        self.assertIn("15.0 % to 85.0 %", self.history("flaky").stdout)
        self.run_tests()
        test = self.report()["suites"][0]["tests"][0]
        self.assertEqual(test["flake_rate"]["flips"], 2)
        self.assertEqual(len(test["past"]), 7)

    def test_no_history(self):
        project = self.project()
        self.run_tests("--no-history")
        self.assertFalse((project / ".runharness/history.db").exists())


class Upkeep(History):
    def test_prune_with_run_directories(self):
        project = self.project()
        for _ in range(4):
            self.run_tests()
        runs = project / ".runharness/runs"
        # Run directories of long ago, by the time within their names.
        for number in range(3):
            (runs / f"0180000{number}-0000-7000-8000-000000000000").mkdir()
        tried = json.loads(self.history("prune", "--keep", "2", "--run-directories", "--dry-run", "--json").stdout)
        self.assertEqual((tried["runs_removed"], tried["folders_removed"]), (2, 3))
        self.assertEqual(len(list(runs.iterdir())), 7)
        self.assertIn("began within the last minute", "".join(tried["folders_kept"]))
        done = self.history("prune", "--keep", "2", "--run-directories").stdout
        self.assertIn("removed 2 runs of the history, 2 left", done)
        self.assertEqual(len(list(runs.iterdir())), 4)
        self.assertEqual(len(json.loads(self.history("list", "--json").stdout)["runs"]), 2)
        self.history("prune", "--older-than", "90d")
        self.assertEqual(len(json.loads(self.history("list", "--json").stdout)["runs"]), 2)

    def test_a_damaged_and_a_newer_file(self):
        project = self.project()
        self.run_tests()
        store = project / ".runharness/history.db"
        connection = sqlite3.connect(store)
        connection.execute("PRAGMA user_version=99")
        connection.close()
        done = self.run_tests()
        self.assertIn("schema version 99", done.stdout + done.stderr)
        self.assertIn("schema version 99", self.history_error())
        for side in ("", "-wal", "-shm"):
            pathlib.Path(f"{store}{side}").unlink(missing_ok=True)
        store.write_bytes(os.urandom(16384))
        before = store.read_bytes()
        self.assertIn("damaged", self.run_tests().stdout)
        self.assertIn("history-not-read", [each["code"] for each in self.report()["diagnostics"]])
        self.assertEqual(store.read_bytes(), before, "somebody may want to mend it")
        store.unlink()
        self.run_tests()
        self.assertEqual(len(json.loads(self.history("list", "--json").stdout)["runs"]), 1)

    def history_error(self):
        done = subprocess.run([str(RUNHARNESS), "history", "list"], cwd=self.folder / "project", env=clean_environment(),
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_runs_side_by_side_and_killed_ones(self):
        project = self.project()
        command = [str(RUNHARNESS), "test", "--no-coverage", "-q"]
        running = [subprocess.Popen(command, cwd=project, env=clean_environment(), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(6)]
        # They write the same junit.xml, so one may find another's half-written: that is no matter of the history.
        for process in running:
            self.assertIn(process.wait(), (0, 6))
        self.assertEqual(len(json.loads(self.history("list", "--json").stdout)["runs"]), 6)
        (project / "suite.sh").write_text("echo begun > begun; sleep 600\n")
        process = subprocess.Popen(command, cwd=project, env=clean_environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self._reap, process)
        while not (project / "begun").exists():
            self.assertIsNone(process.poll())
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(len(json.loads(self.history("list", "--json").stdout)["runs"]), 6)
        store = sqlite3.connect(project / ".runharness/history.db")
        self.assertEqual(store.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        self.assertLessEqual(store.execute("SELECT count(*) FROM test_results").fetchone()[0], 12)
        store.close()


class Quarantine(History):
    def test_a_quarantined_failure_does_not_count(self):
        self.project(plan="one failed\ntwo passed\n")
        self.run_tests(code=1)
        added = self.history("quarantine", "add", "s::c::one", "--owner", "@team", "--reason", "races", "--expires", "30d")
        self.assertIn("commit runharness.quarantine.toml", added.stdout)
        done = self.run_tests()
        report = self.report()
        self.assertEqual(report["counts"]["quarantined"], 1)
        self.assertEqual(report["counts"]["failed"], 1)
        self.assertEqual(report["suites"][0]["tests"][0]["quarantine"]["owner"], "@team")
        self.assertIn("failed c > one", done.stdout, "it is shown all the same")
        self.assertRegex(done.stdout, r"in quarantine until \d{4}-\d\d-\d\d \(@team\): does not count")
        self.assertRegex(done.stdout, r"PASSED 2 tests .*, 1 failed in quarantine")
        self.plan(one="failed", two="failed")
        self.run_tests(code=1)
        self.run_tests("--no-quarantine", code=1)

    def test_an_expired_entry_blocks(self):
        project = self.project()
        (project / "runharness.quarantine.toml").write_text(ENTRY.format(id="s::c::one", expires="2020-01-01"))
        done = self.run_tests(code=3)
        self.assertIn("quarantine.expired", done.stdout)
        self.plan(one="failed", two="passed")
        self.run_tests(code=1)
        self.assertEqual(self.report()["counts"]["quarantined"], 0)

    def test_a_wrong_file_is_a_configuration_error(self):
        project = self.project()
        (project / "runharness.quarantine.toml").write_text('[[test]]\nid = "x"\nowner = "o"\n')
        done = self.run_tests(code=2)
        self.assertIn("runharness.quarantine.toml:1", done.stderr)
        self.assertIn("reason", done.stderr)

    def test_entries_that_match_nothing(self):
        project = self.project()
        (project / "runharness.quarantine.toml").write_text(ENTRY.format(id="s::c::gone", expires="2999-01-01"))
        self.assertIn("s::c::gone", self.run_tests().stdout)
        self.assertIn("quarantine-unmatched", [each["code"] for each in self.report()["diagnostics"]])

    def test_code_that_is_not_trusted_cannot_quarantine_itself(self):
        project = self.project(plan="one failed\ntwo passed\n")
        (project / "runharness.quarantine.toml").write_text(ENTRY.format(id="s::c::one", expires="2999-01-01"))
        self.run_tests()
        self.run_tests("--preset", "strict", code=1)
        self.assertIn("quarantine-not-trusted", [each["code"] for each in self.report()["diagnostics"]])
        self.run_tests("--preset", "strict", "--quarantine")

    def test_add_list_and_remove(self):
        project = self.project()
        self.run_tests()
        add = ("quarantine", "add", "s::c::one", "--owner", "@team", "--reason", 'says "no"', "--expires", "2999-12-31")
        self.history(*add)
        self.assertIn("is there already", self.history(*add, code=2).stderr)
        self.assertIn("--reason", self.history("quarantine", "add", "x", "--owner", "o", "--expires", "1d", code=2).stderr)
        self.assertIn("2020-01-01", self.history("quarantine", "add", "x", "--owner", "o", "--reason", "r", "--expires",
                                                "2020-01-01", code=2).stderr)
        unknown = self.history("quarantine", "add", "s::c::tow", "--owner", "o", "--reason", "r", "--expires", "5d")
        self.assertIn("no stored run has a test", unknown.stderr)
        listed = json.loads(self.history("quarantine", "list", "--json").stdout)
        self.assertEqual([entry["id"] for entry in listed["entries"]], ["s::c::tow", "s::c::one"])
        self.assertEqual(listed["entries"][1]["quarantine"]["reason"], 'says "no"')
        self.assertEqual(listed["entries"][0]["days_left"], 5)
        self.assertIn("2999-12-31", self.history("quarantine").stdout)
        self.assertIn("did you mean s::c::tow?", self.history("quarantine", "remove", "s::c::two", code=2).stderr)
        self.history("quarantine", "remove", "s::c::tow")
        self.history("quarantine", "remove", "s::c::one")
        self.assertIn("no test is in quarantine", self.history("quarantine", "list").stdout)
        self.assertEqual((project / "runharness.quarantine.toml").read_text().strip(), "")


class Regressions(History):
    RULE = CONFIG + """
[[gates.rule]]
kind = "resources.regression"
of = "wall"
min_time = "200ms"
"""

    def test_it_says_when_it_cannot_judge_and_finds_what_it_can(self):
        project = self.project(**{"runharness.toml": self.RULE})
        done = self.run_tests()
        self.assertIn("resources.regression", done.stdout)
        (gate,) = self.report()["gates"]
        self.assertEqual((gate["state"], gate["blocks"]), ("no_data", False))
        for _ in range(7):
            self.run_tests()
        (project / "suite.sh").write_text("sleep 1\n" + SUITE)
        self.commit("slower")
        self.run_tests()
        (gate,) = self.report()["gates"]
        self.assertEqual(gate["state"], "no_data")
        self.assertIn("1 more run of this commit", gate["message"])
        self.run_tests(code=3)
        (gate,) = self.report()["gates"]
        self.assertEqual((gate["state"], gate["culprits"][0]["subject"]), ("failed", "s"))
        self.assertIn("2 runs against 8 of the base", gate["culprits"][0]["note"])


if __name__ == "__main__":
    unittest.main()
