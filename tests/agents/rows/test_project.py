"""Tests of a project, coverage, gates, profiles, reports and the state of the service, as agents ask for them."""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import REPOSITORY, RowTest  # noqa: E402

PREPARED = REPOSITORY / "samples/pytest/.venv"

CALC = """def add(a, b):
    return a + b


def div(a, b):
    if b == 0:
        raise ZeroDivisionError("b")
    return a / b


def unused(x):
    for i in range(x):
        print(i)
    return x
"""
TESTS = """import sys

sys.path.insert(0, "src")
from calc import add, div


def test_add():
    assert add(1, 2) == 3


def test_div():
    assert div(4, 2) == 2
"""
FAILING = """import pytest


@pytest.mark.parametrize("number", range(49))
def test_number(number):
    assert [number, object()] == [number + 1, "a text that differs"], "numbers differ"
"""


def tokens(text):
    """An upper bound of what any tokenizer makes of it: words, numbers and signs, each at most four characters."""
    import re

    return sum(-(-len(piece) // 4) for piece in re.findall(r"\w+|[^\w\s]", text))


class ProjectTest(RowTest):
    def setUp(self):
        super().setUp()
        self.write({"pyproject.toml": "[tool.pytest.ini_options]\n", "src/calc.py": CALC, "tests/unit/test_calc.py": TESTS})
        if not PREPARED.exists():
            self.skipTest(f"{PREPARED} is not there: `./dev test` makes an interpreter with pytest and coverage")
        (self.project / ".venv").symlink_to(PREPARED)

    def test_row_126_128_tests_run_with_coverage_and_totals(self):
        """run_tests: by path, `coverage` default true, extra pytest arguments."""
        for answer in self.ask("run_tests", paths=["tests/unit"], coverage_threshold=0):
            self.assertEqual((answer.data["passed"], answer.data["total"], answer.data["status"]), (2, 2, "passed"), answer)
            self.assertIsInstance(answer.data["coverage"], float, answer)
            self.assertLess(answer.data["coverage"], 80)
        for answer in self.ask("run_tests", coverage=False, pytest_args="-k 'add and not div'"):
            self.assertEqual((answer.data["passed"], answer.data["total"]), (1, 1), answer)
            self.assertIsNone(answer.data["coverage"], answer)

    def test_row_127_178_pytest_arguments_come_from_the_environment_as_a_shell_splits_them(self):
        """run_tests: default pytest arguments `-v --tb=short`; replaceable through PYTEST_ARGS."""
        self.environment["PYTEST_ARGS"] = "-v --tb=short --cov -k 'add or nothing'"
        for answer in self.ask("run_tests", coverage_threshold=0):
            self.assertEqual(answer.data["total"], 1, answer)
            self.assertIsNotNone(answer.data["coverage"], answer)

    def test_row_129_coverage_below_the_threshold_fails(self):
        """run_tests: coverage threshold, default 80, from config or COVERAGE_THRESHOLD; below it the run fails."""
        for answer in self.ask("run_tests"):
            self.assertEqual((answer.data["coverage_threshold"], answer.data["coverage_met"]), (80, False), answer)
            self.assertEqual(answer.data["status"], "gate_failed", answer)
            self.assertFalse(answer.data["success"], answer)
            if answer.way == "command line":
                self.assertEqual(answer.code, 3, answer)
        self.environment["COVERAGE_THRESHOLD"] = "40"
        for answer in self.ask("run_tests"):
            self.assertEqual((answer.data["coverage_threshold"], answer.data["success"]), (40, True), answer)

    def test_row_128_several_folders_have_results_of_their_own(self):
        """run_tests: result has passed, total, coverage percentage, per-suite when several directories are given."""
        self.write({"tests/integration/test_sum.py": "def test_sum():\n    assert 1 + 1 == 3\n"})
        for answer in self.ask("run_tests", paths=["tests/unit", "tests/integration"], coverage_threshold=0):
            folders = {folder["path"]: (folder["passed"], folder["total"], folder["success"]) for folder in answer.data["folders"]}
            self.assertEqual(folders, {"tests/unit": (2, 2, True), "tests/integration": (0, 1, False)}, answer)
            self.assertEqual(answer.data["suites"][0]["ecosystem"], "pytest")

    def test_row_130_fixtures_and_plugins_work_and_tests_are_found(self):
        """run_tests: test files are found by themselves; fixtures and pytest plugins work; parallel execution is possible."""
        self.write({"conftest.py": "import pytest\n\n\n@pytest.fixture\ndef seven():\n    return 7\n",
                    "tests/test_fixture.py": "def test_seven(seven, tmp_path):\n    assert seven == 7 and tmp_path.exists()\n"})
        for parallel in (False, True):
            for answer in self.ask("run_tests", parallel=parallel, coverage_threshold=0):
                self.assertEqual((answer.data["passed"], answer.data["failed"]), (3, 0), answer)

    def test_row_131_untested_lines_are_listed(self):
        """run_tests: untested code paths are listed (file, lines)."""
        for answer in self.ask("run_tests", coverage_threshold=0):
            untested = {one["file"]: one["lines"] for one in answer.data["untested"]}
            self.assertEqual(untested["src/calc.py"], "7, 12-14", answer)

    def test_row_122_131_tests_are_suggested_for_untested_paths(self):
        """suggest further tests for uncovered code paths."""
        self.run_line("test", "-q")
        for answer in self.ask("suggest_tests"):
            paths = {(path["function"], path["line"]): path["suggestion"] for path in answer.data["paths"]}
            self.assertIn("ZeroDivisionError is raised", paths["div", 7], answer)
            self.assertIn("unused", paths["unused", 12], answer)
        self.write({"lcov.info": "SF:src/calc.py\nDA:6,3\nDA:7,0\nend_of_record\n"})
        for answer in self.ask("suggest_tests", files=["lcov.info"]):
            self.assertEqual([path["line"] for path in answer.data["paths"]], [7], answer)

    def test_row_163_a_passing_answer_is_short(self):
        """mcp tools `execute_code`, `run_tests`, `validate_code`, `handle_error`, `create_demo` exist (own names or aliases)."""
        answer, = self.ask("run_tests", ways=("mcp",), coverage_threshold=0)
        self.assertTrue(answer.data["success"], answer)
        self.assertLessEqual(tokens(answer.text), 60, answer.text)

    def test_row_126_a_failing_answer_is_bounded_and_the_same_each_time(self):
        """run_tests: by path, `coverage` default true, extra pytest arguments."""
        self.write({"tests/test_many.py": FAILING})
        texts = []
        for _ in range(2):
            answer, = self.ask("run_tests", ways=("mcp",), coverage_threshold=0)
            self.assertEqual(answer.data["failed"], 49, answer)
            self.assertFalse(answer.is_error, "tests that fail are a result, and no fault of the tool")
            self.assertLessEqual(len(answer.text.encode()), 8192)
            self.assertEqual(answer.text.count("FAIL "), 49, answer.text)
            texts.append(answer.text)
        self.assertEqual(*texts)

    def test_row_163_a_cancelled_run_ends_with_all_its_processes(self):
        """mcp tools `execute_code`, `run_tests`, `validate_code`, `handle_error`, `create_demo` exist (own names or aliases)."""
        self.write({"tests/test_wait.py": "import os\nimport time\n\n\ndef test_wait():\n    os.open('alive', os.O_WRONLY)\n    time.sleep(1000)\n"})
        os.mkfifo(self.project / "alive")
        client = self.client()
        number = client.start("tools/call", {"name": "run_tests", "arguments": {"coverage": False}})
        with open(self.project / "alive", "rb") as alive:  # opens when the test has begun
            client.notify("notifications/cancelled", {"requestId": number})
            self.assertEqual(alive.read(), b"")  # ends when nobody holds the other end
        self.assertTrue(client.call("service_status", {"language": "bash"}).data["supported"])
        client.close()

    def test_row_128_no_tests_and_broken_collection_are_told_apart(self):
        """run_tests: result has passed, total, coverage percentage, per-suite when several directories are given."""
        self.write({"tests/unit/test_calc.py": "import no_such_module_here\n"})
        for answer in self.ask("run_tests", coverage_threshold=0):
            self.assertEqual(answer.data["status"], "broken", answer)
            self.assertIn("no_such_module_here", answer.text if answer.way == "mcp" else json.dumps(answer.data))
        for answer in self.ask("run_tests", paths=["../outside"]):
            self.assertEqual(answer.error_kind, "invalid_request", answer)

    def test_row_129_gates_judge_a_stored_run(self):
        """run_tests: coverage threshold, default 80, from config or COVERAGE_THRESHOLD; below it the run fails."""
        self.run_line("test", "-q")
        for answer in self.ask("check_gates", min_coverage=90):
            self.assertEqual((answer.data["success"], answer.data["cause"]), (False, "gate_failed"), answer)
        for answer in self.ask("check_gates", min_coverage=10, min_tests=2):
            self.assertTrue(answer.data["success"], answer)

    def test_row_179_reports_are_made_as_text_and_file(self):
        """tests: report generation after a run (text and file)."""
        for answer in self.ask("run_tests", coverage_threshold=0, reports=["markdown=out/summary.md", "junit=out/junit.xml"]):
            self.assertIn("PASSED 2 tests", (self.project / "out/summary.md").read_text(), answer)
            self.assertIn("<testsuite", (self.project / "out/junit.xml").read_text(), answer)
        for answer in self.ask("test_report", format="markdown"):
            self.assertIn("PASSED 2 tests", answer.data["content"], answer)
        for answer in self.ask("test_report", format="html", output="report.html"):
            self.assertIn("<html", (self.project / "report.html").read_text()[:2000].lower(), answer)
        for answer in self.ask("test_report", format="html", output="../outside.html"):
            self.assertEqual(answer.error_kind, "invalid_request", answer)


SLOW = """def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(29))
"""


class ProfileTest(RowTest):
    def test_row_132_133_profile_names_functions_and_bottlenecks(self):
        """profile: code or script gives top functions with name, time, percent (top 10 shown)."""
        self.write({"slow.py": SLOW})
        for tool, argument in (("profile_code", {"code": SLOW}), ("profile_script", {"script": "slow.py"})):
            for answer in self.ask(tool, **argument):
                top = answer.data["functions"][0]
                self.assertEqual(top["name"], "fib", answer)
                self.assertGreater(top["percent"], 20)
                self.assertGreater(top["time"], 0)
                self.assertLessEqual(len(answer.data["functions"]), 10)
                self.assertTrue(any(one["suggestion"] for one in answer.data["bottlenecks"]), answer)
                self.assertEqual(answer.data["stdout"], "514229\n")

    def test_row_133_profiling_can_be_switched_off(self):
        """profile: bottlenecks named with optimisation suggestions; can be switched off (ENABLE_PROFILING)."""
        self.environment["ENABLE_PROFILING"] = "false"
        for answer in self.ask("profile_code", code="print(1)"):
            self.assertEqual(answer.error_kind, "not_enabled", answer)


class StatusTest(RowTest):
    def test_row_081_184_status_says_what_is_usable(self):
        """troubleshooting verb: reports whether sandbox, permissions, disk space, interpreters, endpoints are usable (doctor)."""
        for answer in self.ask("service_status"):
            self.assertIn("usable", answer.data["sandbox"], answer)
            self.assertEqual({row["language"] for row in answer.data["languages"]},
                             {"python", "javascript", "bash", "go", "rust", "java"})
            for folder in answer.data["folders"]:
                self.assertTrue(folder["writable"], answer)
                self.assertGreater(folder["free_bytes"], 0)
            self.assertIsInstance(answer.data["endpoints"], list)

    def test_row_082_a_language_is_supported_or_not(self):
        """capability check: `supports?(provider/language)` answers yes/no before enabling."""
        self.enable = False
        for answer in self.ask("service_status", language="python"):
            self.assertTrue(answer.data["supported"], answer)
            self.assertIn("Python 3", answer.data["version"])
        for answer in self.ask("service_status", language="cobol"):
            self.assertFalse(answer.data["supported"], answer)
        for answer in self.ask("service_status", provider="nobody"):
            self.assertFalse(answer.data["supported"], answer)

    def test_row_134_metrics_of_the_last_execution(self):
        """metrics: `get_last_execution_metrics`: execution time s, memory MB, CPU percent of the last run."""
        for answer in self.ask("get_last_execution_metrics"):
            self.assertEqual(answer.error_kind, "not_found", answer)
        done = self.ask("execute_code", ways=("command line",), language="python", code="sum(range(2000000))")[0]
        for answer in self.ask("get_last_execution_metrics"):
            self.assertEqual(answer.data["execution_id"], done.data["execution_id"], answer)
            self.assertGreater(answer.data["execution_time"], 0)
            self.assertGreater(answer.data["memory_mb"], 0)
            self.assertGreater(answer.data["cpu_percent"], 0)


if __name__ == "__main__":
    unittest.main()
