// Small profiles from stacks as words, packed in the way of reporters/profile/ and read by the page's own reader.
import { kKindLetters, kKinds, kOnCpu, type FrameColumns, type Kind, type Overview } from "../src/profile/data/model";
import { profile_of, type Profile } from "../src/profile/data/profile";
import type { Pick } from "../src/profile/data/pick";

export interface TestRun {
  stack: string;     // "main;f:12;[native] g", root first, a line after the colon; empty: not known
  wall?: number;     // milliseconds; 1
  cpu?: number;      // milliseconds; as wall
  gap?: number;      // milliseconds before it
  samples?: number;
  thread?: number;
  state?: number;
}

const kMs = 1e6;

function varints(values: readonly number[]): number[] {
  return values.flatMap((value) => {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    return [...bytes, rest];
  });
}
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

// A word begins with its kind where that is not Python: "[native] g". Python has the file NAME.py and begins in line 10.
class Stacks {
  frames: { name: string; kind: Kind }[] = [];
  nodes: { parent: number; frame: number; line: number }[] = [];

  node(stack: string): number {
    if (stack === "") return -1;
    let parent = -1;
    for (const word of stack.split(";")) {
      const [, kind = "python", name = "", line = "10"] = /^(?:\[(\w+)\] )?([^:]+)(?::(\d+))?$/.exec(word) ?? [];
      let frame = this.frames.findIndex((one) => one.name === name && one.kind === kind);
      if (frame < 0) frame = this.frames.push({ name, kind: kind as Kind }) - 1;
      const found = this.nodes.findIndex((one) => one.parent === parent && one.frame === frame && one.line === Number(line));
      parent = found >= 0 ? found : this.nodes.push({ parent, frame, line: Number(line) }) - 1;
    }
    return parent;
  }
}

const kNumbers = { unit: 1, values: [] };
const kUnknown = { value: null, scope: "unknown", source: "", reason: "" } as const;

function overview_of(runs: number[], nodes: number, threads: number): Overview {
  const none = { texts: [], index: [] };
  return {
    version: 1, command: ["python3", "main.py"], cwd: "/work", started_at: "", duration_ns: 0, rate_hz: 1000, clock: "cpu", preset: "",
    status: { exit_code: 0, signal: null, core_dumped: false },
    machine: { hostname: "", kernel: "", os: "", cpu_model: "", cores: 2, memory_bytes: 0 },
    cpu: kUnknown, memory: { bytes: kUnknown, time_ns: 0, stacks: [] }, processes: [],
    threads: { process: { unit: 1, values: Array.from({ length: threads }, (_, i) => (i < 2 ? 0 : 1)) }, tid: { unit: 1, values: Array.from({ length: threads }, (_, i) => i + 1) }, name: { texts: [""], index: Array.from({ length: threads }, () => 0) } },
    timeline: { time_ns: kNumbers, cpu_ns: kNumbers, rss_bytes: kNumbers, pss_bytes: kNumbers, processes: kNumbers, threads: kNumbers },
    spans: { names: [], kinds: none, process: kNumbers, tid: kNumbers, start_ns: kNumbers, wall_ns: kNumbers, left_out: 0 },
    allocations: { source: "", overhead: "", left_out: 0, process: kNumbers, node: kNumbers, live_bytes: kNumbers, live_count: kNumbers, total_bytes: kNumbers },
    quality: { sum: { expected: 0, taken: 0, rejected: 0, idle: 0, late: 0, retries: 0, lost: 0 }, adds_up: true, late_share: 0, rejected_share: 0, unprofiled_processes: 0, sampled_cpu_ns: 0, unknown_stack_cpu_ns: 0, measured_cpu_ns: null, measured_cpu_reason: "" },
    noise: { steal_share: null, load_at_start: null, frequency_spread: null, frequency_reason: "", hardware_counters_reason: "", wake_up_ns_median: 0, wake_up_ns_p99: 0, own_cpu_ns: 0 },
    intervals: { frame: [], cpu_self: [], cpu_total: [], wall_self: [], wall_total: [] },
    diagnostics: [], diagnostics_left_out: 0, hints: [],
    kept: { samples: 0, runs, nodes, nodes_left_out: 0, unit_ns: kMs, slice_ns: 0, rare_share: 0 },
  };
}

export interface Packed {
  overview: Overview;
  frames: FrameColumns;
  stacks: Uint8Array;
  runs: Uint8Array;
}

export function pack(given: readonly TestRun[]): Packed {
  const stacks = new Stacks();
  const threads = Math.max(1, ...given.map(({ thread = 0 }) => thread + 1));
  const runs = [...given].sort((a, b) => (a.thread ?? 0) - (b.thread ?? 0));
  const nodes = runs.map(({ stack }) => stacks.node(stack));
  const leaves = [...new Set(nodes)];
  const state = ({ state: bits, cpu, wall = 1 }: TestRun): number => bits ?? ((cpu ?? wall) > 0 ? kOnCpu : 0);
  const per_thread = Array.from({ length: threads }, (_, thread) => runs.filter((run) => (run.thread ?? 0) === thread).length);
  return {
    overview: overview_of(per_thread, stacks.nodes.length, threads),
    frames: {
      names: stacks.frames.map(({ name }) => name),
      files: { texts: stacks.frames.map(({ name, kind }) => (kind === "python" ? `/work/${name}.py` : "")), index: stacks.frames.map((_, i) => i) },
      modules: { texts: [""], index: stacks.frames.map(() => 0) },
      lines: { unit: 1, values: stacks.frames.map(({ kind }) => (kind === "python" ? 10 : 0)) },
      kinds: stacks.frames.map(({ kind }) => kKindLetters[kKinds.indexOf(kind)]).join(""),
    },
    stacks: Uint8Array.from(varints([
      ...stacks.nodes.map(({ parent }, i) => (parent < 0 ? 0 : i - parent)),
      ...stacks.nodes.map(({ frame }) => frame),
      ...stacks.nodes.map(({ frame, line }) => zigzag(line - (stacks.frames[frame]?.kind === "python" ? 10 : 0))),
    ])),
    runs: Uint8Array.from(varints([
      leaves.length,
      ...leaves.map((node) => node + 1),
      ...nodes.map((node) => leaves.indexOf(node)),
      ...runs.map(state),
      ...runs.map(({ samples = 1 }) => samples),
      ...runs.map(({ gap = 0 }) => zigzag(gap)),
      ...runs.map(({ wall = 1 }) => wall),
      ...runs.map((run) => zigzag((run.cpu ?? run.wall ?? 1) - (state(run) & kOnCpu ? (run.wall ?? 1) : 0))),
    ])),
  };
}

export function make_profile(given: readonly TestRun[]): Profile {
  const { overview, frames, stacks, runs } = pack(given);
  return profile_of(overview, frames, stacks, runs);
}

export function frame_of(profile: Profile, name: string): number {
  const frame = profile.frames.names.indexOf(name);
  if (frame < 0) throw new Error(`there is no function ${name}`);
  return frame;
}

export const kAll: Pick = { measure: "cpu", range: null, process: null, thread: null, hidden: 0 };
export const ms = (value: number): number => value * kMs;
