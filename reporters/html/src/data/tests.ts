// The tests of all suites: columns as the page carries them, and a row object over them for each test.
import type { Figure, FlakeRate, Outcome, Quarantine, Report, Scope, SuiteReport } from "./model";

export interface Dictionary {
  texts: string[];
  index: number[];
}
export interface Numbers {
  unit: number;
  values: (number | null)[];
}
type Sparse<Value> = Record<string, Value>;

// As reporters/page/tests.cpp writes them.
export interface TestColumns {
  suites: number[]; // tests of each suite
  names: string[];
  files: Dictionary;
  classes: Dictionary;
  outcomes: string;
  lines: Numbers;
  starts: Numbers;
  durations: Numbers;
  cpu: Numbers;
  cpu_kinds: Dictionary;
  memory: Numbers;
  memory_kinds: Dictionary;
  pids: Numbers;
  ids: Sparse<1 | string>;
  subtests: number[];
  flaky: number[];
  evidence: number[];
  parents: Sparse<string>;
  attempts: Sparse<number>;
  messages: Sparse<string>;
  duration_reasons: Sparse<string>;
  quarantine: Sparse<Quarantine>;
  flake_rates: Sparse<FlakeRate>;
  reruns: Sparse<string>;
}

export const kOutcomes: Record<string, Outcome> = {
  p: "passed", f: "failed", e: "errored", s: "skipped", x: "expected_failure", X: "unexpected_pass", c: "crashed", t: "timed_out", n: "not_run",
};

// What the status chips stand for, in the order of their interest.
export type Group = "failed" | "quarantined" | "flaky" | "passed" | "skipped" | "expected";
export const kGroups: readonly Group[] = ["failed", "quarantined", "flaky", "passed", "skipped", "expected"];

export function is_failure(outcome: Outcome): boolean {
  return outcome === "failed" || outcome === "errored" || outcome === "crashed" || outcome === "timed_out" || outcome === "not_run";
}

function numbers_of(column: Numbers, deltas = false): Float64Array {
  const values = new Float64Array(column.values.length);
  let before = 0;
  column.values.forEach((value, i) => {
    if (value === null) values[i] = NaN;
    else if (deltas) values[i] = (before += value) * column.unit;
    else values[i] = value * column.unit;
  });
  return values;
}

