"""Totals of coverage files against those of the tools that wrote them, on coverage that the tools make here.

Node is enough for V8's own files, beside which c8 or nyc are the oracles when RUNHARNESS_JS_TOOLS names a folder whose
node_modules has them: `npm install c8@10 nyc@17 typescript@5`. SimpleCov and llvm-cov are used where they are installed, JaCoCo where RUNHARNESS_JACOCO names a folder with its agent and its
command line (org.jacoco.agent-*-runtime.jar and org.jacoco.cli-*-nodeps.jar of Maven Central).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from harness import HarnessTest, clean_environment

SCRIPT = """'use strict'
// a comment with \U0001f389
function branchy (x) {
  if (x > 3) {
    return 'big'
  } else if (x === 2) { return 'two' } else {
    return 'small'
  }
}
/* c8 ignore next 3 */
function ignored () {
  return 1
}
class Box {
  constructor (value = 5) { this.value = value }
  get double () { return this.value * 2 }
  * items () { yield this.value; yield 2 }
}
const pick = (list, i) => list && list[i ?? 0] || null
switch (process.argv[2]) { case 'a': branchy(1); break; default: branchy(7) }
new Box().double; pick([1]); [...new Box(3).items()]
if (process.argv[3]) { pick(null) }
"""

TYPED = """interface Shape { area(): number }
export class Square implements Shape {
  constructor(private readonly side: number) {}
  area(): number {
    if (this.side > 5) {
      return this.side * this.side
    }
    return this.side > 2 ? 1 : 0
  }
}
new Square(3).area()
"""

JAVA = """package p;
public class A {
  enum Color { RED, GREEN }
  record Pair(int a, String b) {}
  static int f(int n) {
    int t = 0;
    for (int i = 0; i < n && i < 5; i++) { switch (i) { case 0: t++; break; default: t--; } }
    java.util.function.Supplier<String> s = () -> "x";
    try { t = t > 3 ? 1 : 2; } finally { t++; }
    return new Pair(t, s.get()).a();
  }
  int unused(Object o) { if (o instanceof String) return 1; return 2; }
  public static void main(String[] a) { f(3); System.out.print(Color.RED); }
}
"""

RUST = """pub fn larger<T: PartialOrd + Copy>(a: T, b: T) -> T { if a > b { a } else { b } }
pub fn sum(n: i32) -> i32 {
    let doubled: Vec<i32> = (0..n).map(|x| if x % 2 == 0 { x } else { -x }).collect();
    match doubled.len() {
        0 => 0,
        1 | 2 => 1,
        _ => doubled.iter().sum(),
    }
}
pub fn never() -> i32 { let add = |a: i32| { a + 1 }; add(2) }
#[cfg(test)]
mod tests {
    use super::*;
    #[test] fn one() { assert_eq!(larger(1, 2), 2); assert_eq!(larger(2.0, 1.0), 2.0); }
    #[test] fn two() { assert!(sum(9) != 1); }
}
"""


def js_tools():
    folder = os.environ.get("RUNHARNESS_JS_TOOLS")
    return pathlib.Path(folder) / "node_modules" / ".bin" if folder else None


def llvm_tool(name):
    found = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=False)
    tools = list(pathlib.Path(found.stdout.strip()).glob(f"lib/rustlib/*/bin/{name}")) if found.returncode == 0 else []
    return tools[0] if tools else None


class CoverageOracles(HarnessTest):
    def totals(self, *files, cwd=None):
        """What runharness makes of coverage files: {lines, branches, statements: (found, hit)}."""
        done = self.run_harness("gate", "--json", *files, cwd=cwd or self.folder)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            self.fail(done.explain())
        figures = document["coverage"]
        return {name: (figures[name]["found"], figures[name]["hit"]) for name in ("lines", "branches", "statements") if figures.get(name)}

    def call(self, *command, env=None, cwd=None):
        done = subprocess.run([str(part) for part in command], cwd=cwd or self.folder, env=clean_environment(**(env or {})),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def summary(self, path):
        total = json.loads(path.read_text(encoding="utf-8"))["total"]
        return {name: (total[name]["total"], total[name]["covered"]) for name in ("lines", "branches", "statements")}

    def need_js_tools(self):
        tools = js_tools()
        if tools is None or not tools.is_dir():
            self.skipTest("RUNHARNESS_JS_TOOLS names no folder with c8, nyc and typescript in its node_modules")
        return tools

    def test_v8_against_c8(self):
        tools = self.need_js_tools()
        self.write({"a.js": SCRIPT, "b.ts": TYPED, "package.json": "{}"})
        project = self.folder / "project"
        self.call(tools / "tsc", "--sourceMap", "--module", "commonjs", "--target", "es2019", "b.ts", cwd=project)
        for number, arguments in enumerate((["a.js"], ["a.js", "a", "b"], ["b.js"])):
            self.call("node", *arguments, cwd=project, env={"NODE_V8_COVERAGE": str(project / "raw")})
            self.call(tools / "c8", "report", "--temp-directory", "raw", "-r", "json-summary", "-r", "json", "-o", "out",
                      "--exclude", "", cwd=project)
            expected = self.summary(project / "out/coverage-summary.json")
            own = self.totals("raw", cwd=project)
            self.assertEqual(own["lines"], expected["lines"], number)
            self.assertEqual(own["branches"], expected["branches"], number)
            self.assertEqual(self.totals("out/coverage-final.json", cwd=project), expected, number)

    def test_istanbul_against_nyc(self):
        tools = self.need_js_tools()
        project = self.write({"a.js": SCRIPT, "never.js": "exports.f = a => { if (a) return 1; return a ? 2 : 3 }\n", "package.json": "{}"})
        self.call(tools / "nyc", "--cwd", project, "--all", "--include", "*.js", "-r", "json", "-r", "json-summary", "-r", "clover",
                  "--report-dir", "out", "node", "a.js", cwd=project)
        expected = self.summary(project / "out/coverage-summary.json")
        self.assertEqual(self.totals("out/coverage-final.json", cwd=project), expected)
        self.assertEqual(self.totals("out/clover.xml", cwd=project)["lines"], expected["lines"])

    def test_llvm_cov_against_its_own_lcov(self):
        profdata, cov = llvm_tool("llvm-profdata"), llvm_tool("llvm-cov")
        if profdata is None or cov is None:
            self.skipTest("rustc with the component llvm-tools is missing")
        project = self.write({"a.rs": RUST})
        self.call("rustc", "--test", "-C", "instrument-coverage", "a.rs", "-o", "a", cwd=project)
        self.call("./a", cwd=project, env={"LLVM_PROFILE_FILE": str(project / "a.profraw")})
        self.call(profdata, "merge", "-sparse", "a.profraw", "-o", "a.profdata", cwd=project)
        (project / "a.json").write_text(self.call(cov, "export", "./a", "-instr-profile", "a.profdata", cwd=project))
        (project / "a.info").write_text(self.call(cov, "export", "./a", "-instr-profile", "a.profdata", "-format=lcov", cwd=project))
        self.assertEqual(self.totals("a.json", cwd=project)["lines"], self.totals("a.info", cwd=project)["lines"])

    def test_jacoco_against_its_counters(self):
        jars = pathlib.Path(os.environ.get("RUNHARNESS_JACOCO", "/nonexistent"))
        agent, cli = list(jars.glob("org.jacoco.agent-*-runtime.jar")), list(jars.glob("org.jacoco.cli-*-nodeps.jar"))
        if not agent or not cli or shutil.which("javac") is None:
            self.skipTest("RUNHARNESS_JACOCO names no folder with JaCoCo's agent and command line, or javac is missing")
        project = self.write({"src/p/A.java": JAVA})
        self.call("javac", "-g", "-d", "classes", "src/p/A.java", cwd=project)
        self.call("java", f"-javaagent:{agent[0]}=destfile=a.exec", "-cp", "classes", "p.A", cwd=project)
        self.call("java", "-jar", cli[0], "report", "a.exec", "--classfiles", "classes", "--xml", "a.xml", cwd=project)
        text = (project / "a.xml").read_text(encoding="utf-8")
        root = xml.etree.ElementTree.fromstring(text[text.index("<report"):])
        counters = {c.get("type"): (int(c.get("missed")) + int(c.get("covered")), int(c.get("covered"))) for c in root.findall("counter")}
        own = self.totals("a.xml", cwd=project)
        self.assertEqual(own["lines"], counters["LINE"])
        self.assertEqual(own["branches"], counters["BRANCH"])

    def test_simplecov_against_its_own_percentage(self):
        if shutil.which("ruby") is None or subprocess.run(["ruby", "-e", "require 'simplecov'"], capture_output=True, check=False).returncode:
            self.skipTest("ruby with simplecov is missing")
        project = self.write({
            "lib/a.rb": "class A\n  def kind(x)\n    if x > 3\n      :big\n    elsif x == 2\n      :two\n    end\n  end\n\n"
                        "  # :nocov:\n  def skipped\n    1\n  end\n  # :nocov:\n  def t(v) = v ? 1 : 2\nend\n",
            "t.rb": "require 'simplecov'\nSimpleCov.command_name ENV['NAME']\nSimpleCov.start { enable_coverage :branch }\n"
                    "require_relative 'lib/a'\nA.new.kind(ENV['X'].to_i)\nA.new.t(1)\n"})
        for name, value in (("one", "5"), ("two", "2")):
            self.call("ruby", "t.rb", cwd=project, env={"NAME": name, "X": value})
        expected = json.loads((project / "coverage/.last_run.json").read_text())["result"]
        own = self.totals("coverage/.resultset.json", cwd=project)
        self.assertEqual(int(own["lines"][1] * 10000 / own["lines"][0]) / 100, expected["line"])
        self.assertEqual(int(own["branches"][1] * 10000 / own["branches"][0]) / 100, expected["branch"])


if __name__ == "__main__":
    sys.argv[0] = pathlib.Path(__file__).name
    unittest.main(verbosity=2)
