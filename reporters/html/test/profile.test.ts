import { describe, expect, it } from "vitest";
import { VarintReader } from "../src/profile/data/columns";
import { cpu_use, lanes_of, thread_use } from "../src/profile/data/curves";
import { interval_of } from "../src/profile/data/functions";
import { kUnknownCpu, kWaitsForGil } from "../src/profile/data/model";
import { hidden_bits, type Pick } from "../src/profile/data/pick";
import { Picked } from "../src/profile/data/picked";
import { kUnknownStack, problem_of, profile_of, type Profile } from "../src/profile/data/profile";
import { format_range, hash_of, parse_range, parse_route } from "../src/profile/data/route";
import { found_frames, found_weight, parse_search } from "../src/profile/data/search";
import { boxes_of, busiest_thread, columns_of } from "../src/profile/data/time_order";
import { callees_of, callers_of, profile_tree, type CallTree } from "../src/profile/data/tree";
import { tree_rows } from "../src/profile/view/flame_chart";
import { frame_of, kAll, make_profile, ms, pack, type TestRun } from "./profile_pack";

const picked_of = (runs: readonly TestRun[] | Profile, pick: Partial<Pick> = {}): Picked =>
  new Picked(Array.isArray(runs) ? make_profile(runs) : (runs as Profile), { ...kAll, ...pick });

// Name to [self, total] in milliseconds.
function times(picked: Picked): Record<string, [number, number]> {
  return Object.fromEntries(picked.functions.map(({ frame, self, total }) => [picked.profile.frames.names[frame], [self / 1e6, total / 1e6]]));
}

// "name total(child total, ...)" in milliseconds.
function written(tree: CallTree, names: readonly string[], item = 0): string {
  const children = tree.children(item).map((child) => written(tree, names, child)).join(" ");
  return `${names[tree.frame(item)] ?? "all"} ${tree.total(item) / 1e6}${children ? `(${children})` : ""}`;
}

const kUsual: TestRun[] = [
  { stack: "main;load", wall: 20 },
  { stack: "main;work;f:11", wall: 30, samples: 30 },
  { stack: "main;work;f:12;[native] memcpy", wall: 10 },
  { stack: "main;work;[gc] gc", wall: 5 },
  { stack: "main;save", wall: 35 },
];

describe("the reader of varints", () => {
  it("reads what was written, signs and large numbers too", () => {
    const reader = new VarintReader(Uint8Array.from([0x7f, 0x80, 0x01, 0x03, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]));
    expect([...reader.fill(new Int32Array(2)), ...reader.fill_signed(new Int32Array(1))]).toEqual([127, 128, -2]);
    expect(reader.next()).toBe(2 ** 42 - 1);
    expect(reader.whole).toBe(true);
  });
});

describe("a profile", () => {
  it("is read with its times, lines and files", () => {
    const profile = make_profile([{ stack: "a:12;b:9", wall: 3, cpu: 2 }, { stack: "a:12", gap: 4, wall: 1, cpu: 0 }]);
    expect([...profile.runs.start]).toEqual([0, ms(7)]);
    expect([...profile.runs.cpu]).toEqual([ms(2), 0]);
    expect([...profile.nodes.line.slice(0, 2)]).toEqual([12, 9]);
    expect(profile.frames.files[profile.frames.file[0] as number]).toBe("a.py");
    expect(profile.end_ns).toBe(ms(8));
  });
  it("says what is damaged", () => {
    const { overview, frames, stacks, runs } = pack(kUsual);
    expect(() => profile_of(overview, frames, stacks.slice(0, 3), runs)).toThrow("stacks of the profile are damaged");
    expect(() => profile_of(overview, frames, stacks, runs.slice(0, 9))).toThrow("samples of the profile are damaged");
    expect(problem_of({ version: 2, kept: {} })).toContain("version 2");
    expect(problem_of([])).toContain("not a profile");
  });
  it("keeps stacks that are not known as such", () => {
    expect(times(picked_of([{ stack: "a" }, { stack: "", wall: 3 }]))).toEqual({ a: [1, 1], [kUnknownStack]: [3, 3] });
  });
});

