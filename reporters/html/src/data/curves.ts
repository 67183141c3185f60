// CPU and memory of the whole run, or of a span of it: the sums over the suites in equal slices of time.
import type { SampleSeries, SuiteReport } from "./model";
import { is_gap } from "./series";

export interface RunCurve {
  seconds: number[]; // the middle of each slice
  cores: (number | null)[];
  memory_bytes: (number | null)[];
}

export interface Gap {
  from_ns: number;
  to_ns: number;
  suite: string;
  reason: string;
}

interface Sums {
  cores: Float64Array;
  memory: Float64Array;
  known: Uint8Array;
}

// CPU time of an interval goes to the slices that it overlaps, and counts for the part of a slice that was sampled;
// memory is the largest sample that a slice touches.
function add_series(sums: Sums, series: SampleSeries, from_ns: number, slice_ns: number): void {
  const count = sums.known.length;
  const memory = new Float64Array(count);
  const cpu_ns = new Float64Array(count);
  const sampled_ns = new Float64Array(count);
  for (let i = 1; i < series.t_ns.length; i++) {
    const begin = series.t_ns[i - 1] as number;
    const end = series.t_ns[i] as number;
    if (end <= begin || is_gap(series, begin, end)) continue;
    const first = Math.max(0, Math.floor((begin - from_ns) / slice_ns));
    const last = Math.min(count - 1, Math.floor((end - from_ns) / slice_ns));
    const used = Math.max(0, (series.cpu_ns[i] as number) - (series.cpu_ns[i - 1] as number));
    const most = Math.max(series.rss_bytes[i - 1] ?? 0, series.rss_bytes[i] ?? 0);
    for (let slice = first; slice <= last; slice++) {
      const slice_begin = from_ns + slice * slice_ns;
      const overlap = Math.min(end, slice_begin + slice_ns) - Math.max(begin, slice_begin);
      if (overlap <= 0) continue;
      cpu_ns[slice] = (cpu_ns[slice] as number) + (used * overlap) / (end - begin);
      sampled_ns[slice] = (sampled_ns[slice] as number) + overlap;
      memory[slice] = Math.max(memory[slice] as number, most);
      sums.known[slice] = 1;
    }
  }
  for (let slice = 0; slice < count; slice++) {
    sums.memory[slice] = (sums.memory[slice] as number) + (memory[slice] as number);
    if ((sampled_ns[slice] as number) > 0) sums.cores[slice] = (sums.cores[slice] as number) + (cpu_ns[slice] as number) / (sampled_ns[slice] as number);
  }
}

export function run_curve(suites: readonly SuiteReport[], from_ns: number, to_ns: number, slices: number): RunCurve {
  const sums: Sums = { cores: new Float64Array(slices), memory: new Float64Array(slices), known: new Uint8Array(slices) };
  const slice_ns = (to_ns - from_ns) / slices;
  for (const { samples } of suites) add_series(sums, samples, from_ns, slice_ns);
  const slice = (i: number, value: number): number | null => (sums.known[i] ? value : null);
  return {
    seconds: Array.from({ length: slices }, (_, i) => (from_ns + (i + 0.5) * slice_ns) / 1e9),
    cores: Array.from({ length: slices }, (_, i) => slice(i, sums.cores[i] as number)),
    memory_bytes: Array.from({ length: slices }, (_, i) => slice(i, sums.memory[i] as number)),
  };
}

export function gaps_of(suites: readonly SuiteReport[]): Gap[] {
  return suites.flatMap(({ suite, samples }) => samples.gaps.map((gap) => ({ ...gap, suite: suite.id })));
}
