import { describe, expect, it } from "vitest";
import { next_order, sorted } from "../src/data/order";
import { filter_rows, rows_of, test_key, type Filter } from "../src/data/tests";
import { visible_rows } from "../src/data/window";
import type { Report } from "../src/data/model";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { kHostileName, make_report } from "../fixtures/report.mjs";

const report: Report = make_report({ tests: 300 });
const rows = rows_of(report);
const all: Filter = { text: "", regex: false, groups: new Set(), suite: "" };

describe("filter_rows", () => {
  it("lets everything pass without a filter", () => {
    const { rows: kept, counts } = filter_rows(rows, all);
    expect(kept.length).toBe(rows.length);
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(rows.length);
    expect(counts.failed).toBe(report.counts.failed + report.counts.errored);
  });

  it("wants every word, in any order and case", () => {
    const { rows: kept } = filter_rows(rows, { ...all, text: "RESTART order" });
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every((row) => row.id.includes("restart") && row.id.includes("order"))).toBe(true);
  });

  it("takes regular expressions and explains bad ones", () => {
    expect(filter_rows(rows, { ...all, regex: true, text: "\\[(17|18)\\]$|no such" }).rows.length).toBe(0);
    expect(filter_rows(rows, { ...all, regex: true, text: "\\[1[78]\\]" }).rows.length).toBe(2);
    const bad = filter_rows(rows, { ...all, regex: true, text: "(" });
    expect(bad.rows).toEqual([]);
    expect(bad.problem).not.toBe("");
  });

  it("counts what the chips would show, whatever is pressed", () => {
    const pressed = filter_rows(rows, { ...all, groups: new Set(["skipped"]) });
    expect(pressed.counts).toEqual(filter_rows(rows, all).counts);
    expect(pressed.rows.length).toBe(pressed.counts.skipped);
  });

  it("filters by suite and finds hostile names", () => {
    expect(filter_rows(rows, { ...all, suite: "services/ledger:go" }).rows.length).toBe(46);
    expect(filter_rows(rows, { ...all, text: kHostileName }).rows.length).toBe(1);
  });
});

describe("sorted", () => {
  it("puts unknown values last in both directions", () => {
    for (const descending of [true, false]) {
      const keys = sorted(rows, { column: "memory", descending }, test_key).map((row) => test_key(row, "memory"));
      const first_unknown = keys.indexOf(null);
      expect(keys.slice(first_unknown).every((key) => key === null)).toBe(true);
      const known = keys.slice(0, first_unknown) as number[];
      expect(known.every((key, i) => i === 0 || (descending ? key <= (known[i - 1] ?? 0) : key >= (known[i - 1] ?? 0)))).toBe(true);
    }
  });

  it("shows failures first and keeps the run's order otherwise", () => {
    const by_outcome = sorted(rows, { column: "outcome", descending: false }, test_key);
    expect(by_outcome[0]?.group).toBe("failed");
    const passed = by_outcome.filter((row) => row.group === "passed");
    expect(passed).toEqual(rows.filter((row) => row.group === "passed"));
  });

  it("turns round on the second click", () => {
    const first = next_order({ column: "name", descending: false }, "duration", true);
    expect(first).toEqual({ column: "duration", descending: true });
    expect(next_order(first, "duration", true)).toEqual({ column: "duration", descending: false });
  });
});

describe("visible_rows", () => {
  it("covers what is in sight and a margin", () => expect(visible_rows(3200, 640, 20_000, 32, 8)).toEqual({ first: 92, last: 128 }));
  it("stays within the rows", () => {
    expect(visible_rows(1e9, 640, 10, 32, 8)).toEqual({ first: 10, last: 10 });
    expect(visible_rows(0, 640, 0, 32, 8)).toEqual({ first: 0, last: 0 });
  });
});
