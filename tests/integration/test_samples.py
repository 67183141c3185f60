"""The samples that need no installation, in one run without network: every test is there, with the runner's own counts."""

import json
import pathlib
import shutil
import subprocess
import unittest

from harness import SAMPLES, HarnessTest, clean_environment

# folder: (tool, suite, counts that are not zero)
EXPECTED = {
    "cargo": ("cargo", "cargo:cargo", {"total": 20, "passed": 19, "skipped": 1}),
    "go": ("go", "go:go", {"total": 27, "passed": 27}),
    "node-test": ("node", "node-test:node:test", {"total": 13, "passed": 11, "skipped": 2}),
    "pytest": ("python3", "pytest:pytest", {"total": 21, "passed": 19, "skipped": 1, "expected_failures": 1}),
}
OFFLINE = {"CARGO_NET_OFFLINE": "true", "GOPROXY": "off", "npm_config_offline": "true", "PIP_NO_INDEX": "1",
           "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


def environment():
    """With the Python that ./dev has prepared for the pytest sample where the usual one has no pytest."""
    prepared = SAMPLES / "pytest/.venv"
    return clean_environment(**OFFLINE, **({"VIRTUAL_ENV": str(prepared)} if prepared.is_dir() else {}))


def has_pytest():
    pythons = (SAMPLES / "pytest/.venv/bin/python", shutil.which("python3"))
    return any(python and pathlib.Path(python).exists() and
               subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False).returncode == 0 for python in pythons)


class Samples(HarnessTest):
    def setUp(self):
        super().setUp()
        self.samples = [name for name, (tool, _, _) in EXPECTED.items() if shutil.which(tool) and (name != "pytest" or has_pytest())]
        missing = sorted(set(EXPECTED) - set(self.samples))
        if missing:
            print(f"NOT CHECKED, the tool is missing: {', '.join(missing)}")
        ignored = shutil.ignore_patterns(".runharness", ".venv", "target", "__pycache__")
        for name in self.samples:
            shutil.copytree(SAMPLES / name, self.folder / "project" / name, ignore=ignored)

    def test_counts(self):
        if not self.samples:
            self.skipTest("none of python3 with pytest, node, go, cargo is installed")
        done = self.run_harness("test", self.folder / "project", env=environment(), timeout=240)
        self.assertEqual(done.code, 0, done.explain())
        report = done.report
        suites = {suite["suite"]["id"]: suite for suite in report["suites"]}
        self.assertEqual(set(suites), {EXPECTED[name][1] for name in self.samples})
        for name in self.samples:
            _, suite, counts = EXPECTED[name]
            with self.subTest(suite=suite):
                self.check_suite(suites[suite], counts)
        self.assertEqual(report["counts"]["total"], sum(EXPECTED[name][2]["total"] for name in self.samples))

    def check_suite(self, suite, counts):
        # Subtests are not compared: pytest tells of them from version 9 on.
        found = {name: count for name, count in suite["counts"].items() if count and name != "subtests"}
        self.assertEqual(found, counts, json.dumps(suite["native"]))
        self.assertEqual(suite["status"], "passed")
        for figure in (suite["usage"]["cpu_ns"], suite["usage"]["peak_memory_bytes"]):
            self.assertTrue(figure["value"], figure["reason"])
        coverage = suite["coverage"]
        self.assertTrue(coverage["percent"] is not None or coverage["reason"], "no coverage and no reason")
        if suite["suite"]["runner"] == "go":
            self.assertEqual((coverage["basis"], coverage["totals"]["statements"]["hit"], coverage["totals"]["statements"]["found"]),
                             ("statements", 43, 49))


if __name__ == "__main__":
    unittest.main(verbosity=2)
