"""The conformance suite of the protocol, at the newest revision of each era, against the fixture server. Every scenario that is
scored for the revision must pass; those that are not (extensions, pending ones) are run by the suite and printed."""

import os
import subprocess
import tempfile
import unittest

from mcp_harness import HttpServer, need
from referees import CONFORMANCE, NODE, main

SCORED = {"2025-11-25": 30, "2026-07-28": 37}


class ConformanceTest(unittest.TestCase):
    def check(self, revision):
        node = need(NODE)
        suite = need(CONFORMANCE)
        with tempfile.TemporaryDirectory() as out, HttpServer(fixture=True) as server:
            done = subprocess.run([node, suite, "server", "--url", server.url, "--requirements", revision, "-o", out],
                                  capture_output=True, text=True, cwd=out, timeout=240,
                                  env={**os.environ, "PATH": f"{node.parent}:{os.environ['PATH']}"})
        summary = done.stdout[done.stdout.find("=== SUMMARY ==="):]
        self.assertEqual(done.returncode, 0, summary + done.stderr)
        unscored = summary[summary.find("Not scored"):] if "Not scored" in summary else ""
        names = {line.split()[1] for line in unscored.splitlines() if line.strip().startswith(("✓", "✗"))}
        head = summary[:summary.find("Total:")]
        scored = [line for line in head.splitlines()
                  if line.startswith(("✓", "✗")) and line.split()[1].rstrip(":") not in names]
        self.assertEqual([line for line in scored if not line.startswith("✓")], [], summary)
        self.assertEqual(len(scored), SCORED[revision], summary)

    def test_legacy(self):
        self.check("2025-11-25")

    def test_modern(self):
        self.check("2026-07-28")


if __name__ == "__main__":
    main()
