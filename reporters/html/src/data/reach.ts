// Who tests what: the tests that reached a line, and the files that a test reached.
import type { LineRange } from "./model";
import type { MapSection } from "./sections";
import type { TestRow, TestTable } from "./tests";

export interface Reacher {
  suite: string;
  name: string;           // of a test file or package, or the test's title
  row: TestRow | undefined; // where it is one test
  lines: LineRange[];
}

// Every test, test file or package that reached the file.
export function reachers_of(map: MapSection, table: TestTable, path: string): Reacher[] {
  return map.suites.flatMap(({ suite, tests, files }) =>
    (files[path] ?? []).map(([index, lines]) => {
      const test = tests[index];
      const row = typeof test === "number" ? table.rows[test] : undefined;
      const name = row?.title ?? String(test ?? "").replace(`${suite}::`, "");
      return { suite, name, row, lines };
    }),
  );
}

export function reaches(lines: readonly LineRange[], line: number): boolean {
  return lines.some(([first, last]) => first <= line && line <= last);
}

export function counts_by_line(reachers: readonly Reacher[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { lines } of reachers)
    for (const [first, last] of lines)
      for (let line = first; line <= Math.min(last, first + kLongestRange); line++) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

const kLongestRange = 100_000;

export interface ReachedFile {
  path: string;
  lines: LineRange[];
}

// The files that a test reached; where only its test file or package is known, those of that.
export function reached_by(map: MapSection, row: TestRow): { files: ReachedFile[]; of: string } {
  const suite = map.suites.find((candidate) => candidate.suite === row.suite.suite.id);
  if (!suite) return { files: [], of: "" };
  let index = suite.tests.indexOf(row.index);
  if (index < 0) index = suite.tests.findIndex((test) => typeof test === "string" && row.id.startsWith(`${test}::`));
  if (index < 0) return { files: [], of: "" };
  const files = Object.entries(suite.files).flatMap(([path, tests]) => tests.filter(([test]) => test === index).map(([, lines]) => ({ path, lines })));
  const test = suite.tests[index];
  return { files, of: typeof test === "string" ? test.replace(`${suite.suite}::`, "") : "" };
}

export function line_count(lines: readonly LineRange[]): number {
  return lines.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
