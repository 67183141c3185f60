"""Runs the built runharness on a folder and hands back everything that a person or a CI job would see."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RUNHARNESS = pathlib.Path(os.environ.get("RUNHARNESS", REPOSITORY / "build/dev/runharness")).resolve()
SAMPLES = REPOSITORY / "samples"


class Outcome:
    """One finished call: exit code, output, and the reports of its run directory."""

    def __init__(self, code, stdout, stderr, directory):
        self.code, self.stdout, self.stderr, self.directory = code, stdout, stderr, directory

    @property
    def report(self):
        return json.loads((self.directory / "report.json").read_text(encoding="utf-8"))

    @property
    def suite(self):
        (only,) = self.report["suites"]
        return only

    def test_step(self):
        return next(step for step in self.suite["steps"] if step["kind"] == "test")

    def outcomes(self):
        """Name of each test -> outcome of its last attempt."""
        return {test["test"]["name"]: test["outcome"] for suite in self.report["suites"] for test in suite["tests"]}

    def explain(self):
        return f"exit code {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def clean_environment(**extra):
    """The caller's environment without what would change runharness's defaults."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNHARNESS") and name != "CI"}
    environment.update(extra)
    return environment


class HarnessTest(unittest.TestCase):
    """Gives each test a temporary folder; suites are copied into it, so that no test leaves anything behind."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rh-integration-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def copy(self, sample):
        target = self.folder / "project"
        shutil.copytree(SAMPLES / sample, target, ignore=shutil.ignore_patterns(".runharness", "target", "__pycache__"), symlinks=True)
        return target

    def write(self, files):
        """A project of the given files: {relative path: text}."""
        project = self.folder / "project"
        for path, text in files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        project.mkdir(exist_ok=True)
        return project

    def run_harness(self, *arguments, cwd=None, env=None, timeout=120):
        directory = self.folder / "run"
        if arguments and arguments[0] == "test" and "--out" not in arguments and "--plan" not in arguments:
            arguments = ("test", "--out", str(directory), *arguments[1:])
        done = subprocess.run([str(RUNHARNESS), *map(str, arguments)], cwd=cwd or self.folder, env=env or clean_environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr, directory)

    def start_harness(self, *arguments, env=None):
        """A run in the background: (process, run directory)."""
        directory = self.folder / "run"
        process = subprocess.Popen([str(RUNHARNESS), "test", "--out", str(directory), *map(str, arguments)], cwd=self.folder,
                                   env=env or clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, errors="replace")
        self.addCleanup(self._reap, process)
        return process, directory

    @staticmethod
    def _reap(process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()

    def wait_for_event(self, process, directory, kind):
        """Blocks until the event log holds an event of that kind, or the run ends."""
        log = directory / "events.jsonl"
        while process.poll() is None:
            if log.exists() and f'"event":"{kind}"' in log.read_text(errors="replace"):
                return
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                pass
        self.fail(f"the run ended before a {kind} event: {process.communicate()}")

    def assertNothingLeft(self, marker):
        """No process on the machine has `marker` in its command line, and no mount of a run is left. The kernel ends
        the tree of a killed runner a moment after the runner itself, hence the deadline."""
        deadline = time.monotonic() + 10
        while self._processes_with(marker) and time.monotonic() < deadline:
            os.sched_yield()
        self.assertEqual(self._processes_with(marker), [], "processes are left")
        self.assertNotIn(marker, pathlib.Path("/proc/self/mountinfo").read_text())

    @staticmethod
    def _processes_with(marker):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if marker in command:
                found.append((entry.name, command))
        return found


def require(*tools):
    """Skips a test, naming the tools that are missing."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")
