"""`test --affected` against the truth: lines of small projects are mutated one by one; every test that fails in a full run
of the native tool must have been run, and most mutations must leave tests out."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness import SAMPLES, HarnessTest, clean_environment, require

# The first that fits a line makes a mutation of it.
MUTATIONS = [(" == ", " != "), (" != ", " == "), (" + ", " - "), (" - ", " + "), (" * ", " + "), (" < ", " >= "), (" > ", " <= "),
             ("return ", "return not "), ("true", "false"), ("True", "False"), ("1", "2"), ('"', '"x')]


def mutate(line, language):
    if re.match(r"\s*(#|//|import|from|use|package|func|fn|pub|def|class|@|\"\"\"|})", line):
        return None
    for before, after in MUTATIONS:
        if before == "return " and language != "py":
            continue
        if before in line:
            return line.replace(before, after, 1)
    return None


class Affected(HarnessTest):
    """A project in a git work tree, with a map of a full run that each mutation starts from."""

    def prepare(self, files):
        self.project = self.write(files)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("-c", "user.email=a@example.org", "-c", "user.name=a", "commit", "-qm", "all")
        done = self.affected()
        self.assertEqual(done.code, 0, done.explain())
        self.assertTrue(done.suite["selection"]["all"])
        self.assertIn("no earlier run", done.suite["selection"]["reason"])
        shutil.copytree(self.project / ".runharness/test-maps", self.folder / "maps")
        return done

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.project, check=True, stdout=subprocess.DEVNULL)

    def affected(self, *arguments):
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        return self.run_harness("test", self.project, "--affected", *arguments)

    def restore_map(self):
        shutil.rmtree(self.project / ".runharness/test-maps")
        shutil.copytree(self.folder / "maps", self.project / ".runharness/test-maps")

    def ran(self, done):
        """Names of the tests that ran, without subtests of Go."""
        return {self.name_of(test["test"]) for test in done.suite["tests"]}

    @staticmethod
    def name_of(test):
        return test["name"]

    def check_mutations(self, sources, language, failing, least=5):
        """`failing` runs the native tool: names of failed tests, or None when nothing could be built."""
        everything = len(self.ran(self.full))
        smaller = checked = 0
        for source in sources:
            path = self.project / source
            original = path.read_text()
            lines = original.split("\n")
            for number, line in enumerate(lines):
                changed = mutate(line, language)
                if changed is None:
                    continue
                path.write_text("\n".join([*lines[:number], changed, *lines[number + 1:]]))
                truth = failing()
                if truth is not None:
                    done = self.affected()
                    ran = self.ran(done)
                    self.assertLessEqual(truth, ran, f"{source}:{number + 1}: {changed}\n{done.explain()}")
                    checked += 1
                    smaller += len(ran) < everything
                    self.restore_map()
                path.write_text(original)
        self.assertGreaterEqual(checked, least)
        self.assertGreaterEqual(smaller * 2, checked, "most mutations leave tests out")


def python_with_coverage():
    for candidate in (SAMPLES / "pytest/.venv/bin/python", pathlib.Path(sys.executable)):
        if candidate.exists() and subprocess.run([candidate, "-c", "import pytest, coverage"], capture_output=True,
                                                 check=False).returncode == 0:
            return candidate
    return None


PYTHON_FILES = {
    "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\ntestpaths = ['tests']\n",
    ".gitignore": "__pycache__/\n",
    "README.md": "A shop.\n",
    "shop/__init__.py": "from .money import add, scale\n",
    "shop/money.py": """RATE = 3


def add(a, b):
    if a > b:
        total = a + b
    else:
        total = b + a
    return total


def scale(a,
          by=1):
    result = [
        a * RATE
        for _ in range(by)
    ]
    return sum(result)


class Till:
    def __init__(self):
        self.open = True
        self.sum = 0

    def take(self, value):
        if not self.open:
            raise ValueError("closed")
        self.sum = self.sum + value

    def close(self):
        self.open = False
        return self.sum
""",
    "shop/stock.py": """def count(items):
    number = 0
    for _ in items:
        number = number + 1
    return number


