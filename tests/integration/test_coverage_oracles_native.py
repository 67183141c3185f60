"""Totals of coverage files against those of the tools that wrote them: gcovr, lcov, coverage.py, go and llvm-cov make the
coverage of small programs here, and say themselves what they count."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import SAMPLES, HarnessTest, clean_environment

C = """#include <stdio.h>
static int sign(int x) {
  if (x > 0 && x < 1000) return 1;
  return x < 0 ? -1 : 0;
}
static int unused(int x) {
  switch (x) {
    case 1: return 2;
    default: return 3;
  }
}
int main(int argc, char **argv) {
  int total = 0;
  for (int i = -2; i < argc; ++i) total += sign(i);
  printf("%d\\n", total);
  return argc > 9 ? unused(argc) : 0;
}
"""
PYTHON = """import sys

def f(x):
    if x > 1:
        return "a"
    for i in range(x):
        print(i)
    else:
        x += 1
    return x  # reached

class A:
    value = [
        1,
        2,
    ]
    def never(self):
        return self.value

f(1)
f(len(sys.argv))
"""
GO = """package m

func Sign(x int) int {
	if x > 0 {
		return 1
	}
	if x < 0 { return -1 }
	return 0
}

func Unused() int { a := 1; a++; return a }
"""
GO_TEST = """package m

import "testing"