describe("folding", () => {
  it("gives self and total times", () => {
    expect(times(picked_of(kUsual))).toEqual({ main: [0, 100], load: [20, 20], work: [0, 45], f: [30, 40], memcpy: [10, 10], gc: [5, 5], save: [35, 35] });
  });
  it("counts a function that calls itself once in each stack", () => {
    expect(times(picked_of([{ stack: "r;r;r;x", wall: 5 }, { stack: "r;r", wall: 2 }]))).toEqual({ r: [2, 7], x: [5, 5] });
  });
  it("merges calls from different lines, and orders them", () => {
    const picked = picked_of([{ stack: "m;b:11;x", wall: 1 }, { stack: "m;b:12;x", wall: 2 }, { stack: "m;a", wall: 1 }]);
    const { names } = picked.profile.frames;
    expect(written(profile_tree(picked.groups, picked.weights, "left-heavy", names), names)).toBe("all 4(m 4(b 3(x 3) a 1))");
    expect(written(profile_tree(picked.groups, picked.weights, "by-name", names), names)).toBe("all 4(m 4(a 1 b 3(x 3)))");
  });
  it("takes the clock that is asked for", () => {
    const runs = [{ stack: "a", wall: 10, cpu: 4 }, { stack: "b", wall: 30, cpu: 0 }];
    expect(times(picked_of(runs))).toEqual({ a: [4, 4] });
    expect(times(picked_of(runs, { measure: "wall" }))).toEqual({ a: [10, 10], b: [30, 30] });
  });
});

describe("what is looked at", () => {
  it("a hidden kind counts for its callers", () => {
    expect(times(picked_of(kUsual, { hidden: hidden_bits(["native", "gc"]) }))).toEqual({ main: [0, 100], load: [20, 20], work: [5, 45], f: [40, 40], save: [35, 35] });
  });
  it("a hidden frame in the middle leaves caller and callee joined", () => {
    const picked = picked_of([{ stack: "m;[native] n;f", wall: 2 }, { stack: "m;f", wall: 1 }], { hidden: hidden_bits(["native"]) });
    const { names } = picked.profile.frames;
    expect(written(profile_tree(picked.groups, picked.weights, "left-heavy", names), names)).toBe("all 3(m 3(f 3))");
  });
  it("what has no visible frame is told", () => {
    const picked = picked_of([{ stack: "[native] n", wall: 2 }, { stack: "m", wall: 3 }], { hidden: hidden_bits(["native"]) });
    expect(picked.sum).toBe(ms(5));
    expect(picked.invisible).toBe(ms(2));
  });
  it("hidden idle samples are left out: off the CPU, or of an idle runtime", () => {
    const runs = [{ stack: "m", wall: 2 }, { stack: "wait", wall: 7, cpu: 0 }, { stack: "[idle] (idle)", wall: 4 }, { stack: "unsure", wall: 1, cpu: 0, state: kUnknownCpu }];
    const picked = picked_of(runs, { measure: "wall", hidden: hidden_bits(["idle"]) });
    expect(times(picked)).toEqual({ m: [2, 2], unsure: [1, 1] });
    expect(picked.nodes.idle).toBe(ms(11));
  });
  it("a span of time takes the part of each run that lies in it", () => {
    expect(times(picked_of(kUsual, { range: { from_ns: ms(15), to_ns: ms(30) } }))).toEqual({ main: [0, 15], load: [5, 5], work: [0, 10], f: [10, 10] });
    expect(picked_of(kUsual, { range: { from_ns: ms(200), to_ns: ms(300) } }).functions).toEqual([]);
  });
  it("the parts of a divided span add up to it", () => {
    const profile = make_profile(kUsual);
    const sum = (from: number, to: number): number => picked_of(profile, { range: { from_ns: ms(from), to_ns: ms(to) } }).sum;
    expect(sum(0, 33) + sum(33, 61) + sum(61, 100)).toBeCloseTo(ms(100), 3);
  });
  it("a thread or a process", () => {
    const runs = [{ stack: "a" }, { stack: "b", thread: 1 }, { stack: "c", thread: 2 }];
    expect(Object.keys(times(picked_of(runs, { thread: 1 })))).toEqual(["b"]);
    expect(Object.keys(times(picked_of(runs, { process: 0 })))).toEqual(["a", "b"]);
  });
});

