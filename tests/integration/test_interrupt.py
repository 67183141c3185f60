"""INT, TERM and the deadline at any moment: the tree is gone, every report is written, the exit code says why."""

import json
import signal
import unittest

from harness import HarnessTest, clean_environment, require

SUITE = {
    "test_a.py": "def test_first():\n    pass\n",
    "test_b.py": "import time\n\ndef test_hangs():\n    while True:\n        time.sleep(60)  # rh-marker\n",
    "pytest.ini": "[pytest]\n",
}


@require("python3")
class Interrupt(HarnessTest):
    def interrupt_with(self, number):
        project = self.write(SUITE)
        process, directory = self.start_harness(project, "--no-coverage", "--grace", "200ms")
        self.wait_for_event(process, directory, "test_finished")
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
        return process.returncode, directory, output + errors, project

    def check(self, number, code):
        returned, directory, output, project = self.interrupt_with(number)
        self.assertEqual(returned, code, output)
        report = json.loads((directory / "report.json").read_text())
        self.assertEqual(report["exit_code"], code)
        self.assertTrue(report["complete"])
        outcomes = {test["test"]["name"]: test["outcome"] for test in report["suites"][0]["tests"]}
        self.assertEqual(outcomes["test_first"], "passed", "what finished is kept")
        self.assertEqual(report["suites"][0]["status"], "cancelled")
        for name in ("report.html", "junit.xml", "summary.md"):
            self.assertTrue((directory / name).exists(), name)
        self.assertNothingLeft(str(project))

    def test_int(self):
        self.check(signal.SIGINT, 130)

    def test_term(self):
        self.check(signal.SIGTERM, 143)

    def test_a_second_int_exits_at_once(self):
        project = self.write({**SUITE, "test_b.py": "import signal, time\n\ndef test_hangs():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    while True:\n        time.sleep(60)\n"})
        process, directory = self.start_harness(project, "--no-coverage", "--grace", "60s")
        self.wait_for_event(process, directory, "test_finished")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertNothingLeft(str(project))

    def test_the_deadline_of_the_run(self):
        project = self.write(SUITE)
        done = self.run_harness("test", project, "--no-coverage", "--deadline", "3s", "--grace", "200ms")
        self.assertEqual(done.code, 124, done.explain())
        self.assertTrue((done.directory / "report.html").exists())

    def test_a_killed_run_can_be_reported(self):
        project = self.write(SUITE)
        process, directory = self.start_harness(project, "--no-coverage")
        self.wait_for_event(process, directory, "test_finished")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        self.assertNothingLeft(str(project))
        done = self.run_harness("report", "--run", directory, "--json")
        self.assertEqual(done.code, 6, done.explain())
        report = json.loads(done.stdout)
        self.assertFalse(report["complete"])
        outcomes = {test["test"]["name"]: test["outcome"] for test in report["suites"][0]["tests"]}
        self.assertEqual(outcomes["test_first"], "passed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