func TestSign(t *testing.T) { if Sign(3) != 1 { t.Fatal() } }
"""
RUST = """fn sign(x: i32) -> i32 {
    if x > 0 { 1 } else if x < 0 { -1 } else { 0 }
}
fn unused() -> i32 {
    let a = 1;
    a + 1
}
fn main() {
    println!("{}", sign(3) + sign(-1));
    if std::env::args().count() > 5 { unused(); }
}
"""


class Oracle(HarnessTest):
    def setUp(self):
        super().setUp()
        self.here = pathlib.Path(self.folder)

    def need(self, *names):
        for name in names:
            if not shutil.which(name):
                self.skipTest(f"not installed: {name}")

    def put(self, name, text):
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def do(self, *command, cwd=None, env=None):
        done = subprocess.run([str(word) for word in command], cwd=cwd or self.here, capture_output=True, text=True, check=False,
                              env=clean_environment(**(env or {})))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def totals(self, *files):
        done = self.run_harness("gate", "--json", *files, cwd=self.here, env=clean_environment())
        document = json.loads(done.stdout)
        self.assertEqual(done.code, 0, done.stdout)
        return document["coverage"]

    def assertRatio(self, ratio, found, hit):
        self.assertEqual((ratio["found"], ratio["hit"]), (found, hit))


class Gcc(Oracle):
    def build(self):
        self.need("gcc", "gcov")
        self.put("main.c", C)
        self.do("gcc", "--coverage", "-O0", "-o", "prog", "main.c")
        self.do("./prog", "x")

    def test_gcovr(self):
        self.need("gcovr")
        self.build()
        self.do("gcovr", "-r", ".", "--json", "gcovr.json", "--json-summary", "summary.json", "--xml", "cobertura.xml")
        summary = json.loads((self.here / "summary.json").read_text())
        self.assertGreater(summary["branch_total"], summary["branch_covered"])
        for name in ("gcovr.json", "cobertura.xml"):
            with self.subTest(file=name):
                seen = self.totals(name)
                self.assertRatio(seen["lines"], summary["line_total"], summary["line_covered"])
                self.assertRatio(seen["branches"], summary["branch_total"], summary["branch_covered"])

    def test_lcov(self):
        self.need("lcov")
        self.build()
        branches = ["--rc", "lcov_branch_coverage=1"]  # lcov 2 knows the old name, too
        self.do("lcov", "-q", "--capture", "--directory", ".", *branches, "-o", "lcov.info")
        done = subprocess.run(["lcov", "--summary", "lcov.info", *branches], cwd=self.here, check=True, capture_output=True,
                              text=True)
        numbers = {kind: (int(found), int(hit)) for kind, hit, found in
                   re.findall(r"(lines|branches)\.+: [\d.]+% \((\d+) of (\d+)", done.stdout + done.stderr)}
        seen = self.totals("lcov.info")
        self.assertRatio(seen["lines"], *numbers["lines"])
        self.assertRatio(seen["branches"], *numbers["branches"])


class Python(Oracle):
    def interpreter(self):
        for candidate in (SAMPLES / "pytest/.venv/bin/python", shutil.which("python3")):
            if candidate and subprocess.run([candidate, "-c", "import coverage"], capture_output=True, check=False).returncode == 0:
                return candidate
        self.skipTest("not installed: coverage.py")

    def test_coverage_py(self):
        python = self.interpreter()
        self.put("s.py", PYTHON)
        for branch in ([], ["--branch"]):
            self.do(python, "-m", "coverage", "run", *branch, "s.py")
            self.do(python, "-m", "coverage", "json", "-q", "-o", "coverage.json")
            self.do(python, "-m", "coverage", "xml", "-q", "-o", "coverage.xml")
            self.do(python, "-m", "coverage", "lcov", "-q", "-o", "coverage.info")
            told = json.loads((self.here / "coverage.json").read_text())["totals"]
            for name in ("coverage.json", "coverage.xml", "coverage.info", ".coverage"):
                with self.subTest(file=name, branch=bool(branch)):
                    seen = self.totals(name)
                    self.assertRatio(seen["lines"], told["num_statements"], told["covered_lines"])
                    if branch:
                        self.assertRatio(seen["branches"], told["num_branches"], told["covered_branches"])


class Go(Oracle):
    def test_go_tool_cover(self):
        self.need("go")
        for name, text in (("go.mod", "module example.org/m\n\ngo 1.20\n"), ("m.go", GO), ("m_test.go", GO_TEST)):
            self.put(name, text)
        env = {"GOFLAGS": "-mod=mod", "GOCACHE": str(self.here / "cache"), "GOTOOLCHAIN": "local"}
        for mode in ("set", "count", "atomic"):
            self.do("go", "test", "-covermode", mode, "-coverprofile", f"{mode}.out", ".", env=env)
            said = self.do("go", "tool", "cover", "-func", f"{mode}.out", env=env)
            percent = float(re.search(r"total:\s+\(statements\)\s+([\d.]+)%", said)[1])
            statements = self.totals(f"{mode}.out")["statements"]
            self.assertEqual(round(100 * statements["hit"] / statements["found"], 1), percent)
            counted = [tuple(map(int, line.split()[-2:])) for line in (self.here / f"{mode}.out").read_text().splitlines()[1:]]
            self.assertRatio(statements, sum(size for size, _ in counted), sum(size for size, hits in counted if hits))


class Llvm(Oracle):
    def test_llvm_cov(self):
        self.need("rustc")
        sysroot = pathlib.Path(self.do("rustc", "--print", "sysroot").strip())
        tools = {name: next(iter(sysroot.glob(f"lib/rustlib/*/bin/{name}")), None) for name in ("llvm-cov", "llvm-profdata")}
        if None in tools.values():
            self.skipTest("not installed: llvm-tools of rustup")
        self.put("main.rs", RUST)
        self.do("rustc", "-C", "instrument-coverage", "-o", "prog", "main.rs")
        self.do("./prog", env={"LLVM_PROFILE_FILE": str(self.here / "p.profraw")})
        self.do(tools["llvm-profdata"], "merge", "-sparse", "p.profraw", "-o", "p.profdata")
        for form in ("text", "lcov"):
            (self.here / f"{form}.cov").write_text(
                self.do(tools["llvm-cov"], "export", f"--format={form}", "--instr-profile=p.profdata", "prog"))
        told = json.loads((self.here / "text.cov").read_text())["data"][0]["totals"]
        for form in ("text", "lcov"):
            with self.subTest(form=form):
                lines = self.totals(f"{form}.cov")["lines"]
                self.assertRatio(lines, told["lines"]["count"], told["lines"]["covered"])


if __name__ == "__main__":
    unittest.main()
