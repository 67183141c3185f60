import { describe, expect, it } from "vitest";
import { next_order, sorted } from "../src/data/order";
import { count_groups, test_key } from "../src/data/tests";
import { visible_rows } from "../src/data/window";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { kHostileName } from "../fixtures/report.mjs";
import { make_table } from "./pack";

const { report, table } = make_table(300);
const rows = table.rows;

describe("TestTable", () => {
  it("has what the tests have", () => {
    const full = report.suites.flatMap((suite) => suite.tests);
    expect(rows.length).toBe(full.length);
    full.forEach((test, i) => {
      const row = rows[i];
      const last = test.attempts.at(-1);
      expect(row?.id).toBe(test.test.id);
      expect(row?.suite.suite.id).toBe(test.test.suite);
      expect(row?.line).toBe(test.test.line);
      expect(row?.outcome).toBe(test.outcome);
      expect(row?.duration_ns).toBe(last?.duration_ns);
      expect(row?.start_ns).toBe(last?.start_ns);
      expect(row?.cpu).toEqual(last?.usage.cpu_ns);
      expect(row?.peak_memory).toEqual(last?.usage.peak_memory_bytes);
      expect(row?.attempts).toBe(test.attempts.length);
      expect(row?.pid).toBe(last?.pid);
    });
  });
  it("finds by id, hostile names too", () => {
    const row = rows.find((candidate) => candidate.name === kHostileName);
    expect(row && table.find(row.id)).toBe(row);
    expect(table.find("nothing")).toBeUndefined();
  });
  it("keeps quarantined failures apart", () => {
    const counts = count_groups(rows);
    expect(counts.quarantined).toBe(report.counts.quarantined);
    expect(counts.failed).toBe(report.counts.failed + report.counts.errored - report.counts.quarantined);
    expect(counts.flaky).toBe(report.counts.flaky);
  });
  it("drops a class that repeats the file", () => {
    expect(rows[0]?.title).toBe("test_rounds_to_cents[EUR]");
    expect(rows.find((row) => row.suite.suite.ecosystem === "go")?.title).toContain("example.org/ledger/book \u203a TestLedger");
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
