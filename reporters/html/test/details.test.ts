import { describe, expect, it } from "vitest";
import { failures_of, median_duration, past_of } from "../src/data/past";
import { counts_by_line, line_count, reached_by, reachers_of, reaches } from "../src/data/reach";
import type { MapSection } from "../src/data/sections";
import { make_table } from "./pack";

const scale = (ns: number): string => String.fromCharCode(0x100 + Math.round(6 * Math.log2(ns)));

describe("past_of", () => {
  const past = past_of(["pfk", `${scale(1e6)}-${scale(4e9)}`]);
  it("reads outcomes and durations", () => {
    expect(past.map(({ outcome, flaky }) => [outcome, flaky])).toEqual([["passed", false], ["failed", false], ["passed", true]]);
    expect(past[1]?.duration_ns).toBeNull();
    for (const [i, ns] of [[0, 1e6], [2, 4e9]] as const) expect(Math.abs((past[i]?.duration_ns ?? 0) / ns - 1)).toBeLessThan(0.062);
  });
  it("knows the usual duration of passes", () => {
    expect(failures_of(past)).toBe(1);
    expect(median_duration(past)).toBe(past[2]?.duration_ns);
    expect(median_duration(past_of(["f", "-"]))).toBeNull();
  });
});

describe("who tests what", () => {
  const { table } = make_table(30);
  const row = table.rows[3];
  const map: MapSection = {
    left_out: 0,
    suites: [
      { suite: "api:pytest", tests: [3, 5], files: { "a.py": [[0, [[1, 3], [7, 7]]], [1, [[3, 4]]]], "b.py": [[0, [[1, 1]]]] } },
      { suite: "packages/web:vitest", tests: ["packages/web:vitest::src/components/cart.test.tsx"], files: { "a.py": [[0, [[2, 2]]]] } },
    ],
  };
  it("names the tests of a line", () => {
    const reachers = reachers_of(map, table, "a.py");
    expect(reachers.map(({ row: test, name }) => [test?.index, name])).toEqual([[3, table.rows[3]?.title], [5, table.rows[5]?.title], [undefined, "src/components/cart.test.tsx"]]);
    expect(reachers.filter(({ lines }) => reaches(lines, 3)).length).toBe(2);
    expect([...counts_by_line(reachers)]).toEqual([[1, 1], [2, 2], [3, 2], [7, 1], [4, 1]]);
    expect(reachers_of(map, table, "c.py")).toEqual([]);
  });
  it("names the files of a test, or of its test file", () => {
    if (!row) throw new Error("the example has tests");
    expect(reached_by(map, row).files.map(({ path, lines }) => [path, line_count(lines)])).toEqual([["a.py", 4], ["b.py", 1]]);
    const cart = table.rows.find((test) => test.file.endsWith("cart.test.tsx"));
    if (!cart) throw new Error("the example has vitest tests");
    expect(reached_by(map, cart)).toEqual({ files: [{ path: "a.py", lines: [[2, 2]] }], of: "src/components/cart.test.tsx" });
  });
});
