// A profile as the page works with it: tables of frames, stacks and runs in typed arrays. A stack that is not known
// is a frame and a node of its own behind all others, so that nothing has to ask for it.
import { DecodeError } from "../../data/embedded";
import { plain_numbers, summed_numbers, VarintReader } from "./columns";
import { kKindLetters, kKinds, kOnCpu, kPageVersion, type FrameColumns, type Kind, type Overview } from "./model";

export interface Frames {
  count: number;
  names: string[];
  file: Int32Array; // index into `files`
  files: string[];  // relative to the folder of the program where inside it
  line: Int32Array; // first line of the function; 0: not known
  kind: Uint8Array; // index into kKinds
  module: Int32Array;
  modules: string[];
}

export interface Nodes {
  count: number;
  parent: Int32Array; // -1: it is a root
  frame: Int32Array;
  line: Int32Array;
}

// Thread after thread, ordered by time. Times in nanoseconds.
export interface Runs {
  count: number;
  first: Int32Array; // of each thread; one more at the end
  start: Float64Array;
  wall: Float64Array;
  cpu: Float64Array;
  node: Int32Array;
  samples: Int32Array;
  state: Uint8Array;
}

export interface Thread {
  process: number;
  tid: number;
  name: string;
}

export interface Span {
  name: string;
  kind: string;
  process: number;
  tid: number;
  start_ns: number;
  end_ns: number;
}

export interface Timeline {
  time: Float64Array;
  cpu: Float64Array;
  rss: Float64Array;
  pss: Float64Array; // NaN: not read
  processes: Float64Array;
  threads: Float64Array;
}

export interface Profile {
  overview: Overview;
  frames: Frames;
  nodes: Nodes;
  runs: Runs;
  threads: Thread[];
  timeline: Timeline;
  spans: Span[];
  end_ns: number;
  unknown_node: number;
}

export const kUnknownStack = "(stack not known)";

export function kind_of(frames: Frames, frame: number): Kind {
  return kKinds[frames.kind[frame] as number] as Kind;
}

function relative(file: string, cwd: string): string {
  return cwd !== "" && file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file;
}

function frames_of(columns: FrameColumns, cwd: string): Frames {
  const count = columns.names.length + 1;
  const file = new Int32Array(count);
  const module = new Int32Array(count);
  file.set(columns.files.index);
  module.set(columns.modules.index);
  const line = new Int32Array(count);
  line.set(plain_numbers(columns.lines));
  const kind = Uint8Array.from({ length: count }, (_, i) => Math.max(0, kKindLetters.indexOf(columns.kinds[i] ?? "r")));
  const files = [...columns.files.texts.map((path) => relative(path, cwd)), ""];
  const modules = [...columns.modules.texts, ""];
  file[count - 1] = files.length - 1;
  module[count - 1] = modules.length - 1;
  return { count, names: [...columns.names, kUnknownStack], file, files, line, kind, module, modules };
}

function nodes_of(bytes: Uint8Array, kept: number, frames: Frames): Nodes {
  const count = kept + 1;
  const nodes: Nodes = { count, parent: new Int32Array(count).fill(-1), frame: new Int32Array(count), line: new Int32Array(count) };
  const reader = new VarintReader(bytes);
  const steps = reader.fill(new Int32Array(kept));
  nodes.frame.set(reader.fill(new Int32Array(kept)));
  nodes.line.set(reader.fill_signed(new Int32Array(kept)));
  for (let i = 0; i < kept; i++) {
    if ((steps[i] as number) > 0) nodes.parent[i] = i - (steps[i] as number);
    nodes.line[i]! += frames.line[nodes.frame[i] as number] as number;
  }
  if (!reader.whole) throw new DecodeError("the stacks of the profile are damaged");
  nodes.frame[kept] = frames.count - 1;
  return nodes;
}

