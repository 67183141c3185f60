import { describe, expect, it } from "vitest";
import { kKeys, parse_query, terms_of, toggle_value, values_of, with_values } from "../src/data/query";
import { parse_comparison, parse_quantity } from "../src/data/quantities";
import type { TestRow } from "../src/data/tests";
import { make_table } from "./pack";

const { table } = make_table(400);
const rows = table.rows;
const find = (text: string): TestRow[] => {
  const query = parse_query(text);
  expect(query.problems).toEqual([]);
  return rows.filter(query.matches);
};
const problem = (text: string): string => parse_query(text).problems.map(({ message }) => message).join("; ");

describe("words", () => {
  it("must all be there, in any order and case", () => {
    const found = find("RESTART order");
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((row) => row.id.includes("restart") && row.id.includes("order"))).toBe(true);
  });
  it("may be quoted, negated or a regular expression", () => {
    expect(find('"is more than"').map((row) => row.name)).toEqual(["test_clock_skew_is_tolerated"]);
    expect(find("-api").every((row) => !row.haystack.includes("api"))).toBe(true);
    expect(find("/\\[1[78]\\]$/").length).toBe(0);
    expect(find("name:/\\[1[78]\\]$/").length).toBe(2);
  });
  it("may look like terms", () => {
    for (const text of ["api:pytest::tests", "C:\\x", "a::b", "::", "-", '"status:failed"']) expect(problem(text)).toBe("");
    expect(find("tests/unit/test_orders.py::test_rounds_to_cents").length).toBe(4);
  });
  it("leave everything when there are none", () => expect(find("  ").length).toBe(rows.length));
});

describe("terms", () => {
  it("choose by status, any of several", () => {
    expect(find("status:failed").every((row) => row.group === "failed" || row.group === "quarantined")).toBe(true);
    expect(find("status:skipped,flaky").length).toBe(find("status:skipped").length + find("status:flaky").length);
    expect(find("-status:passed").every((row) => row.outcome !== "passed")).toBe(true);
    expect(find("status:timed_out").map((row) => row.outcome)).toEqual(["timed_out"]);
    expect(find("is:quarantined").length).toBe(1);
  });
  it("compare durations and sizes; what is not known fails every comparison", () => {
    expect(find("slow:>1s").every((row) => (row.duration_ns ?? 0) > 1e9)).toBe(true);
    expect(find("slow:>1s").length + find("slow:<=1s").length + find("slow:unknown").length).toBe(rows.length);
    expect(find("slow:unknown").map((row) => row.name)).toEqual(["test_worker_survives"]);
    expect(find("mem:>80MB").every((row) => (row.memory_bytes ?? 0) > 80 * 1024 * 1024)).toBe(true);
    expect(find("-mem:>0B").every((row) => row.memory_bytes === null)).toBe(true);
  });
  it("choose by text, part of it or a pattern", () => {
    expect(find("suite:ledger").length).toBe(46);
    expect(find("suite:*:vitest").length).toBe(84);
    expect(find("suite:vitest*").length).toBe(0);
    expect(find('msg:"connection refused"').length).toBe(3);
    expect(find("file:tests/storage,tests/api").every((row) => /^tests\/(storage|api)/.test(row.file))).toBe(true);
  });
  it("choose by time and process", () => {
    const [first] = find("pid:4711");
    expect(first?.pid).toBe(4711);
    const at = find("at:20s..21s");
    expect(at.length).toBeGreaterThan(0);
    expect(at.every((row) => (row.start_ns ?? 0) <= 21e9 && (row.start_ns ?? 0) + (row.duration_ns ?? 0) >= 20e9)).toBe(true);
    expect(find("attempts:2").every((row) => row.attempts === 2)).toBe(true);
  });
  it("hold together", () => {
    expect(find("status:passed suite:api slow:>10ms mem:>50MB").every((row) => row.outcome === "passed" && row.suite.suite.id === "api:pytest" && (row.duration_ns ?? 0) > 1e7)).toBe(true);
  });
  it("have examples that can be read", () => {
    for (const { example } of kKeys) expect(parse_query(example).problems, example).toEqual([]);
  });
});

describe("problems", () => {
  it.each([
    ["stats:failed", 'did you mean "status:"'],
    ["colour:red", "In quotes"],
    ["status:bad", "none of failed"],
    ["slow:>1", "has no unit"],
    ["slow:fast", "is not a duration"],
    ["mem:>12parsecs", "is not a size"],
    ["attempts:many", "is not a number"],
    ["slow:2s..1s", "ends before it begins"],
    ["at:5s..3s", "ends before it begins"],
    ["name:", "a value is missing"],
    ["status:failed,", "a value is missing"],
    ['"open', "not closed"],
    ["/(/", "regular expression is not valid"],
    ["name:/[/", "regular expression is not valid"],
  ])("of %s are told", (text, message) => expect(problem(text)).toContain(message));
  it("name the term", () => expect(parse_query("order stats:x slow:>1s").problems.map(({ term }) => term)).toEqual(["stats:x"]));
});

describe("quantities", () => {
  it.each([["1.5s", 1.5e9], ["200ms", 2e8], ["3µs", 3000], ["2m", 12e10], ["7ns", 7]])("read %s", (text, ns) => expect(parse_quantity(text, "duration")).toBe(ns));
  it.each([["512K", 524288], ["200MB", 209715200], ["1GiB", 1073741824], ["17B", 17], ["17", 17]])("read %s", (text, bytes) => expect(parse_quantity(text, "size")).toBe(bytes));
  it("mean at least without a sign, and just that for numbers", () => {
    expect(parse_comparison("1s", "duration")(2e9)).toBe(true);
    expect(parse_comparison("2", "number")(3)).toBe(false);
    expect(parse_comparison("..2s", "duration")(1)).toBe(true);
    expect(parse_comparison(">1s", "duration")(null)).toBe(false);
  });
});

describe("changing a query", () => {
  it("adds, replaces and removes terms and leaves the rest", () => {
    expect(with_values("order", "at", ["1s..2s"])).toBe("order at:1s..2s");
    expect(with_values("order at:1s..2s name:x", "at", ["3s..4s"])).toBe("order at:3s..4s name:x");
    expect(with_values("order at:1s..2s name:x", "at", [])).toBe("order name:x");
    expect(with_values("", "suite", ["a b"])).toBe('suite:"a b"');
    expect(values_of('suite:"a b",c', "suite")).toEqual(["a b", "c"]);
  });
  it("toggles one value", () => {
    expect(toggle_value("x", "status", "failed")).toBe("x status:failed");
    expect(toggle_value("x status:failed", "status", "flaky")).toBe("x status:failed,flaky");
    expect(toggle_value("status:failed,flaky x", "status", "failed")).toBe("status:flaky x");
    expect(toggle_value("status:failed", "status", "failed")).toBe("");
    expect(toggle_value("-status:failed", "status", "passed")).toBe("-status:failed status:passed");
  });
  it("never loops, whatever is typed", () => {
    for (const text of ["-", ":", "a:,,", ",", '"', "/", "-/", "a:\"", "\u202e\u0000", "status:/x"]) expect(Array.isArray(terms_of(text).terms)).toBe(true);
  });
});
