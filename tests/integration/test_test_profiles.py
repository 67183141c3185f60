"""`test --profile` on suites whose tests burn CPU time in functions of their own: the right function is the hottest of the
right test, and tests that run side by side in one process are not blamed for each other's work."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from harness import HarnessTest, clean_environment, require

PYTHON_BURN = """
import time

def {name}(seconds=0.3):
    end = time.process_time() + seconds
    total = 0
    while time.process_time() < end:
        total += sum(range(50))
    return total
"""

NODE_BURN = """
function {name}() {{
  const begin = process.cpuUsage();
  let total = 0;
  for (;;) {{
    for (let i = 0; i < 20000; i++) total = (total * 31 + i) % 1000003;
    if (process.cpuUsage(begin).user > 300000) return total;
  }}
}}
"""

GO_BURN = """
//go:noinline
func {name}() uint64 {{
	total := uint64(1)
	for i := uint64(0); i < 400_000_000; i++ {{
		total = total*6364136223846793005 + i
	}}
	return total
}}
"""

RUST_BURN = """
#[inline(never)]
fn {name}() -> u64 {{
    let mut total: u64 = 1;
    let mut i: u64 = 0;
    while i < 60_000_000 {{
        total = std::hint::black_box(total.wrapping_mul(6364136223846793005).wrapping_add(i));
        i += 1;
    }}
    total
}}
"""


def has_python_module(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


class TestProfiles(HarnessTest):
    def profile(self, files, *arguments):
        self.project = self.write(files)
        # The suites get the Python that runs this: it is the one that was looked into.
        own = {"PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        if sys.prefix != sys.base_prefix:
            own["VIRTUAL_ENV"] = sys.prefix
        done = self.run_harness("test", self.project, *arguments, timeout=250, env=clean_environment(**own))
        self.assertEqual(done.code, 0, done.explain())
        return done

    def profiles(self, done):
        return {test["test"]["name"]: test["profile"] for test in done.suite["tests"]}

    def assertHottest(self, done, test, function):
        profile = self.profiles(done)[test]
        self.assertIsNotNone(profile, done.explain())
        names = [hot["name"] for hot in profile["functions"]]
        self.assertTrue(names, profile["reason"])
        hottest = profile["functions"][0]
        self.assertIn(function, hottest["name"], f"{test}: {json.dumps(profile, indent=1)}")
        share = hottest["self_cpu_ns"] / profile["cpu_ns"]
        self.assertLessEqual(hottest["self_low"], share)
        self.assertGreaterEqual(hottest["self_high"], share)
        return profile

    def assertNotIn_functions(self, profile, function):
        # Runners tell when a test begins and ends to the millisecond: a sample at the border may be the neighbour's.
        blamed = [hot for hot in profile["functions"] if function in hot["name"] and hot["total_cpu_ns"] > 0.03 * profile["cpu_ns"]]
        self.assertFalse(blamed, profile)

    def assertStored(self, done):
        """The whole profile of each test step is in the run directory, and the log alone gives the same report."""
        steps = done.suite["profile"]["steps"]
        self.assertTrue(steps, done.explain())
        for step in steps:
            stored = json.loads((done.directory / step["file"]).read_text())
            self.assertIn("samples", stored)
            self.assertGreater(step["samples"], 0)
        again = self.run_harness("report", "--run", done.directory, "--json")
        report = json.loads(again.stdout)
        self.assertEqual(report["suites"][0]["profile"], done.suite["profile"])
        self.assertEqual([test["profile"] for test in report["suites"][0]["tests"]],
                         [test["profile"] for test in done.suite["tests"]])

    def phases(self, done):
        return {phase["phase"]: phase["cpu_ns"] for phase in done.suite["profile"]["phases"]}


@unittest.skipUnless(has_python_module("pytest"), "not installed: pytest")
class Pytest(TestProfiles):
    FILES = {
        "conftest.py": "import pytest\nimport burning\n\n@pytest.fixture\ndef ready():\n    burning.prepare_things()\n",
        "burning.py": "".join(PYTHON_BURN.format(name=name) for name in ("prepare_things", "burn_alpha", "burn_beta", "load_module")),
        "heavy.py": "import burning\nburning.load_module()\n",
        "test_work.py": "import burning\nimport heavy\n\n"
                        "def test_alpha():\n    burning.burn_alpha()\n\n"
                        "def test_beta(ready):\n    burning.burn_beta()\n\n"
                        "def test_nothing():\n    pass\n",
        "pytest.ini": "[pytest]\n",
    }

    def check(self, done):
        alpha = self.assertHottest(done, "test_alpha", "burn_alpha")
        self.assertNotIn_functions(alpha, "burn_beta")
        self.assertNotIn_functions(alpha, "prepare_things")
        beta = self.profiles(done)["test_beta"]
        hot = [hot["name"] for hot in beta["functions"] if hot["self_cpu_ns"] > beta["cpu_ns"] / 5]
        self.assertEqual(sorted(hot), ["burn_beta", "prepare_things"])
        self.assertIn("fixtures", [phase["phase"] for phase in beta["phases"]])
        self.assertEqual(alpha["joined_by"], "process and time")
        place = next(hot for hot in alpha["functions"] if hot["name"] == "burn_alpha")
        self.assertEqual(place["file"], "burning.py")
        phases = self.phases(done)
        for phase in ("tests", "fixtures", "import"):
            self.assertGreater(phases.get(phase, 0), 100_000_000, phases)
        self.assertStored(done)

    def test_functions_of_tests_and_shares_of_phases(self):
        done = self.profile(self.FILES, "--profile")
        self.check(done)
        self.assertIn("burn_alpha (burning.py:", done.stdout)
        self.assertIn("fixtures", done.stdout)

    @unittest.skipUnless(has_python_module("xdist"), "not installed: pytest-xdist")
    def test_workers_of_xdist(self):
        self.check(self.profile(self.FILES, "--profile", "--", "-n", "2"))

    def test_only_the_slowest(self):
        done = self.profile(self.FILES, "--profile=slowest:1")
        kept = {name for name, profile in self.profiles(done).items() if profile}
        self.assertEqual(kept, {"test_beta"})
        self.assertHottest(done, "test_beta", "")

    def test_a_child_is_part_of_its_test(self):
        done = self.profile({
            "child.py": PYTHON_BURN.format(name="burn_in_child") + "burn_in_child()\n",
            "test_child.py": "import subprocess, sys\n\ndef test_child():\n    subprocess.run([sys.executable, 'child.py'], check=True)\n"
                             "\ndef test_after():\n    pass\n",
            "pytest.ini": "[pytest]\n"}, "--profile", "--no-coverage")
        self.assertHottest(done, "test_child", "burn_in_child")

    def test_without_profile_nothing_is_recorded(self):
        done = self.profile(self.FILES)
        self.assertEqual(done.suite["profile"]["steps"], [])
        self.assertEqual(set(map(type, self.profiles(done).values())), {type(None)})


@require("node")
class Node(TestProfiles):
    def test_functions_of_tests(self):
        done = self.profile({
            "package.json": json.dumps({"name": "work", "scripts": {"test": "node --test"}}),
            "work.test.js": "const test = require('node:test');\n" + NODE_BURN.format(name="burn_alpha")
                            + NODE_BURN.format(name="burn_beta")
                            + "test('alpha', () => { burn_alpha(); });\ntest('beta', async () => { await null; burn_beta(); });\n",
        }, "--profile", "--no-coverage")
        self.assertHottest(done, "alpha", "burn_alpha")
        beta = self.assertHottest(done, "beta", "burn_beta")
        self.assertNotIn_functions(beta, "burn_alpha")
        self.assertStored(done)

    def test_tests_side_by_side_are_not_blamed(self):
        done = self.profile({
            "package.json": json.dumps({"name": "work", "scripts": {"test": "node --test"}}),
            "work.test.js": "const { describe, it } = require('node:test');\n"
                            "const { setTimeout: wait } = require('node:timers/promises');\n" + NODE_BURN.format(name="burn_alpha")
                            + NODE_BURN.format(name="burn_beta")
                            + "describe('both', { concurrency: true }, () => {\n"
                              "  it('alpha', async () => { await wait(50); burn_alpha(); await wait(50); burn_alpha(); });\n"
                              "  it('beta', async () => { await wait(50); burn_beta(); await wait(50); burn_beta(); });\n});\n",
        }, "--profile", "--no-coverage")
        for name, profile in self.profiles(done).items():
            self.assertEqual(profile["functions"], [], name)
            self.assertIn("at the same time", profile["reason"])


@require("go")
class Go(TestProfiles):
    FILES = {
        "go.mod": "module example.org/work\n\ngo 1.20\n",
        "work.go": "package work\n" + GO_BURN.format(name="burnAlpha") + GO_BURN.format(name="burnBeta")
                   + GO_BURN.format(name="burnSub"),
        "work_test.go": "package work\n\nimport \"testing\"\n\nvar sink uint64\n\n"
                        "func TestAlpha(t *testing.T) { sink += burnAlpha() }\n\n"
                        "func TestBeta(t *testing.T) {\n\tdone := make(chan uint64)\n\tgo func() { done <- burnBeta() }()\n\tsink += <-done\n}\n\n"
                        "func TestOuter(t *testing.T) {\n\tt.Run(\"inner\", func(t *testing.T) { sink += burnSub() })\n}\n",
    }

    def test_functions_of_tests(self):
        done = self.profile(self.FILES, "--profile", "--no-coverage")
        alpha = self.assertHottest(done, "TestAlpha", "burnAlpha")
        self.assertNotIn_functions(alpha, "burnBeta")
        self.assertHottest(done, "TestBeta", "burnBeta")
        self.assertHottest(done, "TestOuter", "burnSub")
        self.assertHottest(done, "TestOuter/inner", "burnSub")
        self.assertStored(done)

    def test_parallel_tests_are_told_apart_by_their_functions(self):
        files = dict(self.FILES)
        files["work_test.go"] = ("package work\n\nimport \"testing\"\n\n"
                                 "func TestAlpha(t *testing.T) {\n\tt.Parallel()\n\tif burnAlpha() == 0 {\n\t\tt.Fatal()\n\t}\n}\n\n"
                                 "func TestBeta(t *testing.T) {\n\tt.Parallel()\n\tif burnBeta() == 0 {\n\t\tt.Fatal()\n\t}\n}\n")
        done = self.profile(files, "--profile", "--no-coverage")
        self.assertNotIn_functions(self.assertHottest(done, "TestAlpha", "burnAlpha"), "burnBeta")
        self.assertNotIn_functions(self.assertHottest(done, "TestBeta", "burnBeta"), "burnAlpha")


@require("cargo")
class Cargo(TestProfiles):
    def test_functions_of_tests(self):
        done = self.profile({
            "Cargo.toml": "[package]\nname = \"work\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
            "Cargo.lock": "version = 3\n\n[[package]]\nname = \"work\"\nversion = \"0.1.0\"\n",
            "src/lib.rs": "#[cfg(test)]\nmod tests {\n" + RUST_BURN.format(name="burn_alpha") + RUST_BURN.format(name="burn_beta")
                          + "    #[test]\n    fn alpha() { assert_ne!(burn_alpha(), 0); }\n"
                            "    #[test]\n    fn beta() { assert_ne!(burn_beta(), 0); }\n}\n",
        }, "--profile", "--no-coverage")
        alpha = self.assertHottest(done, "tests::alpha", "burn_alpha")
        self.assertNotIn_functions(alpha, "burn_beta")
        beta = self.assertHottest(done, "tests::beta", "burn_beta")
        self.assertNotIn_functions(beta, "burn_alpha")
        self.assertStored(done)


if __name__ == "__main__":
    unittest.main(verbosity=2)
