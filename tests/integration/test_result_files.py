"""What a suite can do with the files that its results are read from, and what is reported then."""

import json
import shutil
import subprocess
import sys
import unittest

from harness import RUNHARNESS, HarnessTest, Outcome, clean_environment, require

PASSED = '<testsuite name="s"><testcase classname="c" name="honest"/></testsuite>'
CONFIG = """
[[suite]]
id = "own"
root = "."
command = ["{python}", "suite.py"]
results = "out/results.xml"
"""


class Files(HarnessTest):
    def run_suite(self, program, *arguments):
        """A suite of one program, which writes out/results.xml."""
        project = self.write({"runharness.toml": CONFIG.format(python=sys.executable), "suite.py": program, "out/.keep": ""})
        return self.run_harness("test", project, "--no-coverage", *arguments)

    def codes(self, done):
        return [diagnostic["code"] for diagnostic in done.report["diagnostics"]]

    def assertNowhere(self, text, done):
        for path in done.directory.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.assertNotIn(text.encode(), path.read_bytes(), path)
        self.assertNotIn(text, done.stdout + done.stderr)


@require("python3")
class ResultFiles(Files):
    def test_a_result_file_that_passes_against_the_exit_code(self):
        for code in (1, 2, 7):
            done = self.run_suite(f"open('out/results.xml', 'w').write('''{PASSED}''')\nraise SystemExit({code})\n")
            self.assertEqual(done.code, 1, done.explain())
            self.assertEqual(done.suite["status"], "failed")
            self.assertIn("unexplained-failure", self.codes(done))

    def test_a_daemon_that_goes_on_forging_results(self):
        """Only what the file holds at the death of the whole tree counts."""
        done = self.run_suite("""
import os, sys
to_main, from_daemon = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    number = 0
    while True:  # until it is killed
        number += 1
        with open("out/next", "w") as file:
            file.write(f'<testsuite><testcase classname="c" name="forged {number}"/></testsuite>')
        os.rename("out/next", "out/results.xml")
        if number == 3:
            os.write(from_daemon, b"x")
os.read(to_main, 1)
""")
        self.assertEqual(done.code, 0, done.explain())
        (test,) = done.suite["tests"]
        self.assertIn(f'name="{test["test"]["name"]}"', (self.folder / "project/out/results.xml").read_text())
        self.assertIn("leftover-process", self.codes(done))

    def test_links_to_files_of_the_host(self):
        """With isolation the private HOME hides the canary, so the link must be one that the runner could read."""
        canary = self.folder / "canary.xml"
        canary.write_text(PASSED.replace("honest", "canary-of-the-host"))
        folder = self.folder / "folder"
        folder.mkdir()
        (folder / "results.xml").write_text(canary.read_text())
        for program in (f"import os; os.symlink({str(canary)!r}, 'out/results.xml')",
                        f"import os, shutil; shutil.rmtree('out'); os.symlink({str(folder)!r}, 'out')"):
            self.folder.joinpath("project/out").unlink() if self.folder.joinpath("project/out").is_symlink() else None
            done = self.run_suite(program)
            self.assertEqual(done.code, 6, done.explain())
            self.assertIn("results-not-regular", self.codes(done))
            self.assertEqual(done.suite["tests"], [])
            self.assertNowhere("canary-of-the-host", done)
            (self.folder / "project/out/results.xml").unlink()

    def test_pipes_and_sockets_do_not_block(self):
        for program in ("import os; os.mkfifo('out/results.xml')",
                        "import socket; socket.socket(socket.AF_UNIX).bind('out/results.xml')",
                        "import os; os.mkdir('out/results.xml')"):
            done = self.run_suite(program)
            self.assertEqual(done.code, 6, done.explain())
            self.assertIn("results-not-regular", self.codes(done))
            path = self.folder / "project/out/results.xml"
            path.rmdir() if path.is_dir() else path.unlink()

    def test_a_sparse_file_of_a_tebibyte(self):
        done = self.run_suite(f"file = open('out/results.xml', 'w')\nfile.write('''{PASSED}''')\nfile.truncate(1 << 40)\n")
        self.assertEqual(done.code, 6, done.explain())
        (diagnostic,) = [each for each in done.report["diagnostics"] if each["code"] == "results-too-large"]
        self.assertIn("1.0 TiB", diagnostic["message"])
        self.assertIn("4.0 KiB", diagnostic["message"])


