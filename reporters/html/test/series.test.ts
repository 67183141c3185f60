import { describe, expect, it } from "vitest";
import { begin_at, curve_of, downsample, type Curve } from "../src/data/series";
import type { SampleSeries } from "../src/data/model";

const kMiB = 1024 * 1024;

function series(t_ns: number[], cpu_ns: number[], more: Partial<SampleSeries> = {}): SampleSeries {
  const zeros = t_ns.map(() => 0);
  return {
    cadence_ns: 50e6, t_ns, cpu_ns, rss_bytes: t_ns.map(() => 3 * kMiB), processes: zeros, threads: zeros,
    memory_source: "", cpu_source: "", gaps: [], samples_taken: t_ns.length, ...more,
  };
}

describe("curve_of", () => {
  it("turns CPU time so far into cores in use", () => {
    const curve = curve_of(series([1e9, 1.05e9, 1.1e9], [0, 50e6, 150e6]));
    expect(curve.seconds).toEqual([1, 1.05, 1.1]);
    expect(curve.cores).toEqual([null, 1, 2]);
    expect(curve.memory_mib).toEqual([3, 3, 3]);
  });

  it("shows declared gaps as gaps", () => {
    const gaps = [{ from_ns: 1.05e9, to_ns: 1.15e9, reason: "not scheduled" }];
    const curve = curve_of(series([1e9, 1.05e9, 1.15e9, 1.2e9], [0, 50e6, 60e6, 110e6], { gaps }));
    expect(curve.memory_mib).toEqual([3, 3, null, 3, 3]);
    expect(curve.cores).toEqual([null, 1, null, null, 1]);
  });

  it("takes a long hole for a gap, but not the longer steps of a reduced series", () => {
    const far = [1e9, 4e9, 7e9];
    expect(curve_of(series(far, [0, 1, 2])).memory_mib).toContain(null);
    expect(curve_of(series(far, [0, 1, 2], { samples_taken: 180 })).memory_mib).not.toContain(null);
  });

  it("survives clocks that stand still or go back", () => {
    const curve = curve_of(series([1e9, 1e9, 1.05e9], [100, 50, 40]));
    expect(curve.seconds).toEqual([1, 1.05]);
    expect(curve.cores).toEqual([null, 0]);
  });

  it("is empty for an empty series", () => expect(curve_of(series([], [])).seconds).toEqual([]));
});

describe("downsample", () => {
  const long: Curve = {
    seconds: Array.from({ length: 1000 }, (_, i) => i),
    cores: Array.from({ length: 1000 }, (_, i) => (i % 2 ? 2 : 0)),
    memory_mib: Array.from({ length: 1000 }, (_, i) => (i === 500 ? null : i === 123 ? 900 : 10)),
  };

  it("keeps the peak of memory, the mean of CPU, and gaps", () => {
    const small = downsample(long, 100);
    expect(small.seconds.length).toBeLessThanOrEqual(103);
    expect(Math.max(...small.memory_mib.map((value) => value ?? 0))).toBe(900);
    expect(small.cores[0]).toBe(1);
    expect(small.memory_mib.filter((value) => value === null).length).toBe(1);
    expect(small.seconds.at(-1)).toBe(999);
  });

  it("leaves short curves alone", () => expect(downsample(long, 1000)).toBe(long));

  it("has strictly rising times", () => {
    const { seconds } = downsample(long, 37);
    expect(seconds.every((value, i) => i === 0 || value > (seconds[i - 1] ?? 0))).toBe(true);
  });
});

describe("begin_at", () => {
  it("puts an empty point before the first sample only", () => {
    const curve = { seconds: [1, 2], cores: [null, 1], memory_mib: [3, 3] };
    expect(begin_at(curve, 0.5).seconds).toEqual([0.5, 1, 2]);
    expect(begin_at(curve, 1.5)).toBe(curve);
  });
});
