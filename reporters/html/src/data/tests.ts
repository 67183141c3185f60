// The flat list of tests over all suites: outcome groups, filter and sort keys.
import type { Attempt, Figure, Outcome, Report, SuiteReport, TestRecord } from "./model";

// What the status chips stand for, in the order of their interest.
export type Group = "failed" | "flaky" | "passed" | "skipped" | "expected";
export const kGroups: readonly Group[] = ["failed", "flaky", "passed", "skipped", "expected"];

export interface TestRow {
  record: TestRecord;
  suite: SuiteReport;
  id: string;
  title: string;   // name with its class, as one line
  place: string;   // file:line
  outcome: Outcome;
  group: Group;
  duration_ns: number | null;
  duration_reason: string;
  cpu: Figure;
  peak_memory: Figure;
  haystack: string; // lower case, what the filter looks through
}

export function last_attempt(record: TestRecord): Attempt {
  const attempt = record.attempts.at(-1);
  if (!attempt) throw new Error(`test ${record.test.id} has no attempt`);
  return attempt;
}

export function is_failure(outcome: Outcome): boolean {
  return outcome === "failed" || outcome === "errored" || outcome === "crashed" || outcome === "timed_out" || outcome === "not_run";
}

export function group_of(record: TestRecord): Group {
  if (is_failure(record.outcome)) return "failed";
  if (record.flaky) return "flaky";
  if (record.outcome === "skipped") return "skipped";
  return record.outcome === "passed" ? "passed" : "expected";
}

function row_of(record: TestRecord, suite: SuiteReport): TestRow {
  const { test } = record;
  const attempt = last_attempt(record);
  // A class that only repeats the file's name says nothing.
  const file_stem = test.file.replace(/\.[^./]+$/, "").replaceAll("/", ".");
  const class_part = test.classname && test.classname !== file_stem && test.classname !== test.file ? test.classname : "";
  const title = class_part && !test.name.startsWith(class_part) ? `${class_part} \u203a ${test.name}` : test.name;
  return {
    record,
    suite,
    id: test.id,
    title,
    place: test.file ? `${test.file}${test.line === null ? "" : `:${test.line}`}` : "",
    outcome: record.outcome,
    group: group_of(record),
    duration_ns: attempt.duration_ns,
    duration_reason: attempt.duration_reason ?? "",
    cpu: attempt.usage.cpu_ns,
    peak_memory: attempt.usage.peak_memory_bytes,
    haystack: `${test.id}\n${title}\n${attempt.message}`.toLowerCase(),
  };
}

export function rows_of(report: Report): TestRow[] {
  return report.suites.flatMap((suite) => suite.tests.map((record) => row_of(record, suite)));
}

export interface Filter {
  text: string;
  regex: boolean;
  groups: ReadonlySet<Group>; // empty: all
  suite: string;              // empty: all
}

export interface Filtered {
  rows: TestRow[];
  counts: Record<Group, number>; // of what text and suite leave, before the chips
  problem: string;               // why the pattern cannot be used
}

type Matcher = (row: TestRow) => boolean;

export function matcher_of(text: string, regex: boolean): { matches: Matcher; problem: string } {
  if (text === "") return { matches: () => true, problem: "" };
  if (regex) {
    try {
      const pattern = new RegExp(text, "i");
      return { matches: (row) => pattern.test(row.haystack), problem: "" };
    } catch (error) {
      return { matches: () => false, problem: error instanceof Error ? error.message : String(error) };
    }
  }
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  return { matches: (row) => parts.every((part) => row.haystack.includes(part)), problem: "" };
}

export function filter_rows(rows: readonly TestRow[], filter: Filter): Filtered {
  const { matches, problem } = matcher_of(filter.text, filter.regex);
  const counts: Record<Group, number> = { failed: 0, flaky: 0, passed: 0, skipped: 0, expected: 0 };
  const kept: TestRow[] = [];
  for (const row of rows) {
    if (filter.suite && row.suite.suite.id !== filter.suite) continue;
    if (!matches(row)) continue;
    counts[row.group]++;
    if (filter.groups.size === 0 || filter.groups.has(row.group)) kept.push(row);
  }
  return { rows: kept, counts, problem };
}

export type TestColumn = "outcome" | "name" | "suite" | "duration" | "cpu" | "memory";

const kKeys: Record<TestColumn, (row: TestRow) => string | number | null> = {
  outcome: (row) => kGroups.indexOf(row.group),
  name: (row) => row.title,
  suite: (row) => row.suite.suite.id,
  duration: (row) => row.duration_ns,
  cpu: (row) => row.cpu.value,
  memory: (row) => row.peak_memory.value,
};

export function test_key(row: TestRow, column: TestColumn): string | number | null {
  return kKeys[column](row);
}
