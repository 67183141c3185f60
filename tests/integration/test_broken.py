"""Every suite of samples/broken ends with the right ending and exit code, with valid reports, and leaves nothing behind."""

import sys
import unittest
import xml.etree.ElementTree

from harness import HarnessTest, require

# sample: (exit code, suite status, ending of the test step or None, outcomes that must be there)
EXPECTED = {
    "pytest-failing": (1, "failed", "exited", {"failed", "errored", "skipped", "expected_failure", "unexpected_pass", "passed"}),
    "pytest-crash": (6, "crashed", "signaled", {"crashed", "passed"}),
    "pytest-exit0": (6, "crashed", "exited", {"crashed"}),
    "pytest-loop": (6, "limit", "wall_time", {"timed_out"}),
    "pytest-memory": (6, "limit", "memory", {"crashed"}),
    "pytest-flood": (6, "limit", "output_limit", {"crashed"}),
    "pytest-collection-error": (5, "broken", "exited", {"errored"}),
    "pytest-empty": (4, "no_tests", "exited", set()),
    "node-failing": (1, "failed", "exited", {"failed", "skipped", "passed"}),
    "node-exit": (6, "crashed", "exited", {"crashed"}),
    "node-signal": (6, "crashed", "exited", {"crashed"}),
    "node-build-error": (5, "broken", "exited", {"errored"}),
    "go-failing": (1, "failed", "exited", {"failed", "skipped", "passed"}),
    "go-exit": (6, "crashed", "exited", {"crashed"}),
    "go-timeout-loop": (6, "limit", "wall_time", {"timed_out"}),
    "go-build-error": (5, "broken", "exited", {"passed"}),
    "cargo-failing": (1, "failed", "exited", {"failed", "skipped", "passed"}),
    "cargo-abort": (6, "crashed", "signaled", {"crashed"}),
    "cargo-exit0": (6, "crashed", "exited", {"crashed"}),
    "cargo-loop": (6, "limit", "wall_time", {"timed_out"}),
    "cargo-build-error": (5, "broken", None, set()),
}

LIMITS = ("--no-coverage", "--timeout", "6s", "--memory", "512M", "--output-limit", "20M", "--grace", "500ms")
TOOLS = {"pytest": ("python3",), "node": ("node",), "go": ("go",), "cargo": ("cargo",)}


class Broken(HarnessTest):
    def check(self, sample):
        code, status, ending, outcomes = EXPECTED[sample]
        project = self.copy(f"broken/{sample}")
        done = self.run_harness("test", project, *LIMITS)
        self.assertEqual(done.code, code, done.explain())
        report = done.report
        self.assertEqual(report["exit_code"], code)
        self.assertEqual(done.suite["status"], status, done.explain())
        if ending:
            self.assertEqual(done.test_step()["ending"], ending)
        seen = {test["outcome"] for test in done.suite["tests"]}
        self.assertLessEqual(outcomes, seen, done.explain())
        self.check_reports(done, code)
        self.assertNothingLeft(str(project))

    def check_reports(self, done, code):
        root = xml.etree.ElementTree.parse(done.directory / "junit.xml").getroot()
        bad = root.findall(".//testcase/failure") + root.findall(".//testcase/error")
        if code not in (0, 4):
            self.assertTrue(bad, "a red run must not look green to a JUnit consumer")
        for name in ("report.html", "summary.md", "lcov.info"):
            self.assertTrue((done.directory / name).exists(), name)
        for test in done.suite["tests"]:
            if test["outcome"] in ("failed", "errored", "crashed", "timed_out"):
                self.assertTrue(done.report["rerun_commands"].get(test["test"]["id"]), test["test"]["id"])


def add_case(sample):
    tools = TOOLS[sample.split("-")[0]]
    method = require(*tools)(lambda self: self.check(sample))
    setattr(Broken, "test_" + sample.replace("-", "_"), method)


for each in EXPECTED:
    add_case(each)

if __name__ == "__main__":
    # An ecosystem's name picks its cases.
    if len(sys.argv) > 1 and sys.argv[1] in TOOLS:
        prefix = f"test_{sys.argv.pop(1)}_"
        cases = unittest.TestSuite(Broken(name) for name in unittest.TestLoader().getTestCaseNames(Broken) if name.startswith(prefix))
        sys.exit(not unittest.TextTestRunner(verbosity=2).run(cases).wasSuccessful())
    unittest.main(verbosity=2)