def missing(items, wanted):
    return [each for each in wanted if each not in items]
""",
    "tests/conftest.py": """import pytest
from shop.money import Till


@pytest.fixture(scope="module")
def till():
    opened = Till()
    opened.take(5)
    yield opened
    opened.close()
""",
    "tests/test_money.py": """import pytest
from shop import add, scale
from shop.money import Till


@pytest.mark.parametrize("a, b, total", [(1, 2, 3), (5, 2, 7)])
def test_add(a, b, total):
    assert add(a, b) == total


def test_scale():
    assert scale(2, 2) == 12


def test_till(till):
    assert till.sum == 5


def test_till_is_open(till):
    assert till.open


def test_closed():
    other = Till()
    assert other.close() == 0
    with pytest.raises(ValueError):
        other.take(1)
""",
    "tests/test_stock.py": """from shop.stock import count, missing


def test_count():
    assert count("abc") == 3


def test_count_nothing():
    assert count("") == 0


def test_missing():
    assert missing("ab", "bc") == ["c"]
""",
}


@unittest.skipIf(python_with_coverage() is None, "no Python with pytest and coverage.py: ./dev prepares one")
class Pytest(Affected):
    def setUp(self):
        super().setUp()
        self.python = python_with_coverage()
        files = dict(PYTHON_FILES)
        self.full = self.prepare_with_python(files)

    def prepare_with_python(self, files):
        if (self.python.parent.parent / "pyvenv.cfg").exists():
            (self.folder / "project").mkdir()
            os.symlink(self.python.parent.parent, self.folder / "project/.venv")
            files[".gitignore"] += ".venv\n"
        return self.prepare(files)

    @staticmethod
    def name_of(test):
        return f"{test['file']}::{test['name']}"

    def failing(self):
        report = self.folder / "native.xml"
        subprocess.run([self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-o",
                        "junit_family=xunit1"], cwd=self.project, capture_output=True, check=False,
                       env=clean_environment(PYTHONDONTWRITEBYTECODE="1"))
        text = report.read_text()
        cases = re.findall(r'<testcase classname="([^"]*)" name="([^"]*)" file="([^"]*)"[^>]*?(/>|>(.*?)</testcase>)', text, re.S)
        return {f"{file}::{name}" for _, name, file, _, body in cases if "<failure" in body or "<error" in body}

    def test_no_failure_is_missed(self):
        self.check_mutations(["shop/money.py", "shop/stock.py"], "py", self.failing, least=12)

    def selection(self, **changes):
        """The selection after files are changed: {path with __ for /: text}."""
        for name, text in changes.items():
            path = self.project / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        done = self.affected()
        return done, done.suite["selection"]

    def test_what_is_said(self):
        done, selection = self.selection()
        self.assertEqual((done.code, selection["ran"], selection["left_out"]), (0, 0, 9), done.explain())
        self.assertEqual(selection["summary"], "ran 0 of 9 tests (no change reaches one)")
        self.assertIn("affected: .:pytest: ran 0 of 9 tests", done.stdout)

        stock = self.project / "shop/stock.py"
        stock.write_text(stock.read_text().replace("if each not in items", "if each in items"))
        done, selection = self.selection(**{"tests/test_new.py": "def test_new(): pass\n", "README.md": "The shop.\n"})
        self.assertEqual(done.code, 1, done.explain())
        self.assertEqual(selection["summary"], "ran 2 of 10 tests: 1 reaches changed lines, 1 is new")

        done, selection = self.selection()  # the change was measured, the failure stays
        self.assertEqual(selection["summary"], "ran 1 of 10 tests: 1 failed before")
        stock.write_text(stock.read_text().replace("if each in items", "if each not in items"))
        done, selection = self.selection()
        self.assertEqual((done.code, selection["ran"]), (0, 1), done.explain())
        done, selection = self.selection()
        self.assertEqual((done.code, selection["ran"]), (0, 0), done.explain())

        done, selection = self.selection(**{"prices.json": "{}"})
        self.assertTrue(selection["all"])
        self.assertEqual(selection["summary"], "ran all: prices.json is new")
        self.assertEqual(selection["causes"], ["prices.json is new"])

    def test_with_a_base(self):
        stock = self.project / "shop/stock.py"
        stock.write_text(stock.read_text().replace("number = 0", "number = 0 + 0"))
        self.git("commit", "-qam", "a change", "--author=a <a@example.org>")
        self.affected()
        done = self.affected("--base", "HEAD~1")
        self.assertEqual(self.ran(done), {"tests/test_stock.py::test_count", "tests/test_stock.py::test_count_nothing"}, done.explain())
        self.assertIn("the merge base", done.suite["selection"]["compared_with"])

    def test_gates_are_not_fooled(self):
        done = self.affected("--min-tests", "5", "--min-coverage", "90")
        self.assertEqual(done.code, 0, done.explain())
        states = {gate["rule"]: (gate["state"], gate["message"]) for gate in done.report["gates"]}
        for rule in ("tests.min", "coverage.total"):
            self.assertEqual(states[rule][0], "no_data", states)
            self.assertIn("--affected left out 9 of 9 tests", states[rule][1])


GO_FILES = {
    "go.mod": "module example.com/shop\n\ngo 1.21\n",
    "money/money.go": """package money

