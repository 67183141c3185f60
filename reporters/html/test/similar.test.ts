import { describe, expect, it } from "vitest";
import { group_failures, likeness, shape_of } from "../src/data/similar";
import type { TestRow } from "../src/data/tests";
import { make_table } from "./pack";

const failure = (message: string): TestRow => ({ message, outcome: "failed" }) as unknown as TestRow;
const groups = (...messages: string[]): number[] => group_failures(messages.map(failure)).map((group) => group.rows.length);

describe("shape_of", () => {
  it.each([
    ["assert 1 == 2", "assert 17 == 99"],
    ["timed out after 1.5 s", "timed out after 20 s"],
    ["object at 0x7f01deadbeef", "object at 0x55d0cafe0000"],
    ["no such file: /tmp/a1/b/c.txt", "no such file: /var/lib/x/y.json"],
    ["expected 'EUR' but got \"USD\"", "expected 'CHF' but got \"JPY\""],
    ["user 123e4567-e89b-12d3-a456-426614174000 is gone", "user 00000000-0000-4000-8000-000000000000 is gone"],
    ["at 2026-03-01T12:00:00Z", "at 2025-12-31 23:59:59.123+01:00"],
    ["connect 127.0.0.1:5432 refused", "connect 10.0.0.7:6379 refused"],
    ["commit 9a9ccaf0d4 is missing", "commit 1f3c9a7b2d4e is missing"],
    ["[1, 2, 3] != [1, 2]", "[4] != [5, 6, 7, 8]"],
    ["\u001b[31mE\u001b[0m   x", "E x"],
  ])("is the same for %j and %j", (a, b) => expect(shape_of(a)).toBe(shape_of(b)));
  it("tells words apart", () => {
    expect(shape_of("connection refused")).not.toBe(shape_of("connection reset"));
    expect(shape_of("decade")).toBe("decade");
    expect(shape_of("defaced accede")).toBe("defaced accede");
  });
  it("takes long and strange texts", () => {
    for (const text of ["'".repeat(5000), "/".repeat(5000), "0x".repeat(5000), "1 ".repeat(5000), ""]) expect(typeof shape_of(text)).toBe("string");
  });
});

describe("likeness", () => {
  it("is the share of common words", () => {
    expect(likeness(new Set(["a", "b", "c"]), new Set(["b", "c", "d"]))).toBe(0.5);
    expect(likeness(new Set(), new Set())).toBe(1);
  });
});

describe("group_failures", () => {
  it("joins what differs in values only", () => expect(groups("assert 1 == 2", "boom", "assert 3 == 4", "assert 5 == 6")).toEqual([3, 1]));
  it("joins what differs in a word of many", () => {
    expect(groups("cannot open the database of the shop: permission denied for user app", "cannot open the database of the shop: permission denied for user admin", "nothing alike at all")).toEqual([2, 1]);
  });
  it("keeps short messages apart", () => expect(groups("timeout", "crash", "no answer")).toEqual([1, 1, 1]));
  it("loses no row, largest group first", () => {
    const messages = Array.from({ length: 2000 }, (_, i) => `problem ${"abcdefghij"[i % 10]}${i % 700 < 350 ? "" : " late"} of kind ${"klmnopqrst"[Math.floor(i / 10) % 10]}${"uvwxyz"[i % 6]}`);
    const sizes = groups(...messages);
    expect(sizes.reduce((a, b) => a + b)).toBe(2000);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });
  it("groups those of the example", () => {
    const { table } = make_table(20);
    const found = group_failures(table.rows.filter((row) => row.group === "failed"));
    expect(found.slice(0, 2).map((group) => group.rows.length)).toEqual([4, 3]);
  });
});
