// What the timeline draws: curves of the process tree, the threads over time, and named spans in lanes.
import { kWaitsForGil } from "./model";
import { each_run, type Range } from "./pick";
import type { Profile, Span, Timeline } from "./profile";

// CPU time by wall time between each point and the one before it: 1 is one core in full use.
export function cpu_use({ time, cpu }: Timeline): Float64Array {
  return Float64Array.from(time, (at, i) => {
    const [before, used] = i === 0 ? [0, 0] : [time[i - 1] as number, cpu[i - 1] as number];
    return at > before ? Math.max(0, ((cpu[i] as number) - used) / (at - before)) : 0;
  });
}

// The index of the last point at or before a time; -1 before the first.
export function point_at(time: Float64Array, at: number): number {
  let begin = 0;
  let end = time.length;
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if ((time[middle] as number) <= at) begin = middle + 1;
    else end = middle;
  }
  return begin - 1;
}

// How a thread spent the time of equal slices, as parts of 1.
export interface ThreadUse {
  cpu: Float64Array; // CPU time by wall time
  gil: Float64Array; // waiting for its interpreter's lock
}

export function thread_use(profile: Profile, thread: number, range: Range, slices: number): ThreadUse {
  const { runs } = profile;
  const use: ThreadUse = { cpu: new Float64Array(slices), gil: new Float64Array(slices) };
  const width = (range.to_ns - range.from_ns) / slices;
  each_run(profile, thread, range, (run) => {
    const waits = ((runs.state[run] as number) & kWaitsForGil) !== 0;
    const cpu = runs.cpu[run] as number;
    if (cpu <= 0 && !waits) return;
    const start = runs.start[run] as number;
    const wall = Math.max(1, runs.wall[run] as number);
    const from = Math.max(0, (start - range.from_ns) / width);
    const to = Math.min(slices, (start + wall - range.from_ns) / width);
    for (let i = Math.floor(from); i < to; i++) {
      const part = Math.min(to, i + 1) - Math.max(from, i);
      use.cpu[i]! += (cpu / wall) * part;
      if (waits) use.gil[i]! += Math.max(0, 1 - cpu / wall) * part;
    }
  });
  return use;
}

export interface SpanLane {
  spans: Span[]; // one after the other
}

// Spans that overlap lie in lanes below one another; at most so many lanes, and what finds no place is counted.
export function lanes_of(spans: readonly Span[], most: number): { lanes: SpanLane[]; left_out: number } {
  const lanes: SpanLane[] = [];
  let left_out = 0;
  const in_order = [...spans].sort((a, b) => a.start_ns - b.start_ns || b.end_ns - a.end_ns);
  for (const span of in_order) {
    const free = lanes.find((lane) => (lane.spans.at(-1) as Span).end_ns <= span.start_ns);
    if (free) free.spans.push(span);
    else if (lanes.length < most) lanes.push({ spans: [span] });
    else left_out++;
  }
  return { lanes, left_out };
}