@require("python3", "pytest")
class EventFile(Files):
    """The one file that is read while the suite runs."""

    # The plugin takes the variable out of os.environ, which hides it from nobody who looks for it.
    FIND_EVENTS = """
import os, pathlib
ENVIRONMENT = dict(entry.split(b"=", 1) for entry in pathlib.Path("/proc/self/environ").read_bytes().split(b"\\0") if entry)
EVENTS = pathlib.Path(os.fsdecode(ENVIRONMENT[b"RUNHARNESS_EVENTS"]))
"""

    # Once the runner has read the first test, so that it holds the file.
    WAIT = """
def wait():
    while not pathlib.Path("go").exists():
        os.sched_yield()
"""

    def project(self, body, first="assert False, 'must stay red'"):
        return self.write({"pytest.ini": "[pytest]\n", "test_events.py": f"{self.FIND_EVENTS}{self.WAIT}\ndef test_first():\n    {first}\n{body}"})

    def check(self, body, code, first="assert False, 'must stay red'"):
        project = self.project(body, first)
        (project / "go").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        process, directory = self.start_harness(project, "--no-coverage", "--timeout", "60s")
        self.wait_for_event(process, directory, "test_finished")
        (project / "go").touch()
        output, errors = process.communicate(timeout=90)
        done = Outcome(process.returncode, output, errors, directory)
        self.assertIn(code, self.codes(done), done.explain())
        return done

    def test_cut(self):
        done = self.check("\ndef test_cut():\n    wait()\n    os.truncate(EVENTS, 0)\n", "results-overwritten")
        self.assertEqual(done.code, 6, done.explain())
        self.assertEqual(done.outcomes()["test_first"], "failed")

    def test_replaced(self):
        for make in ("os.mkfifo(EVENTS)", "os.symlink('/etc/passwd', EVENTS)", "EVENTS.write_text('')", "EVENTS.mkdir()", "None"):
            body = f"\ndef test_replace():\n    wait()\n    EVENTS.unlink()\n    {make}\n"
            done = self.check(body, "results-replaced")
            self.assertEqual(done.outcomes()["test_first"], "failed", make)
            self.assertEqual(done.code, 1, done.explain())
            self.assertNowhere("root:x:0:0", done)
        self.assertEqual(self.check(body, "results-replaced", first="pass").code, 6, "never green")

    def test_grows_without_end(self):
        project = self.project("\ndef test_flood():\n    with open(EVENTS, 'ab') as file:\n        while True:\n"
                               "            file.write(b'{\"e\":\"expected\",\"count\":0,\"pad\":\"' + b'x' * 60000 + b'\"}\\n')\n")
        done = self.run_harness("test", project, "--no-coverage", "--timeout", "60s", "--file-size", "64M")
        self.assertIn(done.code, (1, 6), done.explain())
        self.assertEqual(done.outcomes()["test_first"], "failed")

    def test_a_run_folder_full_of_odd_things_is_used_again(self):
        body = """
def test_leave():
    out = EVENTS.parent
    for name in (b"new\\nline", b"\\x1b[31m", b"\\xff\\xfe", b"-rf", b"n" * 255):
        (pathlib.Path(os.fsdecode(os.path.join(os.fsencode(out), name)))).write_text("x")
    (out / "closed").mkdir()
    (out / "closed/inner").mkdir()
    (out / "closed/inner/file").write_text("x")
    (out / "closed/inner").chmod(0)
    (out / "closed").chmod(0)
    os.symlink("/", out / "root")
    os.mkfifo(out / "pipe")
    at = os.open(out, os.O_RDONLY)
    for _ in range(5000):
        os.mkdir("d", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
"""
        for _ in range(2):
            done = self.run_harness("test", self.project(body), "--no-coverage")
            self.assertEqual(done.code, 1, done.explain())
            self.assertEqual(done.outcomes()["test_leave"], "passed", done.explain())
            json.loads((done.directory / "report.json").read_bytes())
        # The next run took the first one's folder; this test's own cleaning could not.
        self.addCleanup(self.run_harness, "test", self.write({"test_empty.py": "def test_nothing():\n    pass\n", "test_events.py": ""}), "--no-coverage")


@require("python3", "pytest")
class RepositoryFiles(Files):
    """What a repository brings along leads neither the runner nor its suites to places outside of it."""

    def setUp(self):
        super().setUp()
        self.victim = self.folder / "home/.ssh"
        self.victim.mkdir(parents=True)
        (self.victim / "id").write_text("canary")

    def run_project(self, files, *arguments):
        project = self.write({"pytest.ini": "[pytest]\n", **files})
        return self.run_harness("test", project, "--no-coverage", *arguments, env=clean_environment(HOME=str(self.folder / "home")))

    def check_victim(self):
        self.assertEqual(sorted(path.name for path in self.victim.iterdir()), ["id"])
        self.assertEqual((self.victim / "id").read_text(), "canary")

    def test_links_in_the_folder_of_state(self):
        test = "import pathlib\n\ndef test_state():\n    for path in pathlib.Path('.runharness').rglob('*'):\n" \
               "        try:\n            (path / 'written').write_text('x')\n        except OSError:\n            pass\n"
        done = self.run_project({"test_state.py": test})
        (cache,) = (self.folder / "project/.runharness/cache").iterdir()
        for name in (f".runharness/cache/{cache.name}", ".runharness/cache", ".runharness/runs", ".runharness"):
            with self.subTest(link=name):
                shutil.rmtree(self.folder / "project/.runharness", ignore_errors=True)
                link = self.folder / "project" / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(self.victim)
                for preset in ("local", "strict"):
                    done = self.run_project({}, "--preset", preset)
                    self.assertIn(done.code, (0, 5), done.explain())
                    self.check_victim()
                link.unlink()

    def test_reports_and_runs_elsewhere(self):
        for config in (f'out = "{self.victim}"', f'[reports]\nmarkdown = "{self.victim}/id"', '[reports]\nmarkdown = "link/id"'):
            with self.subTest(config=config):
                project = self.write({"runharness.toml": config + "\n", "test_a.py": "def test_a():\n    pass\n"})
                if not (project / "link").is_symlink():
                    (project / "link").symlink_to(self.victim)
                subprocess.run([RUNHARNESS, "test", project, "--no-coverage"], cwd=self.folder, env=clean_environment(), capture_output=True,
                               stdin=subprocess.DEVNULL, check=False, timeout=120)
                self.check_victim()

    def test_a_report_whose_folder_became_a_link(self):
        test = f"import os\n\ndef test_swap():\n    os.rename('reports', 'old')\n    os.symlink({str(self.victim)!r}, 'reports')\n"
        self.write({"reports/.keep": ""})
        self.run_project({"test_swap.py": test}, "--report", f"markdown={self.folder / 'project/reports/id'}")
        self.check_victim()


if __name__ == "__main__":
    unittest.main()
