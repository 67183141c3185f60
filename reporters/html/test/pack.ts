// Tests as columns, in the way of reporters/page/tests.cpp, from tests as report.json has them.
import { kOutcomes, TestTable, type Dictionary, type Numbers, type TestColumns } from "../src/data/tests";
import type { Attempt, FlakeRate, Outcome, Quarantine, Report } from "../src/data/model";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { make_report } from "../fixtures/report.mjs";

export interface FullTest {
  test: { id: string; suite: string; file: string; line: number | null; classname: string; name: string; parent: string; kind: string };
  outcome: Outcome;
  flaky: boolean;
  attempts: Attempt[];
  flake_rate: FlakeRate | null;
  quarantine: Quarantine | null;
}
export type FullReport = Omit<Report, "suites"> & { suites: (Report["suites"][number] & { tests: FullTest[] })[]; rerun_commands: Record<string, string> };

const kLetters = Object.fromEntries(Object.entries(kOutcomes).map(([letter, outcome]) => [outcome, letter]));

function dictionary(texts: readonly string[]): Dictionary {
  const known = [...new Set(texts)];
  return { texts: known, index: texts.map((text) => known.indexOf(text)) };
}

function numbers(values: readonly (number | null)[], deltas = false): Numbers {
  let before = 0;
  return {
    unit: 1,
    values: values.map((value) => {
      if (value === null) return null;
      const step = deltas ? value - before : value;
      before = value;
      return step;
    }),
  };
}

function rows(tests: readonly FullTest[], wanted: (test: FullTest) => boolean): number[] {
  let before = 0;
  return tests.flatMap((test, row) => {
    if (!wanted(test)) return [];
    const step = row - before;
    before = row;
    return [step];
  });
}

function sparse<Value>(tests: readonly FullTest[], value_of: (test: FullTest) => Value | null | undefined): Record<string, Value> {
  return Object.fromEntries(tests.map((test, row) => [String(row), value_of(test)]).filter((entry): entry is [string, Value] => entry[1] !== null && entry[1] !== undefined));
}

export function columns_of(report: FullReport): TestColumns {
  const tests = report.suites.flatMap((suite) => suite.tests);
  const last = (test: FullTest): Attempt => test.attempts.at(-1) as Attempt;
  const kind = (figure: Attempt["usage"]["cpu_ns"]): string => JSON.stringify([figure.scope, figure.source, figure.reason]);
  return {
    suites: report.suites.map((suite) => suite.tests.length),
    names: tests.map(({ test }) => test.name),
    files: dictionary(tests.map(({ test }) => test.file)),
    classes: dictionary(tests.map(({ test }) => test.classname)),
    outcomes: tests.map(({ outcome }) => kLetters[outcome]).join(""),
    lines: numbers(tests.map(({ test }) => test.line), true),
    starts: numbers(tests.map((test) => last(test).start_ns), true),
    durations: numbers(tests.map((test) => last(test).duration_ns)),
    cpu: numbers(tests.map((test) => last(test).usage.cpu_ns.value)),
    cpu_kinds: dictionary(tests.map((test) => kind(last(test).usage.cpu_ns))),
    memory: numbers(tests.map((test) => last(test).usage.peak_memory_bytes.value)),
    memory_kinds: dictionary(tests.map((test) => kind(last(test).usage.peak_memory_bytes))),
    pids: numbers(tests.map((test) => last(test).pid), true),
    ids: sparse(tests, ({ test }) => (test.id === `${test.suite}::${test.file}::${test.name}` ? null : test.id)),
    subtests: rows(tests, ({ test }) => test.kind === "subtest"),
    flaky: rows(tests, (test) => test.flaky),
    evidence: rows(tests, (test) => last(test).details !== ""),
    parents: sparse(tests, ({ test }) => test.parent || null),
    attempts: sparse(tests, ({ attempts }) => (attempts.length === 1 ? null : attempts.length)),
    messages: sparse(tests, (test) => last(test).message || null),
    duration_reasons: sparse(tests, (test) => last(test).duration_reason || null),
    quarantine: sparse(tests, (test) => test.quarantine),
    flake_rates: sparse(tests, (test) => test.flake_rate),
    reruns: sparse(tests, ({ test }) => report.rerun_commands[test.id]),
  };
}

export function make_table(tests: number): { report: FullReport; table: TestTable } {
  const report: FullReport = make_report({ tests });
  return { report, table: new TestTable(columns_of(report), report) };
}
