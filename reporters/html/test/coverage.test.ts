import { describe, expect, it } from "vitest";
import { coverage_key, file_lines, listing_of, missed_ranges, ratio_of_basis, row_of, state_of, with_context } from "../src/data/coverage";
import { format_ranges, ranges_of } from "../src/data/ranges";
import { first_open, is_folder, tree_of, visible_tree } from "../src/data/tree";
import type { CoverageTotals } from "../src/data/model";

const none: CoverageTotals = { lines: null, branches: null, functions: null, statements: null, regions: null };

describe("ranges", () => {
  it("joins neighbours", () => expect(format_ranges(ranges_of([12, 13, 14, 15, 20]))).toBe("12\u201315, 20"));
  it("joins over lines that are no code, but not far", () => {
    const is_no_code = (line: number): boolean => line !== 13;
    expect(format_ranges(ranges_of([1, 4, 12, 14, 40], is_no_code))).toBe("1\u201312, 14, 40");
  });
  it("is empty for nothing", () => expect(format_ranges(ranges_of([]))).toBe(""));
});

describe("file_lines", () => {
  it("reads steps of lines, branches and changed lines", () => {
    const lines = file_lines({ lines: [1, 1, 1, 4, 1, 0, 1, 0, 2, 0], branches: [[2, 0, "0", 1], [2, 0, "1", null]] }, [2, 3, 2, 8, 8, 3]);
    expect([...lines.hits]).toEqual([[1, 1], [2, 4], [3, 0], [4, 0], [6, 0]]);
    expect(format_ranges(missed_ranges(lines))).toBe("3\u20136");
    expect([1, 2, 3, 5].map((line) => state_of(lines, line))).toEqual(["hit", "partial", "missed", "none"]);
    expect([...lines.patch]).toEqual([[2, "uncovered"], [3, "uncovered"], [8, "no_data"]]);
    expect(lines.last).toBe(8);
  });
  it("reads blocks where there are no lines", () => {
    const lines = file_lines({ blocks: [[1, 1, 3, 2, 2, 5], [3, 4, 5, 1, 1, 0]] }, undefined);
    expect([...lines.hits]).toEqual([[1, 5], [2, 5], [3, 0], [4, 0], [5, 0]]);
  });
  it("is empty for a file that was left out", () => expect(file_lines(undefined, undefined).last).toBe(0));
});

describe("listing_of", () => {
  const lines = file_lines({ lines: [2, 0, 1, 7] }, undefined);
  it("puts states beside the text", () => {
    expect(listing_of(lines, "a\r\nb\nc\n")).toEqual([
      { line: 1, text: "a", state: "none" },
      { line: 2, text: "b", state: "missed" },
      { line: 3, text: "c", state: "hit" },
    ]);
  });
  it("lists known lines without a text", () => expect(listing_of(lines, undefined).map(({ line, text }) => [line, text])).toEqual([[2, null], [3, null]]));
  it("hides what is not asked for", () => {
    const long = listing_of(file_lines({ lines: [10, 0] }, undefined), Array.from({ length: 20 }, () => "x").join("\n"));
    const rows = with_context(long, (line) => line.state === "missed", 1);
    expect(rows.map((row) => ("hole" in row ? `${row.from}-${row.to}` : row.line))).toEqual(["1-8", 9, 10, 11, "12-20"]);
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
    const row = row_of({ path: "a.py", totals: none }, "lines");
    expect(row.missed).toBeNull();
    expect(coverage_key(row, "percent")).toBeNull();
    expect(coverage_key(row_of({ path: "a.py", totals: { ...none, lines: { found: 3, hit: 0 } } }, "lines"), "percent")).toBe(0);
  });
});

describe("tree_of", () => {
  const row = (path: string, hit: number) => row_of({ path, totals: { ...none, lines: { found: 10, hit } } }, "lines");
  const root = tree_of([row("src/api/v1/a.py", 1), row("src/api/v1/b.py", 2), row("src/core.py", 3), row("setup.py", 4)]);
  const names = (open: Set<string>): string[] => visible_tree(root, open, (nodes) => nodes).map(({ depth, node }) => `${" ".repeat(depth)}${is_folder(node) ? node.name : node.path}`);
  it("adds up folders", () => {
    expect(root.basis).toEqual({ found: 40, hit: 10 });
    expect(root.missed).toBe(30);
    expect(root.folders[0]?.count).toBe(3);
  });
  it("joins folders that hold one folder only", () => {
    expect(names(new Set(["src", "src/api/v1"]))).toEqual(["src/", " api/v1/", "  src/api/v1/a.py", "  src/api/v1/b.py", " src/core.py", "setup.py"]);
  });
  it("hides what is closed", () => expect(names(new Set())).toEqual(["src/", "setup.py"]));
  it("opens as much as fits", () => {
    expect([...first_open(root, 100)].sort()).toEqual(["src", "src/api/v1"]);
    expect([...first_open(root, 4)]).toEqual(["src"]);
  });
});
