"""The pytest plugin in real pytest runs: every outcome, crashes, forks, closed descriptors, nested runs, xdist."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "runner", "adapters", "support")


class PluginTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.log = os.path.join(self.folder, "events.jsonl")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))

    def run_pytest(self, text="", *args, cwd="", **variables):
        if text:
            self.write("test_it.py", text)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
        env.update(PYTHONPATH=os.path.abspath(SUPPORT), PYTEST_PLUGINS="rh_pytest_plugin", RUNHARNESS_EVENTS=self.log)
        env.update(variables)
        run = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider"] + list(args), env=env,
                             cwd=os.path.join(self.folder, cwd), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = run.stdout.decode("utf-8", "replace")
        with open(self.log) as file:
            self.events = [json.loads(line) for line in file]
        return run.returncode

    def of(self, event_kind, **members):
        return [event for event in self.events
                if event["e"] == event_kind and all(event.get(name) == value for name, value in members.items())]

    def outcomes(self):
        return {event["name"]: event["outcome"] for event in self.of("result")}

    def finish(self):
        (event,) = self.of("finish")
        return event

    def test_every_outcome(self):
        code = self.run_pytest("""
            import pytest
            @pytest.fixture
            def broken(): raise RuntimeError("no setup")
            @pytest.fixture
            def leaving():
                yield
                raise RuntimeError("no teardown")
            def test_pass(): pass
            def test_fail():
                print("said")
                assert 0, "why \\x01 \\ud800"
            def test_setup(broken): pass
            def test_teardown(leaving): pass
            def test_both(leaving): assert 0
            def test_skip(): pytest.skip("not now")
            @pytest.mark.xfail(reason="known")
            def test_xfail(): assert 0
            @pytest.mark.xfail
            def test_xpass(): pass
            @pytest.mark.xfail(strict=True)
            def test_strict(): pass
            """)
        self.assertEqual(code, 1)
        self.assertEqual(self.outcomes(), {
            "test_pass": "passed", "test_fail": "failed", "test_setup": "errored", "test_teardown": "errored",
            "test_both": "failed", "test_skip": "skipped", "test_xfail": "expected_failure",
            "test_xpass": "unexpected_pass", "test_strict": "failed"})
        self.assertEqual([event["count"] for event in self.of("expected")], [9])
        finish = self.finish()
        self.assertEqual((finish["tests"], finish["passed"], finish["failed"], finish["errors"]), (9, 2, 3, 3))
        (failed,) = self.of("result", name="test_fail")
        self.assertTrue(failed["message"].startswith("AssertionError: why \x01 ?"))
        self.assertEqual(failed["stdout"], "said\n")
        (both,) = self.of("result", name="test_both")
        self.assertIn("no teardown", both["details"])

    def test_figures_of_one_test(self):
        self.run_pytest("""
            import subprocess, sys, time
            def test_memory(): b"x" * (80 << 20)
            def test_cpu():
                end = time.process_time() + 0.05
                while time.process_time() < end: pass
            def test_child(): subprocess.run([sys.executable, "-c", "x = b'x' * (90 << 20)"], check=True)
            def test_small(): pass
            """)
        ends = {event["key"].partition("::")[2]: event for event in self.of("end")}
        small = ends["test_small"]
        self.assertEqual(small["scope"], "exact_window")
        if small["peak_bytes"] is not None:
            self.assertGreater(ends["test_memory"]["peak_bytes"], small["peak_bytes"] + (70 << 20))
            self.assertGreater(ends["test_child"]["peak_bytes"], 90 << 20)
        else:
            self.assertTrue(small["peak_reason"])
        self.assertGreaterEqual(ends["test_cpu"]["cpu_ns"], 50000000)
        self.assertGreater(ends["test_child"]["cpu_ns"], 5000000)

    def test_names_select_the_test_again(self):
        self.run_pytest("""
            import pytest
            class TestA:
                class TestB:
                    @pytest.mark.parametrize("value", ["a/b::c", "[x]::y"])
                    def test_x(self, value): pass
            """)
        first, second = self.of("result")
        self.assertEqual(first["name"], "TestA::TestB::test_x[a/b::c]")
        self.assertEqual(second["class"], "test_it.TestA.TestB")
        self.assertEqual(second["line"], 5)
        os.unlink(self.log)
        self.assertEqual(self.run_pytest("", second["file"] + "::" + second["name"]), 0)
        self.assertEqual(len(self.of("result")), 1)

    def test_files_are_relative_to_the_start_folder(self):
        self.write("pytest.ini", "[pytest]\n")
        self.write("sub/test_it.py", "def test_a(): pass\n")
        self.run_pytest(cwd="sub")
        self.assertEqual(self.of("result")[0]["file"], "test_it.py")

    def test_a_dead_process_leaves_its_begin(self):
        for death in ("os._exit(0)", "os.kill(os.getpid(), 11)"):
            code = self.run_pytest("import os\ndef test_a(): pass\ndef test_b(): %s\ndef test_c(): pass\n" % death)
            self.assertEqual(code, 0 if "exit" in death else -11)
            self.assertEqual([event["key"] for event in self.of("begin")], ["test_it.py::test_a", "test_it.py::test_b"])
            self.assertEqual(len(self.of("end")), 1)
            self.assertEqual(self.of("finish"), [])
            os.unlink(self.log)

    def test_collection_errors_and_skipped_modules(self):
        self.write("test_bad.py", "def broken(:\n")
        self.write("test_skipped.py", "import pytest\npytest.importorskip('no_such_module')\n")
        self.assertEqual(self.run_pytest("def test_a(): pass\n"), 2)
        (error,) = self.of("error")
        self.assertEqual((error["file"], error["message"]), ("test_bad.py", "SyntaxError: invalid syntax"))
        self.assertEqual(self.outcomes(), {"test_skipped.py": "skipped"})
        self.assertEqual(self.of("expected"), [])
        self.assertEqual(self.finish()["tests"], 2)

    def test_pytest_exit_and_stop_at_first_failure(self):
        self.run_pytest("import pytest\ndef test_a(): pytest.exit('enough', returncode=9)\n")
        self.assertEqual(self.of("result")[0]["message"], "pytest.exit: enough")
        self.assertEqual(self.finish()["exit"], 9)
        os.unlink(self.log)
        self.run_pytest("def test_a(): assert 0\ndef test_b(): pass\n", "-x")
        self.assertIn("stopping after 1 failures", self.finish()["text"])
        self.assertEqual(self.finish()["tests"], 1)

    def test_tests_that_tamper_with_the_process(self):
        code = self.run_pytest("""
            import os
            def test_closes_everything(tmp_path):
                for fd in range(3, 100):
                    try: target = os.readlink("/proc/self/fd/%d" % fd)
                    except OSError: continue
                    if target.endswith(("events.jsonl", "/clear_refs", "/status")): os.close(fd)
                test_closes_everything.files = [open(str(tmp_path / str(n)), "w") for n in range(20)]
            def test_nothing_was_written_to_its_files():
                for file in test_closes_everything.files:
                    file.close()
                    assert open(file.name).read() == ""
            def test_child_falls_out():
                if os.fork(): os.wait()
            def test_after(): pass
            """, "-s")
        self.assertEqual(code, 0, self.output)
        self.assertEqual(len(self.of("result", outcome="passed")), 4)
        self.assertEqual(len(self.of("end")), 4)
        self.assertEqual(len(self.of("finish")), 1)

    def test_nested_runs_and_children_do_not_report(self):
        self.write("inner/test_inner.py", "def test_inner(): assert 0\n")
        code = self.run_pytest("""
            import os, subprocess, sys, pytest
            def test_environment():
                assert "RUNHARNESS_EVENTS" not in os.environ
                assert "PYTHONPATH" not in os.environ and "PYTEST_PLUGINS" not in os.environ
            def test_in_process(): assert pytest.main(["inner"]) == 1
            def test_child(): assert subprocess.call([sys.executable, "-m", "pytest", "inner"]) == 1
            """, "test_it.py")
        self.assertEqual(code, 0, self.output)
        self.assertEqual(len(self.of("result")), 3)
        self.assertEqual(len(self.of("session")), 1)

    def test_without_autoload(self):
        self.assertEqual(self.run_pytest("def test_a(): pass\n", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"), 0)
        self.assertEqual(len(self.of("result")), 1)

    def test_long_texts_are_cut(self):
        self.run_pytest("def test_a():\n    print('x' * 300000)\n    assert 0, 'y' * 300000\n")
        (result,) = self.of("result")
        self.assertLessEqual(len(result["stdout"]), 64 << 10)
        self.assertLessEqual(len(result["message"]), 4 << 10)
        self.assertIn("bytes cut)", result["stdout"])

    @unittest.skipUnless(importlib.util.find_spec("_pytest.subtests"), "pytest 9 has subtests")
    def test_subtests(self):
        self.run_pytest("""
            import unittest
            def test_s(subtests):
                for i in range(3):
                    with subtests.test("m", i=i): assert i != 1
            class TestU(unittest.TestCase):
                def test_u(self):
                    for i in range(2):
                        with self.subTest(i=i): assert i == 0
            """)
        self.assertEqual(len(self.of("result", kind="subtest")), 5)
        self.assertEqual(len(self.of("result", kind="subtest", parent="test_s", outcome="failed")), 1)
        (parent,) = self.of("result", name="TestU::test_u")
        self.assertEqual((parent["outcome"], parent["message"]), ("failed", "contains 1 failed subtest"))
        self.assertEqual((self.finish()["tests"], self.finish()["subtests"]), (2, 5))

    @unittest.skipUnless(importlib.util.find_spec("xdist"), "pytest-xdist is not installed")
    def test_xdist_with_a_dying_worker(self):
        self.run_pytest("import os\ndef test_a(): pass\ndef test_b(): os._exit(3)\ndef test_c(): assert 0\n", "-n2")
        self.assertEqual(self.outcomes(), {"test_a": "passed", "test_b": "failed", "test_c": "failed"})
        self.assertEqual(len(self.of("result")), 3)
        self.assertEqual(len(self.of("begin")), 3)
        self.assertIn("crashed while running", self.of("result", name="test_b")[0]["message"])
        self.assertEqual([event["count"] for event in self.of("expected")], [3])
        self.assertEqual(self.finish()["tests"], 3)

    @unittest.skipUnless(importlib.util.find_spec("pytest_rerunfailures"), "pytest-rerunfailures is not installed")
    def test_items_of_one_name_are_tests_of_their_own(self):
        self.write("conftest.py", """
            import pytest
            class Item(pytest.Item):
                def runtest(self): pass
                def reportinfo(self): return self.path, 0, ""
            class File(pytest.File):
                def collect(self): return [Item.from_parent(self, name="same") for _ in range(3)]
            def pytest_collect_file(file_path, parent):
                return File.from_parent(parent, path=file_path) if file_path.suffix == ".case" else None
            """)
        self.write("data.case", "")
        self.assertEqual(self.run_pytest(), 0)
        self.assertEqual(self.of("expected")[0]["count"], 3)
        self.assertEqual([event.get("attempt", 1) for event in self.of("result")], [1, 1, 1])
        self.assertEqual(len({event["key"] for event in self.of("result")}), 3)
        self.assertNotIn("tests", self.finish())

    @unittest.skipUnless(importlib.util.find_spec("pytest_rerunfailures"), "not installed: pytest-rerunfailures")
    def test_reruns_are_attempts(self):
        self.run_pytest("n = []\ndef test_a():\n    n.append(1)\n    assert len(n) == 3\n", "--reruns=3")
        self.assertEqual([(event.get("attempt", 1), event["outcome"]) for event in self.of("result")],
                         [(1, "failed"), (2, "failed"), (3, "passed")])
        self.assertEqual(len(self.of("end")), 3)


if __name__ == "__main__":
    unittest.main()
