import { describe, expect, it } from "vitest";
import { coverage_key, line_ranges, listing_of, ratio_of_basis, row_of } from "../src/data/coverage";
import { format_ranges, ranges_of } from "../src/data/ranges";
import type { CoverageFile } from "../src/data/model";

const none = { lines: null, branches: null, functions: null, statements: null };

function file(more: Partial<CoverageFile>): CoverageFile {
  return { path: "a.py", totals: none, lines: [], branches: [], functions: [], blocks: [], ...more };
}

describe("ranges", () => {
  it("joins neighbours", () => expect(format_ranges(ranges_of([12, 13, 14, 15, 20]))).toBe("12\u201315, 20"));
  it("joins over lines that are no code, but not far", () => {
    const is_no_code = (line: number): boolean => line !== 13;
    expect(format_ranges(ranges_of([1, 4, 12, 14, 40], is_no_code))).toBe("1\u201312, 14, 40");
  });
  it("is empty for nothing", () => expect(format_ranges(ranges_of([]))).toBe(""));
});

describe("line_ranges", () => {
  it("tells missed, hit and partly hit lines apart", () => {
    const ranges = line_ranges(file({ lines: [[1, 1], [2, 4], [3, 0], [4, 0], [6, 0]], branches: [[2, 0, "0", 1], [2, 0, "1", null]] }));
    expect(format_ranges(ranges.missed)).toBe("3\u20136");
    expect(format_ranges(ranges.hit)).toBe("1\u20132");
    expect(ranges.partial).toEqual([2]);
  });
  it("reads blocks where there are no lines", () => {
    const ranges = line_ranges(file({ blocks: [[1, 1, 3, 2, 2, 5], [3, 4, 5, 1, 1, 0]] }));
    expect(format_ranges(ranges.hit)).toBe("1\u20132");
    expect(format_ranges(ranges.missed)).toBe("3\u20135");
  });
});

describe("ratios", () => {
  const lines = { found: 10, hit: 5 };
  const branches = { found: 2, hit: 2 };
  const statements = { found: 4, hit: 1 };
  it("follow the basis", () => {
    expect(ratio_of_basis("lines", { ...none, lines, branches })).toEqual(lines);
    expect(ratio_of_basis("lines+branches", { ...none, lines, branches })).toEqual({ found: 12, hit: 7 });
    expect(ratio_of_basis("statements", { ...none, lines, statements })).toEqual(statements);
  });
  it("take what there is when a file lacks the basis", () => {
    expect(ratio_of_basis("lines+branches", { ...none, statements })).toEqual(statements);
    expect(ratio_of_basis("lines", none)).toBeNull();
  });
  it("sort unknown apart from zero", () => {
    const row = row_of(file({}), "lines");
    expect(row.missed).toBeNull();
    expect(coverage_key(row, "percent")).toBeNull();
    expect(coverage_key(row_of(file({ totals: { ...none, lines: { found: 3, hit: 0 } } }), "lines"), "percent")).toBe(0);
  });
});

describe("listing_of", () => {
  it("is empty without the source", () => expect(listing_of(file({ lines: [[1, 1]] }))).toEqual([]));
  it("puts hits beside the text", () => {
    expect(listing_of(file({ source: "a\nb\n", lines: [[2, 0]] }))).toEqual([
      { line: 1, hits: null, partial: false, text: "a" },
      { line: 2, hits: 0, partial: false, text: "b" },
    ]);
  });
});