const Rate = 3

type Till struct{ sum int }

func Add(a, b int) int {
	if a > b {
		return a + b
	}
	return b + a
}

func Scale(a int) int {
	switch a {
	case 1:
		return 10
	default:
		return a * Rate
	}
}

func (t *Till) Take(value int) int {
	t.sum = t.sum + value
	return t.sum
}
""",
    "money/money_test.go": """package money

import "testing"

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("add")
	}
}

func TestAddMore(t *testing.T) {
	if Add(3, 2) != 5 {
		t.Fatal("add")
	}
}

func TestScaleOne(t *testing.T) {
	if Scale(1) != 10 {
		t.Fatal("scale")
	}
}

func TestScale(t *testing.T) {
	for _, a := range []int{2, 3} {
		t.Run("sub", func(t *testing.T) {
			if Scale(a) != 3*a {
				t.Fatal("scale")
			}
		})
	}
}

func TestTill(t *testing.T) {
	var till Till
	if till.Take(2) != 2 {
		t.Fatal("till")
	}
}
""",
    "stock/stock.go": """package stock

import "example.com/shop/money"

func Value(items []int) int {
	total := 0
	for _, item := range items {
		total = money.Add(total, item)
	}
	return total
}

func Count(items []int) int {
	return len(items) + 0
}
""",
    "stock/stock_test.go": """package stock

import "testing"

func TestValue(t *testing.T) {
	if Value([]int{1, 2}) != 3 {
		t.Fatal("value")
	}
}

func TestCount(t *testing.T) {
	if Count([]int{1, 2}) != 2 {
		t.Fatal("count")
	}
}
""",
}


@require("go")
class Go(Affected):
    def setUp(self):
        super().setUp()
        self.full = self.prepare(dict(GO_FILES))

    @staticmethod
    def name_of(test):
        return test["name"].split("/")[0]

    def failing(self):
        done = subprocess.run(["go", "test", "-json", "./..."], cwd=self.project, capture_output=True, text=True, check=False)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if any(event["Action"] == "build-fail" for event in events):
            return None
        return {event["Test"].split("/")[0] for event in events if event["Action"] == "fail" and event.get("Test")}

    def test_no_failure_is_missed(self):
        self.check_mutations(["money/money.go", "stock/stock.go"], "go", self.failing)

    def test_only_the_needed_packages(self):
        source = self.project / "stock/stock.go"
        source.write_text(source.read_text().replace("len(items) + 0", "len(items) + 1 - 1"))
        done = self.affected()
        self.assertEqual((done.code, self.ran(done)), (0, {"TestCount"}), done.explain())
        self.assertNotIn("example.com/shop/money", {test["test"]["classname"] for test in done.suite["tests"]})
        self.assertIn("one by one", " ".join(each["message"] for each in done.report["diagnostics"]))


RUST_FILES = {
    "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "shop"\nversion = "0.1.0"\n',
    ".gitignore": "target\n",
    "src/lib.rs": """pub fn add(a: i32, b: i32) -> i32 {
    if a > b {
        return a + b;
    }
    b + a
}

