import { describe, expect, it } from "vitest";
import { bands_of, lanes_of_process, row_at } from "../src/data/lanes";
import type { TestRow } from "../src/data/tests";
import { make_table } from "./pack";

let next = 0;
const row = (start_ns: number, duration_ns: number | null, pid = 1): TestRow => ({ start_ns, duration_ns, pid, index: next++ }) as unknown as TestRow;

describe("lanes_of_process", () => {
  it("needs one lane for tests one after the other", () => expect(lanes_of_process(1, [row(0, 10), row(10, 5), row(20, 5)]).length).toBe(1));
  it("puts what overlaps on another lane", () => {
    const [outer, inner, after] = [row(0, 100), row(10, 20), row(110, 5)];
    expect(lanes_of_process(1, [after, inner, outer]).map((lane) => lane.rows)).toEqual([[outer, after], [inner]]);
  });
  it("takes tests of no or unknown length", () => expect(lanes_of_process(1, [row(5, 0), row(5, null), row(5, 3)]).length).toBeLessThanOrEqual(2));
});

describe("bands_of", () => {
  const { report, table } = make_table(200);
  const bands = bands_of(report.suites, table.rows);
  it("has a band for each suite that ran, by start", () => {
    expect(bands.map((band) => band.suite.suite.id)).toEqual(["api:pytest", "packages/web:vitest", "services/ledger:go", "crates/codec:cargo"]);
  });
  it("has a lane for each worker, and every test in one", () => {
    expect(bands[0]?.lanes.map((lane) => lane.pid)).toEqual([4711, 4712, 4713, 4714]);
    const drawn = bands.flatMap((band) => band.lanes.flatMap((lane) => lane.rows)).length;
    expect(drawn + bands.reduce((sum, band) => sum + band.without_start, 0)).toBe(table.rows.length);
  });
  it("never overlaps within a lane", () => {
    for (const { lanes } of bands)
      for (const { rows } of lanes)
        rows.forEach((test, i) => {
          const before = rows[i - 1];
          if (before) expect(test.start_ns).toBeGreaterThanOrEqual((before.start_ns ?? 0) + (before.duration_ns ?? 0));
        });
  });
  it("shares a lane among processes that follow one another", () => {
    const suite = report.suites[0];
    if (!suite) throw new Error("the example has suites");
    const tests = [row(0, 10, 7), row(20, 10, 8), row(40, 10, 9)].map((test) => Object.assign(test, { suite }));
    expect(bands_of([suite], tests)[0]?.lanes.map((lane) => [lane.pid, lane.rows.length])).toEqual([[0, 3]]);
  });
});

describe("row_at", () => {
  const rows = [row(0, 10), row(20, 10), row(40, 0)];
  const lane = { pid: 1, rows };
  it("finds the test that runs", () => {
    expect(row_at(lane, 25, 0)).toBe(rows[1]);
    expect(row_at(lane, 15, 0)).toBeUndefined();
    expect(row_at(lane, 41, 2)).toBe(rows[2]);
    expect(row_at({ pid: 1, rows: [] }, 1, 1)).toBeUndefined();
  });
});