describe("search", () => {
  const share = (text: string): number => {
    const picked = picked_of(kUsual);
    const found = found_frames(picked.profile.frames, parse_search(text));
    return found ? found_weight(picked.groups, picked.weights, found) / picked.sum : NaN;
  };
  it.each([["^f ", 0.4], ["work|save", 0.8], ["main|f", 1], ["nothing", 0], ["MEMCPY", 0], ["memcpy", 0.1], ["save\\.py:10", 0.35]])("finds %s in the stacks that have it", (text, expected) => expect(share(text)).toBeCloseTo(expected, 9));
  it("looks at case only when the text has capitals", () => {
    expect(parse_search("abc").pattern?.test("xABCx")).toBe(true);
    expect(parse_search("Abc").pattern?.test("xABCx")).toBe(false);
    expect(parse_search("\\S+x").pattern?.test("AX")).toBe(true);
  });
  it("says why a text is no expression", () => {
    expect(parse_search("f(")).toMatchObject({ pattern: null });
    expect(parse_search("f(").problem).toMatch(/unterminated group/i);
    expect(parse_search("*").problem).toMatch(/nothing to repeat/i);
    expect(parse_search("")).toMatchObject({ pattern: null, problem: "" });
  });
});

describe("sandwich", () => {
  const picked = picked_of([{ stack: "m;a;f;x", wall: 3 }, { stack: "m;b;f;y", wall: 2 }, { stack: "m;a;f", wall: 1 }, { stack: "m;f;f;x", wall: 4 }]);
  const { frames } = picked.profile;
  const f = frame_of(picked.profile, "f");
  it("merges callers over all places", () => {
    expect(written(callers_of(picked.groups, picked.weights, f, frames.count), frames.names)).toBe("f 10(a 4(m 4) m 4 b 2(m 2))");
  });
  it("merges callees, a recursive call below its caller", () => {
    expect(written(callees_of(picked.groups, picked.weights, f, frames.count), frames.names)).toBe("f 10(f 4(x 4) x 3 y 2)");
  });
});

describe("lines", () => {
  it("have self and total time, each stack once", () => {
    const picked = picked_of([{ stack: "r:11;r:11;x:15", wall: 4 }, { stack: "r:11;r:12", wall: 1 }, { stack: "x:15;[native] n", wall: 2 }]);
    const { lines, files } = picked.lines;
    const row = (name: string, line: number) => lines.find((one) => picked.profile.frames.files[one.file] === name && one.line === line);
    expect(row("r.py", 11)).toMatchObject({ self: 0, total: ms(5) });
    expect(row("r.py", 12)).toMatchObject({ self: ms(1), total: ms(1) });
    expect(row("x.py", 15)).toMatchObject({ self: ms(4), total: ms(6) });
    expect(files.find(({ file }) => picked.profile.frames.files[file] === "r.py")).toMatchObject({ self: ms(1), total: ms(5) });
  });
  it("get what hidden frames below them weigh", () => {
    const picked = picked_of([{ stack: "x:15;[native] n", wall: 2 }], { hidden: hidden_bits(["native"]) });
    expect(picked.lines.lines).toMatchObject([{ line: 15, self: ms(2), total: ms(2) }]);
  });
});

describe("order of time", () => {
  it("joins neighbours and keeps the longest of a column", () => {
    const picked = picked_of([{ stack: "m;a", wall: 10 }, { stack: "m;b", wall: 1 }, { stack: "m;a", wall: 9 }, { stack: "z", wall: 20 }]);
    const { profile, groups, pick } = picked;
    const columns = columns_of(profile, groups, 0, { from_ns: 0, to_ns: ms(40) }, 4, pick);
    const names = boxes_of(groups, columns).map((row) => row.map(({ from, to, group }) => `${profile.frames.names[groups.frame[group] as number]} ${from}-${to}`));
    expect(names).toEqual([["m 0-2", "z 2-4"], ["a 0-2"]]);
  });
  it("leaves a hole where nothing ran", () => {
    const picked = picked_of([{ stack: "a", wall: 10 }, { stack: "wait", wall: 10, cpu: 0 }, { stack: "a", wall: 10 }]);
    expect(boxes_of(picked.groups, columns_of(picked.profile, picked.groups, 0, { from_ns: 0, to_ns: ms(30) }, 3, picked.pick))[0]).toHaveLength(2);
  });
  it("begins with the busiest thread", () => {
    const profile = make_profile([{ stack: "a", wall: 3 }, { stack: "b", wall: 5, thread: 1 }, { stack: "c", wall: 9, cpu: 1, thread: 2 }]);
    expect(busiest_thread(profile, kAll)).toBe(1);
    expect(busiest_thread(profile, { ...kAll, measure: "wall" })).toBe(2);
  });
});

