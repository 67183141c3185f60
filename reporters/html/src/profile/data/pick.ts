// What of a profile is looked at: which weight, which span of time, which process or thread, which kinds of frames. From
// it the weight of each stack.
import { plain_numbers } from "./columns";
import { kKinds, kOnCpu, kUnknownCpu, type Kind } from "./model";
import type { Profile } from "./profile";

// CPU and wall time of samples; bytes that were live when the heap was largest, and all that were ever allocated.
export const kMeasures = ["cpu", "wall", "live", "allocated"] as const;
export type Measure = (typeof kMeasures)[number];

export interface Range {
  from_ns: number;
  to_ns: number;
}

export interface Pick {
  measure: Measure;
  range: Range | null;     // null: the whole recording
  process: number | null;
  thread: number | null;
  hidden: number;          // bits by the index of kKinds; frames of these count for their callers
}

export const kIdleBit = 1 << kKinds.indexOf("idle");

export function is_time(measure: Measure): boolean {
  return measure === "cpu" || measure === "wall";
}

export function hidden_bits(kinds: readonly string[]): number {
  return kKinds.reduce((bits, kind, i) => (kinds.includes(kind) ? bits | (1 << i) : bits), 0);
}

export function hidden_kinds(bits: number): Kind[] {
  return kKinds.filter((_, i) => bits & (1 << i));
}

// Sums that a share and its interval rest on.
export interface NodeWeights {
  of_node: Float64Array;
  sum: number;
  squares: number;  // sum of the squared weights of samples
  samples: number;  // that have any weight
  idle: number;     // left out as idle
  unknown: number;  // of samples without a known stack
}

function wanted_threads(profile: Profile, pick: Pick): boolean[] {
  return profile.threads.map(({ process }, thread) => (pick.thread === null || pick.thread === thread) && (pick.process === null || pick.process === process));
}

// A thread that is off the CPU waits, whatever its innermost frame is.
function is_idle(profile: Profile, run: number): boolean {
  const { runs, nodes, frames } = profile;
  if (!((runs.state[run] as number) & (kOnCpu | kUnknownCpu))) return true;
  return kKinds[frames.kind[nodes.frame[runs.node[run] as number] as number] as number] === "idle";
}

// The first run of [begin, end) that ends after `time`.
function first_after(profile: Profile, begin: number, end: number, time: number): number {
  const { start, wall } = profile.runs;
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if ((start[middle] as number) + (wall[middle] as number) <= time) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

// Calls back with the runs of a thread that overlap the range, and how much of each does.
export function each_run(profile: Profile, thread: number, range: Range | null, visit: (run: number, part: number) => void): void {
  const { start, wall, first } = profile.runs;
  const begin = first[thread] as number;
  const end = first[thread + 1] as number;
  if (range === null) {
    for (let run = begin; run < end; run++) visit(run, 1);
    return;
  }
  for (let run = first_after(profile, begin, end, range.from_ns); run < end; run++) {
    const from = start[run] as number;
    if (from >= range.to_ns) break;
    const length = wall[run] as number;
    const to = from + length;
    const overlap = Math.min(to, range.to_ns) - Math.max(from, range.from_ns);
    if (overlap > 0) visit(run, length > 0 ? Math.min(1, overlap / length) : 1);
  }
}

function time_weights(profile: Profile, pick: Pick): NodeWeights {
  const { runs } = profile;
  const of_node = new Float64Array(profile.nodes.count);
  const column = pick.measure === "cpu" ? runs.cpu : runs.wall;
  const skip_idle = (pick.hidden & kIdleBit) !== 0;
  const weights: NodeWeights = { of_node, sum: 0, squares: 0, samples: 0, idle: 0, unknown: 0 };
  const wanted = wanted_threads(profile, pick);
  const visit = (run: number, part: number): void => {
    const weight = (column[run] as number) * part;
    if (weight <= 0) return;
    if (skip_idle && is_idle(profile, run)) {
      weights.idle += weight;
      return;
    }
    const samples = Math.max(1, (runs.samples[run] as number) * part);
    of_node[runs.node[run] as number] = (of_node[runs.node[run] as number] as number) + weight;
    weights.sum += weight;
    weights.squares += (weight * weight) / samples;
    weights.samples += samples;
  };
  for (let thread = 0; thread < wanted.length; thread++) if (wanted[thread]) each_run(profile, thread, pick.range, visit);
  weights.unknown = of_node[profile.unknown_node] as number;
  return weights;
}

function byte_weights(profile: Profile, pick: Pick): NodeWeights {
  const { allocations } = profile.overview;
  const bytes = plain_numbers(pick.measure === "live" ? allocations.live_bytes : allocations.total_bytes);
  const nodes = plain_numbers(allocations.node, profile.unknown_node);
  const processes = plain_numbers(allocations.process);
  const process = pick.process ?? (pick.thread === null ? null : (profile.threads[pick.thread]?.process ?? null));
  const weights: NodeWeights = { of_node: new Float64Array(profile.nodes.count), sum: 0, squares: 0, samples: 0, idle: 0, unknown: 0 };
  nodes.forEach((node, i) => {
    if (process !== null && process !== processes[i]) return;
    weights.of_node[node] = (weights.of_node[node] as number) + (bytes[i] as number);
    weights.sum += bytes[i] as number;
  });
  weights.unknown = weights.of_node[profile.unknown_node] as number;
  return weights;
}

export function node_weights(profile: Profile, pick: Pick): NodeWeights {
  return is_time(pick.measure) ? time_weights(profile, pick) : byte_weights(profile, pick);
}
