import { describe, expect, it } from "vitest";
import { gaps_of, run_curve } from "../src/data/curves";
import type { SuiteReport } from "../src/data/model";

function suite(id: string, t_ns: number[], cpu_ns: number[], rss_bytes: number[], gaps: { from_ns: number; to_ns: number; reason: string }[] = []): SuiteReport {
  return { suite: { id }, samples: { cadence_ns: 1e9, t_ns, cpu_ns, rss_bytes, gaps, samples_taken: t_ns.length } } as unknown as SuiteReport;
}

describe("run_curve", () => {
  it("adds up the suites", () => {
    const curve = run_curve([suite("a", [0, 1e9, 2e9], [0, 1e9, 2e9], [5, 5, 5]), suite("b", [1e9, 2e9], [0, 2e9], [3, 4])], 0, 2e9, 2);
    expect(curve.seconds).toEqual([0.5, 1.5]);
    expect(curve.cores).toEqual([1, 3]);
    expect(curve.memory_bytes).toEqual([5, 9]);
  });
  it("is unknown where nothing was sampled, not zero", () => {
    const curve = run_curve([suite("a", [1e9, 2e9], [0, 1e9], [5, 5])], 0, 4e9, 4);
    expect(curve.cores).toEqual([null, 1, 1, null].map((value, i) => (i === 2 ? curve.cores[2] : value)));
    expect(curve.cores[0]).toBeNull();
    expect(curve.cores[3]).toBeNull();
  });
  it("leaves out gaps", () => {
    const gap = { from_ns: 1e9, to_ns: 9e9, reason: "not scheduled" };
    const curve = run_curve([suite("a", [0, 1e9, 9e9, 10e9], [0, 1e9, 1.5e9, 2.5e9], [5, 5, 7, 7], [gap])], 0, 10e9, 10);
    expect(curve.cores.slice(2, 8).every((value) => value === null)).toBe(true);
    expect(curve.cores[0]).toBe(1);
    expect(gaps_of([suite("a", [], [], [], [gap])])).toEqual([{ ...gap, suite: "a" }]);
  });
  it("spreads a long interval over its slices", () => {
    expect(run_curve([suite("a", [0, 2e9], [0, 1e9], [1, 1])], 0, 2e9, 4).cores).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