function rows_of_steps(steps: readonly number[]): Set<number> {
  let row = 0;
  return new Set(steps.map((step) => (row += step)));
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

interface FigureKind {
  scope: Scope;
  source: string;
  reason: string;
}

function kinds_of(dictionary: Dictionary): FigureKind[] {
  return dictionary.texts.map((text) => {
    const [scope, source, reason] = JSON.parse(text) as [Scope, string, string];
    return { scope, source, reason };
  });
}

const kNoKind: FigureKind = { scope: "unknown", source: "", reason: "" };

export class TestTable {
  readonly rows: TestRow[];
  readonly starts: Float64Array;
  readonly durations: Float64Array;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly pids: Float64Array;
  readonly lines: Float64Array;
  readonly groups: Group[];
  readonly subtests: Set<number>;
  readonly evidence: Set<number>;
  private readonly flaky: Set<number>;
  private readonly cpu_kinds: FigureKind[];
  private readonly memory_kinds: FigureKind[];
  private by_id: Map<string, TestRow> | undefined;

  constructor(readonly columns: TestColumns, report: Pick<Report, "suites">) {
    this.starts = numbers_of(columns.starts, true);
    this.durations = numbers_of(columns.durations);
    this.cpu = numbers_of(columns.cpu);
    this.memory = numbers_of(columns.memory);
    this.pids = numbers_of(columns.pids, true);
    this.lines = numbers_of(columns.lines, true);
    this.subtests = rows_of_steps(columns.subtests);
    this.evidence = rows_of_steps(columns.evidence);
    this.flaky = rows_of_steps(columns.flaky);
    this.cpu_kinds = kinds_of(columns.cpu_kinds);
    this.memory_kinds = kinds_of(columns.memory_kinds);
    this.rows = [];
    columns.suites.forEach((count, i) => {
      const suite = report.suites[i];
      if (suite) for (let n = 0; n < count; n++) this.rows.push(new TestRow(this, this.rows.length, suite));
    });
    this.groups = this.rows.map((row) => this.group_of(row.index));
  }

  private group_of(index: number): Group {
    const outcome = this.outcome(index);
    if (is_failure(outcome)) return this.columns.quarantine[index]?.expired === false ? "quarantined" : "failed";
    if (this.flaky.has(index)) return "flaky";
    if (outcome === "skipped") return "skipped";
    return outcome === "passed" ? "passed" : "expected";
  }

  outcome(index: number): Outcome {
    return kOutcomes[this.columns.outcomes.charAt(index)] ?? "not_run";
  }

  cpu_figure(index: number): Figure {
    return { value: known(this.cpu[index]), ...(this.cpu_kinds[this.columns.cpu_kinds.index[index] ?? -1] ?? kNoKind) };
  }

  memory_figure(index: number): Figure {
    return { value: known(this.memory[index]), ...(this.memory_kinds[this.columns.memory_kinds.index[index] ?? -1] ?? kNoKind) };
  }

  find(id: string): TestRow | undefined {
    this.by_id ??= new Map(this.rows.map((row) => [row.id, row]));
    return this.by_id.get(id);
  }
}

export class TestRow {
  private text: string | undefined;

  constructor(private readonly table: TestTable, readonly index: number, readonly suite: SuiteReport) {}

  get name(): string {
    return this.table.columns.names[this.index] ?? "";
  }
  get file(): string {
    const { files } = this.table.columns;
    return files.texts[files.index[this.index] ?? -1] ?? "";
  }
  get classname(): string {
    const { classes } = this.table.columns;
    return classes.texts[classes.index[this.index] ?? -1] ?? "";
  }
  get line(): number | null {
    return known(this.table.lines[this.index]);
  }
  get id(): string {
    const id = this.table.columns.ids[this.index];
    if (typeof id === "string") return id;
    return `${this.suite.suite.id}::${id === 1 ? this.classname : this.file}::${this.name}`;
  }
  get parent(): string {
    return this.table.columns.parents[this.index] ?? "";
  }
  get is_subtest(): boolean {
    return this.table.subtests.has(this.index);
  }
  get outcome(): Outcome {
    return this.table.outcome(this.index);
  }
  get group(): Group {
    return this.table.groups[this.index] ?? "failed";
  }
  get start_ns(): number | null {
    return known(this.table.starts[this.index]);
  }
  get duration_ns(): number | null {
    return known(this.table.durations[this.index]);
  }
  get duration_reason(): string {
    return this.table.columns.duration_reasons[this.index] ?? "";
  }
  get cpu_ns(): number | null {
    return known(this.table.cpu[this.index]);
  }
  get memory_bytes(): number | null {
    return known(this.table.memory[this.index]);
  }
  get cpu(): Figure {
    return this.table.cpu_figure(this.index);
  }
  get peak_memory(): Figure {
    return this.table.memory_figure(this.index);
  }
  get pid(): number {
    return this.table.pids[this.index] ?? 0;
  }
  get attempts(): number {
    return this.table.columns.attempts[this.index] ?? 1;
  }
  get message(): string {
    return this.table.columns.messages[this.index] ?? "";
  }
  get has_evidence(): boolean {
    return this.table.evidence.has(this.index);
  }
  get quarantine(): Quarantine | undefined {
    return this.table.columns.quarantine[this.index];
  }
  get flake_rate(): FlakeRate | undefined {
    return this.table.columns.flake_rates[this.index];
  }
  get rerun(): string | undefined {
    return this.table.columns.reruns[this.index];
  }

  // Name with its class, as one line. A class that only repeats the file's name says nothing.
  get title(): string {
    const { classname, file, name } = this;
    if (classname === "" || classname === file || name.startsWith(classname)) return name;
    if (classname === file.replace(/\.[^./]+$/, "").replaceAll("/", ".")) return name;
    return `${classname} \u203a ${name}`;
  }
  get place(): string {
    const { file, line } = this;
    return file ? `${file}${line === null ? "" : `:${line}`}` : "";
  }
  // Lower case: what words of the filter look through.
  get haystack(): string {
    this.text ??= `${this.id}\n${this.classname}\n${this.message}`.toLowerCase();
    return this.text;
  }
}

export type TestColumn = "outcome" | "name" | "suite" | "start" | "duration" | "cpu" | "memory";
export const kTestColumns: readonly TestColumn[] = ["outcome", "name", "suite", "start", "duration", "cpu", "memory"];

const kKeys: Record<TestColumn, (row: TestRow) => string | number | null> = {
  outcome: (row) => kGroups.indexOf(row.group),
  name: (row) => row.title,
  suite: (row) => row.suite.suite.id,
  start: (row) => row.start_ns,
  duration: (row) => row.duration_ns,
  cpu: (row) => row.cpu_ns,
  memory: (row) => row.memory_bytes,
};

export function test_key(row: TestRow, column: TestColumn): string | number | null {
  return kKeys[column](row);
}

export function count_groups(rows: readonly TestRow[]): Record<Group, number> {
  const counts: Record<Group, number> = { failed: 0, quarantined: 0, flaky: 0, passed: 0, skipped: 0, expected: 0 };
  for (const row of rows) counts[row.group]++;
  return counts;
}
