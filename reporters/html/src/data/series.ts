// Turns the sampled columns of a suite into what the chart draws: cores in use instead of CPU time
// so far, gaps as missing points, and no more points than a screen can show.
import { inert_line } from "../text/inert";
import type { SampleSeries, SuiteReport } from "./model";

export interface Curve {
  seconds: number[];              // since the start of the run
  cores: (number | null)[];
  memory_mib: (number | null)[];
}

const kMiB = 1024 * 1024;

// A hole of several intervals that nobody declared is a gap all the same. A reduced series has
// longer intervals.
const kGapIntervals = 5;
const kGapFloorNs = 1e9;

function longest_interval(series: SampleSeries): number {
  const reduced_by = Math.max(1, series.samples_taken / Math.max(1, series.t_ns.length));
  return series.cadence_ns > 0 ? Math.max(kGapIntervals * series.cadence_ns * reduced_by, kGapFloorNs) : Infinity;
}

export function is_gap(series: SampleSeries, from: number, to: number): boolean {
  return to - from > longest_interval(series) || series.gaps.some((gap) => gap.from_ns < to && gap.to_ns > from);
}

// Cores used in each interval, put at the interval's end. A null row in the middle of a gap makes
// the chart lift its pen.
export function curve_of(series: SampleSeries): Curve {
  const curve: Curve = { seconds: [], cores: [], memory_mib: [] };
  const push = (t: number, cores: number | null, memory: number | null): void => {
    curve.seconds.push(t / 1e9);
    curve.cores.push(cores);
    curve.memory_mib.push(memory);
  };
  for (let i = 0; i < series.t_ns.length; i++) {
    const t = series.t_ns[i] as number;
    const memory = (series.rss_bytes[i] ?? 0) / kMiB;
    if (i === 0) {
      push(t, null, memory);
      continue;
    }
    const before = series.t_ns[i - 1] as number;
    if (t <= before) continue;
    if (is_gap(series, before, t)) {
      push((before + t) / 2, null, null);
      push(t, null, memory);
      continue;
    }
    const used = ((series.cpu_ns[i] ?? 0) - (series.cpu_ns[i - 1] ?? 0)) / (t - before);
    push(t, Math.max(0, used), memory);
  }
  return curve;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce((a, b) => (b === null ? a : a === null || b > a ? b : a), null);
}

// Groups of neighbours: mean of the cores (so that the area stays), largest memory (so that a peak
// stays). A group never reaches over a gap.
export function downsample(curve: Curve, points: number): Curve {
  const size = Math.ceil(curve.seconds.length / points);
  if (size <= 1) return curve;
  const out: Curve = { seconds: [], cores: [], memory_mib: [] };
  let from = 0;
  const flush = (to: number): void => {
    if (to <= from) return;
    out.seconds.push(curve.seconds[to - 1] as number);
    out.cores.push(mean(curve.cores.slice(from, to)));
    out.memory_mib.push(largest(curve.memory_mib.slice(from, to)));
    from = to;
  };
  for (let i = 0; i < curve.seconds.length; i++) {
    if (curve.memory_mib[i] === null) {
      flush(i);
      flush(i + 1);
    } else if (i - from + 1 >= size) flush(i + 1);
  }
  flush(curve.seconds.length);
  return out;
}

// The time axis begins with the first step, which is a little before the first sample.
export function begin_at(curve: Curve, seconds: number): Curve {
  if (!(seconds < (curve.seconds[0] ?? -Infinity))) return curve;
  return { seconds: [seconds, ...curve.seconds], cores: [null, ...curve.cores], memory_mib: [null, ...curve.memory_mib] };
}

export interface Mark {
  seconds: number;
  label: string;
}

export function marks_of(suite: Pick<SuiteReport, "steps">): Mark[] {
  return suite.steps.map((step) => ({ seconds: step.started_ns / 1e9, label: inert_line(step.name).slice(0, 40) }));
}