function runs_of(bytes: Uint8Array, overview: Overview, unknown_node: number): Runs {
  const of_thread = overview.kept.runs;
  const unit = overview.kept.unit_ns;
  const count = of_thread.reduce((sum, runs) => sum + runs, 0);
  const reader = new VarintReader(bytes);
  const leaves = reader.fill(new Int32Array(Math.min(reader.next(), bytes.length))).map((node) => (node === 0 ? unknown_node : node - 1));
  const runs: Runs = {
    count,
    first: new Int32Array(of_thread.length + 1),
    node: reader.fill(new Int32Array(count)),
    state: reader.fill(new Uint8Array(count)),
    samples: reader.fill(new Int32Array(count)),
    start: reader.fill_signed(new Float64Array(count)),
    wall: reader.fill(new Float64Array(count)),
    cpu: reader.fill_signed(new Float64Array(count)),
  };
  if (!reader.whole) throw new DecodeError("the samples of the profile are damaged");
  of_thread.forEach((length, i) => (runs.first[i + 1] = (runs.first[i] as number) + length));
  for (let thread = 0; thread < of_thread.length; thread++)
    for (let i = runs.first[thread] as number, end = 0; i < (runs.first[thread + 1] as number); i++) {
      const wall = (runs.wall[i] as number) * unit;
      const begin = end + (runs.start[i] as number) * unit;
      runs.node[i] = leaves[runs.node[i] as number] as number;
      runs.start[i] = begin;
      runs.wall[i] = wall;
      runs.cpu[i] = (runs.cpu[i] as number) * unit + ((runs.state[i] as number) & kOnCpu ? wall : 0);
      end = begin + wall;
    }
  return runs;
}

function spans_of({ spans }: Overview): Span[] {
  const start = summed_numbers(spans.start_ns);
  const wall = plain_numbers(spans.wall_ns);
  const process = plain_numbers(spans.process);
  const tid = plain_numbers(spans.tid);
  return spans.names.map((name, i) => ({
    name,
    kind: spans.kinds.texts[spans.kinds.index[i] as number] ?? "",
    process: process[i] as number,
    tid: tid[i] as number,
    start_ns: start[i] as number,
    end_ns: (start[i] as number) + (wall[i] as number),
  }));
}

function threads_of({ threads }: Overview): Thread[] {
  const process = plain_numbers(threads.process);
  const tid = plain_numbers(threads.tid);
  return threads.name.index.map((name, i) => ({ process: process[i] as number, tid: tid[i] as number, name: threads.name.texts[name] ?? "" }));
}

function timeline_of({ timeline }: Overview): Timeline {
  return {
    time: summed_numbers(timeline.time_ns),
    cpu: summed_numbers(timeline.cpu_ns),
    rss: summed_numbers(timeline.rss_bytes),
    pss: summed_numbers(timeline.pss_bytes, NaN),
    processes: summed_numbers(timeline.processes),
    threads: summed_numbers(timeline.threads),
  };
}

export function problem_of(overview: unknown): string {
  const { version, kept } = (overview ?? {}) as Partial<Overview>;
  if (typeof version !== "number" || typeof kept !== "object") return "the embedded data is not a profile";
  return version > kPageVersion ? `the profile has version ${version}, and this page reads version ${kPageVersion}` : "";
}

export function profile_of(overview: Overview, columns: FrameColumns, stacks: Uint8Array, samples: Uint8Array): Profile {
  const frames = frames_of(columns, overview.cwd);
  const nodes = nodes_of(stacks, overview.kept.nodes, frames);
  const unknown_node = nodes.count - 1;
  const runs = runs_of(samples, overview, unknown_node);
  const timeline = timeline_of(overview);
  let end_ns = Math.max(1, overview.duration_ns, timeline.time.at(-1) ?? 0);
  for (let thread = 0; thread + 1 < runs.first.length; thread++) {
    const last = (runs.first[thread + 1] as number) - 1;
    if (last >= (runs.first[thread] as number)) end_ns = Math.max(end_ns, (runs.start[last] as number) + (runs.wall[last] as number));
  }
  return { overview, frames, nodes, runs, threads: threads_of(overview), timeline, spans: spans_of(overview), end_ns, unknown_node };
}