describe("boxes of a flame graph", () => {
  it("fill the width with what is zoomed, its callers above it", () => {
    const picked = picked_of(kUsual);
    const tree = profile_tree(picked.groups, picked.weights, "left-heavy", picked.profile.frames.names);
    const work = Array.from({ length: picked.groups.count }, (_, i) => i).find((i) => picked.groups.frame[i] === frame_of(picked.profile, "work")) as number;
    const rows = tree_rows(tree, work, 90);
    expect(rows.slice(0, 3).map((row) => row.map(({ x, width, faded }) => [x, width, faded === true]))).toEqual([[[0, 90, true]], [[0, 90, true]], [[0, 90, false]]]);
    expect(rows[3]?.map(({ x, width }) => [x, width])).toEqual([[0, 80], [80, 10]]);
  });
  it("stand for many that are too narrow", () => {
    const runs = [{ stack: "m;big", wall: 100 }, ...Array.from({ length: 50 }, (_, i) => ({ stack: `m;s${i}`, wall: 1 }))];
    const picked = picked_of(runs);
    const rows = tree_rows(profile_tree(picked.groups, picked.weights, "left-heavy", picked.profile.frames.names), 0, 30);
    expect(rows[2]?.map(({ rest, width }) => [rest ?? 0, Math.round(width)])).toEqual([[0, 20], [50, 10]]);
  });
});

describe("intervals", () => {
  const weights = { of_node: new Float64Array(0), sum: 1000, squares: 1000, samples: 1000, idle: 0, unknown: 0 };
  it("are Wilson's for equal samples", () => {
    const { low, high } = interval_of(0.5, weights, 1000, 0);
    expect([low, high].map((value) => Number(value.toFixed(4)))).toEqual([0.4691, 0.5309]);
  });
  it("are wider with threads at once, rejected samples and unknown stacks", () => {
    const width = (span: number, rejected: number, unknown: number): number => {
      const { low, high } = interval_of(0.3, { ...weights, unknown }, span, rejected);
      return high - low;
    };
    expect(width(250, 0, 0)).toBeGreaterThan(width(1000, 0, 0) * 1.8);
    expect(width(1000, 0.1, 0)).toBeGreaterThan(width(1000, 0, 0) + 0.09);
    expect(width(1000, 0, 100)).toBeCloseTo(width(1000, 0, 0) + 0.1, 6);
  });
  it("are all that is possible without samples", () => expect(interval_of(0, { ...weights, sum: 0 }, 1, 0)).toEqual({ low: 0, high: 1 }));
});

describe("timeline", () => {
  it("gives CPU time by wall time", () => {
    const timeline = { time: Float64Array.of(10, 20, 40), cpu: Float64Array.of(5, 25, 30), rss: new Float64Array(3), pss: new Float64Array(3), processes: new Float64Array(3), threads: new Float64Array(3) };
    expect([...cpu_use(timeline)]).toEqual([0.5, 2, 0.25]);
  });
  it("gives the use of a thread in slices", () => {
    const profile = make_profile([{ stack: "a", wall: 10 }, { stack: "b", wall: 20, cpu: 5 }, { stack: "c", wall: 10, cpu: 0, state: kWaitsForGil }]);
    const { cpu, gil } = thread_use(profile, 0, { from_ns: 0, to_ns: ms(40) }, 4);
    expect([...cpu].map((value) => Number(value.toFixed(6)))).toEqual([1, 0.25, 0.25, 0]);
    expect([...gil]).toEqual([0, 0, 0, 1]);
  });
  it("puts spans that overlap into lanes", () => {
    const span = (start_ns: number, end_ns: number) => ({ name: "", kind: "test", process: 0, tid: 0, start_ns, end_ns });
    const { lanes, left_out } = lanes_of([span(0, 10), span(5, 15), span(10, 20), span(6, 7)], 2);
    expect(lanes.map((lane) => lane.spans.map(({ start_ns }) => start_ns))).toEqual([[0, 10], [5]]);
    expect(left_out).toBe(1);
  });
});

describe("the address", () => {
  it("keeps what is looked at", () => {
    const route = { view: "flame", q: "a|b &=#", range: "1.5s..2s", of: "t3", hide: "native,gc", file: "src/a b.py" } as const;
    expect(parse_route(hash_of(route))).toEqual(route);
    expect(parse_route("#nonsense&q=x")).toEqual({ view: "overview", q: "x" });
  });
  it("writes spans as exactly as they need", () => {
    expect(format_range({ from_ns: 1.23456789e9, to_ns: 61.5e9 })).toBe("1.235s..61.5s");
    expect(parse_range("1s..2.5s", 2e9)).toEqual({ from_ns: 1e9, to_ns: 2e9 });
    for (const text of ["", "2s..1s", "x", "1s..", "-1s..2s"]) expect(parse_range(text, 9e9)).toBeNull();
  });
});