pub fn scale(a: i32) -> i32 {
    match a {
        1 => 10,
        _ => a * 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(add(1, 2), 3);
    }

    #[test]
    fn adds_more() {
        assert_eq!(add(3, 2), 5);
    }

    #[test]
    fn scales_one() {
        assert_eq!(scale(1), 10);
    }
}
""",
    "tests/outer.rs": """#[test]
fn scales() {
    assert_eq!(shop::scale(2), 6);
}
""",
}


@require("cargo")
class Cargo(Affected):
    def setUp(self):
        super().setUp()
        self.full = self.prepare(dict(RUST_FILES))
        if not self.full.suite["test_map"]["files"]:
            self.skipTest(self.full.suite["test_map"]["reason"])

    @staticmethod
    def name_of(test):
        return test["name"].split("::")[-1]

    def failing(self):
        done = subprocess.run(["cargo", "test", "--offline", "--no-fail-fast", "--tests"], cwd=self.project, capture_output=True, text=True,
                              check=False, env=clean_environment(CARGO_TARGET_DIR=str(self.folder / "native")))
        if "could not compile" in done.stderr:
            return None
        return {name.split("::")[-1] for name in re.findall(r"^test (\S+) \.\.\. FAILED", done.stdout, re.M)}

    def test_no_failure_is_missed(self):
        self.check_mutations(["src/lib.rs"], "rs", self.failing, least=4)

    def test_a_new_test_runs_alone(self):
        source = self.project / "src/lib.rs"
        source.write_text(source.read_text().replace("    #[test]\n    fn scales_one", "    #[test]\n    fn more() {\n        assert_eq!(add(0, 0), 0);\n    }\n\n    #[test]\n    fn scales_one"))
        done = self.affected()
        self.assertEqual((done.code, self.ran(done)), (0, {"more"}), done.explain())


NODE_FILES = {
    "package.json": '{"name": "shop", "version": "1.0.0", "type": "module", "scripts": {"test": "node --test"}}\n',
    "src/money.js": """export const RATE = 3;

export function add(a, b) {
  if (a > b) return a + b;
  return b + a;
}

export function scale(a) {
  return a * RATE;
}
""",
    "src/stock.js": """export function count(items) {
  return items.length + 0;
}
""",
    "test/money.test.js": """import test from 'node:test';
import assert from 'node:assert';
import { add, scale } from '../src/money.js';

test('adds', () => assert.strictEqual(add(1, 2), 3));
test('scales', () => assert.strictEqual(scale(2), 6));
""",
    "test/stock.test.js": """import test from 'node:test';
import assert from 'node:assert';
import { count } from '../src/stock.js';

test('counts', () => assert.strictEqual(count([1, 2]), 2));
""",
    "test/apart.test.js": """import test from 'node:test';
import assert from 'node:assert';

test('stands apart', () => assert.ok(true));
""",
}


@require("node")
class Node(Affected):
    def setUp(self):
        super().setUp()
        self.full = self.prepare(dict(NODE_FILES))

    def failing(self):
        done = subprocess.run(["node", "--test", "--test-reporter=tap"], cwd=self.project, capture_output=True, text=True, check=False)
        return set(re.findall(r"^ *not ok \d+ - (.*)$", done.stdout, re.M)) & {"adds", "scales", "counts", "stands apart"}

    def test_no_failure_is_missed(self):
        self.check_mutations(["src/money.js", "src/stock.js"], "js", self.failing, least=4)

    def test_new_test_files_run(self):
        (self.project / "test/more.test.js").write_text("import test from 'node:test';\ntest('is new', () => {});\n")
        done = self.affected()
        self.assertEqual((done.code, self.ran(done)), (0, {"is new"}), done.explain())
        self.assertEqual(done.suite["selection"]["summary"], "ran 1 of 5 tests: 1 is new")


if __name__ == "__main__":
    unittest.main()
