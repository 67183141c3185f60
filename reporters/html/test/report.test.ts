import { describe, expect, it } from "vitest";
import { hash_of, parse_route } from "../src/data/route";
import { run_cpu, run_isolation, run_peak } from "../src/data/summary";
import { verdict_of } from "../src/data/verdict";
import type { Report } from "../src/data/model";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { make_report } from "../fixtures/report.mjs";

const report: Report = make_report({ tests: 10 });

describe("routes", () => {
  it.each(["a::b/c.py::t[x y]", "100% \u{1F600}", "#?&</script>=+", "suite/test/x", "line\nbreak", "a+b c"])("find %j again", (id) => {
    for (const name of ["suite", "test", "file", "q"] as const) expect(parse_route(hash_of({ view: "tests", [name]: id }))).toEqual({ view: "tests", [name]: id });
  });
  it("know the view from what is opened", () => {
    expect(parse_route("#test=a")).toEqual({ view: "tests", test: "a" });
    expect(parse_route("#file=src/a.py&line=12")).toEqual({ view: "coverage", file: "src/a.py", line: "12" });
    expect(parse_route("#timeline&q=at:1s..2s")).toEqual({ view: "timeline", q: "at:1s..2s" });
  });
  it("take everything else as the summary", () => {
    for (const hash of ["", "#", "#nonsense", "#nonsense&other=1", "#=x"]) expect(parse_route(hash)).toEqual({ view: "summary" });
    expect(parse_route("#test=%ff")).toEqual({ view: "summary" });
  });
  it("stay readable", () => expect(hash_of({ view: "tests", q: "status:failed,flaky slow:>1s" })).toBe("#tests&q=status:failed,flaky+slow:>1s"));
  it("do not throw on lone surrogates", () => expect(hash_of({ view: "tests", test: "\ud800" })).toBe("#tests&test=%EF%BF%BD"));
});

describe("summary", () => {
  it("adds CPU time of the suites that ran", () => {
    const ran = report.suites.filter((suite) => suite.steps.length > 0);
    expect(run_cpu(report).value).toBe(ran.reduce((sum, suite) => sum + (suite.usage.cpu_ns.value ?? 0), 0));
  });
  it("is a lower bound when a suite's is not known", () => {
    const partly: Report = make_report({ tests: 1 });
    const first = partly.suites[0];
    if (first) first.usage.cpu_ns = { value: null, scope: "unknown", source: "", reason: "lost" };
    expect(run_cpu(partly).scope).toBe("lower_bound");
  });
  it("is unknown, not zero, when nothing ran", () => {
    const empty = { ...report, suites: [] };
    expect(run_cpu(empty).value).toBeNull();
    expect(run_peak(empty).figure.value).toBeNull();
    expect(run_isolation(empty)).toBeNull();
  });
  it("counts each mechanism once, at its weakest", () => {
    expect(run_isolation(report)).toEqual({ enforced: 4, degraded: 1, refused: 1, reached: "contained", requested: "strict" });
  });
});

describe("verdict_of", () => {
  it.each([
    [0, "Passed", "good"],
    [1, "Tests failed", "bad"],
    [3, "Gate failed", "bad"],
    [99, "Failed", "bad"],
  ])("names exit code %d", (exit_code, word, tone) => expect(verdict_of({ exit_code, complete: true })).toEqual({ word, tone }));
  it("does not call an unfinished run passed", () => expect(verdict_of({ exit_code: 0, complete: false }).word).toBe("Incomplete"));
});
