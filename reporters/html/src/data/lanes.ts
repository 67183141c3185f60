// Where the bars of the timeline stand: a band for each suite, in it the lane of each process that ran tests, and
// more lanes where tests of one process overlap (subtests in their test, tests that run side by side).
import type { StepReport, SuiteReport } from "./model";
import type { TestRow } from "./tests";

export interface Lane {
  pid: number; // 0: not known
  rows: TestRow[]; // by start, not overlapping
}

export interface Band {
  suite: SuiteReport;
  steps: StepReport[];
  lanes: Lane[];
  without_start: number; // tests that no report placed in time
}

function end_of(row: TestRow): number {
  return (row.start_ns ?? 0) + (row.duration_ns ?? 0);
}

// First lane that is free; a test of no duration takes no room.
export function lanes_of_process(pid: number, rows: readonly TestRow[]): Lane[] {
  const lanes: { lane: Lane; free_from: number }[] = [];
  const sorted = [...rows].sort((a, b) => (a.start_ns ?? 0) - (b.start_ns ?? 0) || end_of(b) - end_of(a));
  for (const row of sorted) {
    let place = lanes.find(({ free_from }) => free_from <= (row.start_ns ?? 0));
    if (!place) {
      place = { lane: { pid, rows: [] }, free_from: -Infinity };
      lanes.push(place);
    }
    place.lane.rows.push(row);
    place.free_from = end_of(row);
  }
  return lanes.map(({ lane }) => lane);
}

export function bands_of(suites: readonly SuiteReport[], rows: readonly TestRow[]): Band[] {
  const by_suite = new Map<SuiteReport, Map<number, TestRow[]>>();
  const without_start = new Map<SuiteReport, number>();
  for (const row of rows) {
    if (row.start_ns === null) {
      without_start.set(row.suite, (without_start.get(row.suite) ?? 0) + 1);
      continue;
    }
    let processes = by_suite.get(row.suite);
    if (!processes) by_suite.set(row.suite, (processes = new Map()));
    const of_process = processes.get(row.pid);
    if (of_process) of_process.push(row);
    else processes.set(row.pid, [row]);
  }
  return suites
    .filter((suite) => suite.steps.length > 0)
    .map((suite) => {
      const lanes = [...(by_suite.get(suite) ?? [])].flatMap(([pid, of_process]) => lanes_of_process(pid, of_process));
      return { suite, steps: suite.steps, lanes: join_short_lanes(lanes), without_start: without_start.get(suite) ?? 0 };
    })
    .sort((a, b) => (a.steps[0]?.started_ns ?? 0) - (b.steps[0]?.started_ns ?? 0));
}

// Runners that start a process for each test would take a lane for each; processes that follow one another share one.
function join_short_lanes(lanes: readonly Lane[]): Lane[] {
  const sorted = [...lanes].sort((a, b) => (a.rows[0]?.start_ns ?? 0) - (b.rows[0]?.start_ns ?? 0));
  const joined: { lane: Lane; free_from: number }[] = [];
  for (const lane of sorted) {
    const begin = lane.rows[0]?.start_ns ?? 0;
    const last = lane.rows.at(-1);
    const place = joined.find(({ free_from }) => free_from <= begin);
    if (place) {
      place.lane.rows.push(...lane.rows);
      if (place.lane.pid !== lane.pid) place.lane.pid = 0;
    } else joined.push({ lane: { pid: lane.pid, rows: [...lane.rows] }, free_from: 0 });
    const used = place ?? joined.at(-1);
    if (used && last) used.free_from = Math.max(end_of(last), used.free_from);
  }
  return joined.map(({ lane }) => lane);
}

// The test under a moment: the last one that began before it, when it had not ended.
export function row_at(lane: Lane, time_ns: number, slack_ns: number): TestRow | undefined {
  let low = 0;
  let high = lane.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lane.rows[middle]?.start_ns ?? 0) <= time_ns + slack_ns) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= Math.max(0, low - 3); i--) {
    const row = lane.rows[i];
    if (row && end_of(row) + slack_ns >= time_ns) return row;
  }
  return undefined;
}
